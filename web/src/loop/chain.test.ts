import { describe, expect, it } from 'vitest';
import type { Entry } from '../api/types';
import { causesOf, effectsOf, stories } from './chain';

function entry(id: number, cause?: number): Entry {
  const at = new Date(id * 1000).toISOString();
  return {
    id, happened: at, recorded: at, kind: 'k', title: `t${id}`, detail: '', data: {},
    ...(cause === undefined ? {} : { cause }),
  };
}

// A breach that led to a trial, whose promotion and watch have one cause; and a note beside it.
const LOOP = [entry(1), entry(2, 1), entry(3, 2), entry(4), entry(5, 3), entry(6, 3)];

describe('stories', () => {
  it('begin where there was no cause, the newest first', () => {
    expect(stories(LOOP).map((s) => [s.id, s.last])).toEqual([[1, 6], [4, 4]]);
    expect(stories([])).toEqual([]);
  });

  it('put every cause above its effects', () => {
    const [story] = stories(LOOP);
    expect(story!.nodes.map((n) => [n.entry.id, n.lane, n.arrives])).toEqual([
      [1, 0, 'root'], [2, 0, 'straight'], [3, 0, 'straight'], [5, 1, 'branch'], [6, 1, 'branch'],
    ]);
  });

  it('lead lines past what lies between', () => {
    const [story] = stories(LOOP);
    expect(story!.nodes.map((n) => n.passing)).toEqual([
      [], [], [], [{ lane: 0, from: 3, to: [6] }], [],
    ]);
  });

  it('keep each branch whole when branches grow in turn', () => {
    const [story] = stories([entry(1), entry(2, 1), entry(3, 1), entry(4, 2), entry(5, 3)]);
    expect(story!.nodes.map((n) => n.entry.id)).toEqual([1, 2, 4, 3, 5]);
    expect(story!.nodes[2]!.passing).toEqual([{ lane: 0, from: 1, to: [3] }]);
  });

  it('take an unknown cause, or one that is not older, for none', () => {
    expect(stories([entry(7, 3), entry(8, 8), entry(9, 10), entry(10)]).map((s) => s.id))
      .toEqual([10, 9, 8, 7]);
  });
});

describe('chains', () => {
  it('lead back to the first cause and no further', () => {
    expect([...causesOf(6, LOOP)]).toEqual([6, 3, 2, 1]);
    expect([...causesOf(4, LOOP)]).toEqual([4]);
    expect([...causesOf(99, LOOP)]).toEqual([]);
  });

  it('end when somebody sends a circle', () => {
    expect([...causesOf(1, [entry(1, 2), entry(2, 1)])]).toEqual([1, 2]);
  });

  it('lead on to everything that came of it', () => {
    expect([...effectsOf(2, LOOP)]).toEqual([3, 5, 6]);
    expect([...effectsOf(6, LOOP)]).toEqual([]);
  });
});
