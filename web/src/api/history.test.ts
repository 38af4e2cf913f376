import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Histories } from './history';
import type { Run } from './mlflow';

// The points of one metric, of which a server gives as many as there are in the range.
let values: number[];
let asked: URLSearchParams[];

beforeEach(() => {
  values = [3, 2, 1];
  asked = [];
  vi.stubGlobal('fetch', async (path: string) => {
    const query = new URL(path, 'http://server').searchParams;
    asked.push(query);
    const from = Number(query.get('start_step') ?? 0);
    const all = values.map((value, step) => ({ value, step, timestamp: step }))
      .filter((p) => p.step >= from && p.step <= Number(query.get('end_step') ?? Infinity));
    const every = Math.ceil(all.length / (3 * Number(query.get('buckets'))));
    const told = all.filter((_, i) => i % every === 0);
    const runs = query.getAll('run_ids').map((run_id) => ({
      run_id, total: all.length, steps: told.map((p) => p.step),
      timestamps: told.map((p) => p.timestamp), values: told.map((p) => p.value),
    }));
    return { ok: true, status: 200, json: () => Promise.resolve({ runs }) };
  });
});
afterEach(() => vi.unstubAllGlobals());

const runWith = (id = 'a'): Run => ({
  info: {
    run_id: id, run_name: id, experiment_id: '0', status: 'RUNNING', artifact_uri: '',
    lifecycle_stage: 'active',
  },
  data: {
    metrics: [{
      key: 'm', value: values.at(-1)!, step: values.length - 1, timestamp: values.length,
    }],
  },
});
const drawn = (histories: Histories, runs: Run[]) =>
  [...histories.of(runs, 'm').value.value!.values()].map((points) => points.map((p) => p.value));
const settled = () => new Promise((done) => setTimeout(done, 0));

describe('the history of a metric', () => {
  it('goes on from its last step when its latest point has changed, and only then', async () => {
    const histories = new Histories();
    histories.of([runWith()], 'm');
    await settled();
    expect(drawn(histories, [runWith()])).toEqual([[3, 2, 1]]);
    expect(asked.length).toBe(1);
    values.push(0.5);
    histories.of([runWith()], 'm');
    await settled();
    expect(asked[1]!.get('start_step')).toBe('2');
    expect(drawn(histories, [runWith()])).toEqual([[3, 2, 1, 0.5]]);
    expect(asked.length).toBe(2);
  });

  it('of several runs is read anew', async () => {
    const histories = new Histories();
    histories.of([runWith('a'), runWith('b')], 'm');
    await settled();
    values.push(0.5);
    histories.of([runWith('a'), runWith('b')], 'm');
    await settled();
    expect(asked.map((q) => q.get('start_step'))).toEqual([null, null]);
    expect(drawn(histories, [runWith('a'), runWith('b')])).toEqual([[3, 2, 1, 0.5], [3, 2, 1, 0.5]]);
  });

  it('is looked at closer only where points were left out', async () => {
    const histories = new Histories();
    histories.of([runWith()], 'm');
    await settled();
    expect(histories.between([runWith()], 'm', 0, 1)).toBeUndefined();
    values = Array.from({ length: 5000 }, (_, i) => i);
    const long = new Histories();
    long.of([runWith()], 'm');
    await settled();
    const close = long.between([runWith()], 'm', 10.5, 12.5)!;
    await settled();
    expect(close.value.value!.get('a')!.map((p) => p.step)).toEqual([9, 10, 11, 12, 13, 14]);
    expect(long.between([runWith()], 'm', 10.5, 12.5)).toBe(close);
  });
});
