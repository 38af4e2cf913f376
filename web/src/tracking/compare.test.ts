import { expect, it } from 'vitest';
import type { Run } from '../api/mlflow';
import { rowsOf } from './compare';

const run = (tags: Record<string, string>, loss?: number | string): Run => ({
  info: {
    run_id: 'a', run_name: 'n', experiment_id: '0', status: 'FINISHED', artifact_uri: '',
    lifecycle_stage: 'active',
  },
  data: {
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    ...(loss === undefined ? {} : { metrics: [{ key: 'loss', value: loss, timestamp: 0, step: 0 }] }),
  },
});

it('runs stand side by side, and what differs is known', () => {
  const runs = [run({ a: '1', b: 'x', 'mlflow.user': 'me' }, 0.5), run({ a: '1' }, 0.5)];
  expect(rowsOf(runs, 'tags')).toEqual([
    { key: 'a', values: ['1', '1'], differs: false },
    { key: 'b', values: ['x', undefined], differs: true },
  ]);
  expect(rowsOf(runs, 'metrics')).toEqual([{ key: 'loss', values: [0.5, 0.5], differs: false }]);
  expect(rowsOf(runs, 'params')).toEqual([]);
});

it('nothing is not the text "undefined", and no number differs from no number only once', () => {
  expect(rowsOf([run({ a: 'undefined' }), run({})], 'tags')[0]!.differs).toBe(true);
  expect(rowsOf([run({}, 'NaN'), run({}, 'NaN')], 'metrics')[0]!.differs).toBe(false);
});
