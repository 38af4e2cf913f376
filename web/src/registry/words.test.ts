import { describe, expect, it } from 'vitest';
import type { ModelVersion, RegisteredModel } from '../api/registry';
import {
  aliasUri, latestOf, loadSnippet, modelFilter, modelOf, movedFrom, runsOf, versionFilter, versionUri,
} from './words';

const version = (number: string, run_id?: string) => ({ version: number, run_id }) as ModelVersion;

describe('a search', () => {
  it.each([
    ['', ''],
    ['flights', "name ILIKE '%flights%'"],
    ["it's", "name ILIKE '%it''s%'"],
    ['made in china', "name ILIKE '%made in china%'"],
    ['I like', "name ILIKE '%I like%'"],
    ["tags.team = 'ops'", "tags.team = 'ops'"],
    ["tags.team ~ 'ops'", "tags.team ~ 'ops'"], // which the server explains
    ["name LIKE 'a%'", "name LIKE 'a%'"],
    ["name ilike'a%'", "name ilike'a%'"],
    ["name IN ('a', 'b')", "name IN ('a', 'b')"],
  ])('of models: %s', (text, filter) => expect(modelFilter(text)).toBe(filter));

  it.each([
    ['', "name = 'a''b'"],
    ['12', "version_number = 12 AND name = 'a''b'"],
    ['v12', "version_number = 12 AND name = 'a''b'"],
    ["tags.checked = 'yes'", "tags.checked = 'yes' AND name = 'a''b'"],
    ['12 or so', "12 or so AND name = 'a''b'"],
  ])('of versions: %s', (text, filter) => expect(versionFilter("a'b", text)).toBe(filter));
});

it('the latest version is the one with the highest number', () => {
  const model = (...numbers: string[]) =>
    ({ latest_versions: numbers.map((n) => version(n)) }) as RegisteredModel;
  expect(latestOf(model('9', '10', '2'))).toBe('10');
  expect(latestOf({} as RegisteredModel)).toBeUndefined();
});

it('an alias is moved only when it points elsewhere', () => {
  const aliases = [{ alias: 'champion', version: '3' }];
  expect(movedFrom(aliases, 'champion', '4')).toBe('3');
  expect(movedFrom(aliases, 'champion', '3')).toBeUndefined();
  expect(movedFrom(aliases, 'other', '4')).toBeUndefined();
});

it('a location names its model', () => {
  expect(modelOf(aliasUri('my model.v2', 'champion'))).toBe('my model.v2');
  expect(modelOf(versionUri('flights', '12'))).toBe('flights');
  expect(modelOf('runs:/abc/model')).toBeUndefined();
});

it('versions of one run are one run', () => {
  expect(runsOf([version('3', 'a'), version('2', 'b'), version('1', 'a'), version('4'),
    version('5', '')])).toEqual([{ run: 'a', versions: ['3', '1'] }, { run: 'b', versions: ['2'] }]);
});

it('a name is quoted as Python takes it', () => {
  expect(loadSnippet('http://h', 'models:/a"b\\c@x')).toContain('load_model("models:/a\\"b\\\\c@x")');
});
