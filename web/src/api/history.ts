// The points of metrics for charts. Each is read when it is first shown and, while a run goes on,
// again from its last step on when its latest point has changed. Where somebody looks closer, what
// sampling has left out is read too.

import type { Run, RunChart } from './mlflow';
import { BUCKETS, mlflow } from './mlflow';
import { resource, type Resource } from './resource';
import { appended, pointsOf, type Point } from '../tracking/series';

export type History = ReadonlyMap<string, readonly Point[]>; // by run

// What has been put together from readings is drawn small anew from here on.
const TOO_MANY = 6 * BUCKETS;

// Histories that lack points, which the server has.
const small = new WeakSet<History>();
const isSmall = (chart: RunChart) => chart.total > chart.steps.length;

async function whole(
  ids: readonly string[], key: string, range: readonly [] | readonly [number, number] = [],
): Promise<History> {
  const charts = await mlflow.charts(ids, key, ...range);
  const history = new Map(charts.map((chart) => [chart.run_id, pointsOf(chart)]));
  if (charts.some(isSmall)) small.add(history);
  return history;
}

async function continued(
  ids: readonly string[], key: string, before: History | undefined,
): Promise<History> {
  const only = ids.length === 1 ? ids[0] : undefined;
  const known = only === undefined ? undefined : before?.get(only);
  const last = known?.at(-1);
  if (only === undefined || known === undefined || last === undefined) return whole(ids, key);
  const [more] = await mlflow.charts([only], key, last.step);
  const points = appended(known, last.step, more ? pointsOf(more) : []);
  // What was drawn small is coarser than what it would be put beside.
  if (points.length > TOO_MANY || (more && isSmall(more))) return whole(ids, key);
  const history = new Map([[only, points]]);
  if (before && small.has(before)) small.add(history);
  return history;
}

const idsOf = (runs: readonly Run[]) => runs.map((run) => run.info.run_id);

export class Histories {
  private readonly known = new Map<string, { history: Resource<History>; latest: string }>();
  private readonly close = new Map<string, { history: Resource<History>; range: string }>();

  // The history of a metric of runs; `runs` say what its latest points are.
  of(runs: readonly Run[], key: string): Resource<History> {
    const latest = JSON.stringify(runs.map((run) => {
      const point = run.data.metrics?.find((m) => m.key === key);
      return point && [point.step, point.timestamp, point.value];
    }));
    let found = this.known.get(key);
    if (!found) {
      const ids = idsOf(runs);
      found = { history: resource((before) => continued(ids, key, before)), latest: '' };
      this.known.set(key, found);
    }
    if (found.latest !== latest) {
      found.latest = latest;
      void found.history.refresh();
    }
    return found.history;
  }

  // The points between two steps and their neighbours, when the whole history lacks some of them.
  // That of one range at a time is kept.
  between(runs: readonly Run[], key: string, from: number, to: number):
    Resource<History> | undefined {
    const all = this.known.get(key)?.history.value.value;
    if (all === undefined || !small.has(all)) return undefined;
    const range = [Math.floor(from) - 1, Math.ceil(to) + 1] as const;
    const known = this.close.get(key);
    if (known?.range === range.join()) return known.history;
    const ids = idsOf(runs);
    const history = resource(() => whole(ids, key, range));
    this.close.set(key, { history, range: range.join() });
    void history.refresh();
    return history;
  }
}
