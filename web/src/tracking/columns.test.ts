import { describe, expect, it } from 'vitest';
import type { Run } from '../api/mlflow';
import {
  columnOf, columnsOf, defaultColumns, idOf, nextSort, orderBy, shown, sortOf, sortText, valueOf,
} from './columns';

const run = (id: string, params: Record<string, string>, metrics: Record<string, number>): Run => ({
  info: {
    run_id: id, run_name: id, experiment_id: '0', status: 'FINISHED', artifact_uri: '',
    lifecycle_stage: 'active',
  },
  data: {
    params: Object.entries(params).map(([key, value]) => ({ key, value })),
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 0, step: 0 })),
  },
});

describe('columns', () => {
  it.each(['metrics.loss', 'params.a.b', 'tags.mlflow.user', 'attributes.start_time'])(
    '%s stands in the address', (id) => expect(idOf(columnOf(id)!)).toBe(id));

  it.each(['', 'loss', 'metrics.', '.loss', 'elsewhere.loss'])(
    '"%s" is none', (id) => expect(columnOf(id)).toBeUndefined());

  it('are named in the grammar whatever they are called', () => {
    expect(orderBy(sortOf('-metrics.a `b`'))).toEqual(['metrics.`a ``b``` DESC']);
    expect(orderBy(sortOf('params.x'))).toEqual(['params.`x` ASC']);
    expect(orderBy(undefined)).toEqual([]);
    expect(sortOf('nonsense')).toBeUndefined();
  });

  it('sort as most people want, then the other way, then not', () => {
    const click = (id: string, now: string | undefined) => {
      const next = nextSort(columnOf(id)!, sortOf(now));
      return next && sortText(next);
    };
    expect(click('metrics.a', undefined)).toBe('-metrics.a');
    expect(click('metrics.a', '-metrics.a')).toBe('metrics.a');
    expect(click('metrics.a', 'metrics.a')).toBeUndefined();
    expect(click('params.a', '-metrics.a')).toBe('params.a');
    expect(click('params.a', 'params.a')).toBe('-params.a');
    expect(click('attributes.start_time', undefined)).toBe('-attributes.start_time');
  });
});

describe('what runs have', () => {
  const runs = [
    run('a', { lr: '1', seed: '7' }, { loss: 0.5, 'system/cpu': 3 }),
    run('b', { lr: '2', seed: '7' }, { loss: 0.25, 'system/cpu': 3 }),
    run('c', { lr: '2', seed: '7', odd: 'x' }, { loss: NaN }),
  ];

  it('is counted', () => {
    expect(columnsOf(runs).map(({ column, runs: n, differs }) => [idOf(column), n, differs]))
      .toEqual([
        ['metrics.loss', 3, true], ['params.lr', 3, true], ['params.seed', 3, false],
        ['metrics.system/cpu', 2, true], ['params.odd', 1, true]]);
  });

  it('is shown by default where it tells something', () => {
    expect(defaultColumns(runs).map(idOf)).toEqual(['metrics.loss', 'params.lr', 'params.odd']);
    expect(defaultColumns([runs[0]!]).map(idOf)).toEqual(
      ['metrics.loss', 'params.lr', 'params.seed']);
    expect(defaultColumns([])).toEqual([]);
  });

  it('is found and written', () => {
    expect(valueOf(runs[0]!, { scope: 'params', key: 'lr' })).toBe('1');
    expect(valueOf(runs[0]!, { scope: 'tags', key: 'lr' })).toBeUndefined();
    expect(shown(0.123456789, 'metrics')).toBe('0.12346');
    expect(shown('0.123456789', 'params')).toBe('0.123456789');
    expect(shown('NaN', 'metrics')).toBe('not a number');
    expect(shown(undefined, 'metrics')).toBe('');
  });
});
