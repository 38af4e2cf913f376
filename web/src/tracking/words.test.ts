import { describe, expect, it } from 'vitest';
import type { Run } from '../api/mlflow';
import { bytes, lasting, lastingMs, metricText, stepText } from './words';

const run = (info: Partial<Run['info']>): Run => ({
  info: {
    run_id: 'a', run_name: 'n', experiment_id: '0', status: 'FINISHED', artifact_uri: '',
    lifecycle_stage: 'active', ...info,
  },
  data: {},
});

describe('how long a run lasts', () => {
  it.each([
    [0, '0 s'],
    [1234, '1.2 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [185_000, '3 min 5 s'],
    [3_599_700, '1 h'],
    [7_440_000, '2 h 4 min'],
    [90_000_000, '1 d 1 h'],
    [undefined, '–'],
  ])('%s is %s', (ms, text) => expect(lasting(ms)).toBe(text));

  it('ends with it, or goes on until now', () => {
    expect(lastingMs(run({ start_time: 5, end_time: 7 }), 100)).toBe(2);
    expect(lastingMs(run({ start_time: 5, status: 'RUNNING' }), 100)).toBe(95);
    expect(lastingMs(run({ start_time: 500, status: 'RUNNING' }), 100)).toBe(0); // another clock
    expect(lastingMs(run({ start_time: 5, status: 'KILLED' }), 100)).toBeUndefined();
    expect(lastingMs(run({ status: 'RUNNING' }), 100)).toBeUndefined();
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 KB'],
  [25_600, '26 KB'],
  [3_200_000_000, '3.2 GB'],
])('%s bytes are %s', (n, text) => expect(bytes(n)).toBe(text));

it.each([
  [0, '0'], [20_000, '20,000'], [1e6, '1M'], [-1.5e6, '−1.5M'], [12_345_678, '12.345678M'],
  [3e9, '3G'],
])('step %s is written %s', (step, text) => expect(stepText(step)).toBe(text));

it.each([
  [0.123456789, '0.123457'], ['NaN', 'not a number'], [Number.MAX_VALUE, '∞'],
  [-Number.MAX_VALUE, '−∞'],
])('a metric of %s is %s', (value, text) => expect(metricText(value)).toBe(text));
