import { describe, expect, it } from 'vitest';
import {
  appended, at, drawn, groupsOf, lonely, pointsOf, sinceBegin, smoothed, type Line,
} from './series';

const line = (name: string, points: [step: number, ms: number, value: number][]): Line => ({
  name, colour: 'line', points: points.map(([step, ms, value]) => ({ step, ms, value })),
});
const plain = { axis: 'step', log: false, smooth: 0 } as const;

describe('points', () => {
  it('come with what JSON cannot write', () => {
    expect(pointsOf({
      run_id: 'r', total: 3, steps: [1, 1, 2], timestamps: [10, 20, 30],
      values: [-Number.MAX_VALUE, 1.5, 'NaN'],
    })).toEqual([
      { step: 1, ms: 10, value: -Infinity }, { step: 1, ms: 20, value: 1.5 },
      { step: 2, ms: 30, value: NaN },
    ]);
  });

  it('that are read from a step on replace those of that step', () => {
    const before = line('', [[1, 1, 1], [2, 2, 2], [2, 3, 3]]).points;
    const more = line('', [[2, 2, 2], [2, 3, 3], [2, 4, 4], [3, 5, 5]]).points;
    expect(appended(before, 2, more).map((p) => p.value)).toEqual([1, 2, 3, 4, 5]);
    expect(appended([], 0, more)).toEqual(more);
  });
});

describe('lines', () => {
  it('share one row of xs, and a gap is no point', () => {
    const a = line('a', [[0, 0, 1], [2, 20, 3]]);
    const b = line('b', [[1, 10, 5], [2, 25, NaN], [3, 30, Infinity]]);
    expect(drawn([a, b], plain)).toEqual({
      xs: [0, 1, 2, 3],
      raw: [[1, undefined, 3, undefined], [undefined, 5, null, null]],
      smooth: [],
      marks: [{ x: 2, line: 1, kind: 'NaN' }, { x: 3, line: 1, kind: '∞' }],
    });
  });

  it('run along time, and along the time since each began', () => {
    const a = line('a', [[0, 1000, 1], [1, 3000, 2]]);
    const b = line('b', [[0, 9000, 3], [1, 11000, 4]]);
    expect(drawn([a, b], { ...plain, axis: 'time' }).xs).toEqual([1, 3, 9, 11]);
    const since = drawn([a, b], { ...plain, axis: 'relative' });
    expect(since.xs).toEqual([0, 2]);
    expect(since.raw).toEqual([[1, 2], [3, 4]]);
  });

  it('show the latest of points that share a place', () => {
    expect(drawn([line('a', [[1, 10, 1], [1, 30, 3], [1, 20, 2]])], plain).raw).toEqual([[3]]);
  });

  it('leave out of a logarithmic axis what it cannot show, and say so', () => {
    const { raw, marks } = drawn([line('a', [[0, 0, 1], [1, 1, 0], [2, 2, -3]])],
      { ...plain, log: true });
    expect(raw).toEqual([[1, null, null]]);
    expect(marks.map((m) => m.kind)).toEqual(['≤ 0', '≤ 0']);
  });

  it('have a value at every index after their first point', () => {
    expect(at([undefined, 5, undefined, null], 0)).toBeUndefined();
    expect(at([undefined, 5, undefined, null], 2)).toBe(5);
    expect(at([undefined, 5, undefined, null], 3)).toBeNull();
  });
});

it.each([
  [[1, 2, 3], []],
  [[1], [0]],
  [[undefined, 1, undefined], [1]],
  [[1, null, 2, 3], [0]],
  [[1, undefined, 2, null, undefined, 4, undefined, null, 5], [5, 8]],
  [[null, null], []],
])('of %j the points %j stand alone', (row, alone) => expect(lonely(row)).toEqual(alone));

describe('smoothing', () => {
  const even = [1, 0, 1, 0].map((value, x) => ({ x, value }));

  it('of nothing changes nothing', () => {
    expect(smoothed(even, 0)).toEqual([1, 0, 1, 0]);
  });

  it('is the usual mean without the bias of its beginning', () => {
    // By hand: each mean is sum(0.5^age * value) / sum(0.5^age).
    const [a, b, c, d] = smoothed(even, 0.5);
    expect(a).toBe(1);
    expect(b).toBeCloseTo(0.5 / 1.5, 12);
    expect(c).toBeCloseTo(1.25 / 1.75, 12);
    expect(d).toBeCloseTo(0.625 / 1.875, 12);
  });

  it('forgets by distance', () => {
    const far = [{ x: 0, value: 1 }, { x: 1, value: 1 }, { x: 99, value: 0 }, { x: 100, value: 0 }];
    expect(smoothed(far, 0.5)[2]!).toBeLessThan(smoothed(even, 0.5)[1]!);
    expect(smoothed([{ x: 5, value: 2 }], 0.9)).toEqual([2]);
  });

  it('passes over what is no number', () => {
    expect(smoothed([{ x: 0, value: 4 }, { x: 1, value: NaN }, { x: 2, value: 4 }], 0.9))
      .toEqual([4, null, expect.closeTo(4, 12)]);
  });
});

it('metrics stand in groups', () => {
  expect(groupsOf(['system/gpu', 'b', 'loss/test', 'a', 'loss/train', '/x'])).toEqual([
    ['', ['/x', 'a', 'b']], ['loss', ['loss/test', 'loss/train']], ['system', ['system/gpu']]]);
});

it.each([
  [0, '0 s'], [1.5, '1.5 s'], [90, '1 min 30 s'], [3600, '1 h'], [90061, '1 d 1 h'], [-5, '−5 s'],
])('%s seconds since the beginning: %s', (s, text) => expect(sinceBegin(s)).toBe(text));
