// The runs of an experiment as far as somebody has scrolled, and what becomes of them meanwhile.
// What was read stays visible while another search is under way or is refused.

import { batch, signal } from '@preact/signals';
import { goesOn } from '../tracking/words';
import { orderBy, type Sort } from '../tracking/columns';
import { ApiError } from './client';
import { mlflow, quoted, type Run, type View } from './mlflow';
import { poll } from './poll';

// So many runs come at once; so many at the head of the list are looked at again and again, and so
// many that go on.
const PAGE = 100;
const LATER_PAGES = 500;
const HEAD = 20;
const FOLLOWED = 100;

export interface RunQuery {
  experimentId: string;
  filter: string;
  sort: Sort | undefined;
  view: View;
}

interface Read {
  query: RunQuery;
  rows: Run[];
  next: string | undefined; // where the rest is; nothing at the end
}

const problemOf = (problem: unknown) =>
  problem instanceof ApiError ? problem : new ApiError(0, String(problem));

export class RunList {
  readonly read = signal<Read | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined); // of the search
  readonly pageError = signal<ApiError | undefined>(undefined); // of what is further down
  readonly outdated = signal(false); // the search would begin otherwise by now
  private wanted: RunQuery | undefined;
  private paging: Promise<void> | undefined;

  // Another search, or the same one anew.
  async search(query: RunQuery): Promise<void> {
    this.wanted = query;
    try {
      const { items, next } = await this.page(query, PAGE);
      if (this.wanted !== query) return;
      batch(() => {
        this.read.value = { query, rows: items, next };
        this.error.value = undefined;
        this.pageError.value = undefined;
        this.outdated.value = false;
      });
    } catch (problem) {
      if (this.wanted === query) this.error.value = problemOf(problem);
    }
  }

  again(): Promise<void> {
    return this.wanted ? this.search(this.wanted) : Promise.resolve();
  }

  // The next page. Pages are counted from the beginning, so a run that came meanwhile pushes one
  // that is known already onto it.
  more(): Promise<void> {
    this.paging ??= this.nextPage().finally(() => (this.paging = undefined));
    return this.paging;
  }

  private async nextPage(): Promise<void> {
    const before = this.read.peek();
    if (before?.next === undefined) return;
    try {
      const { items, next } = await this.page(before.query, LATER_PAGES, before.next);
      const now = this.read.peek();
      if (now?.next !== before.next || now.query !== before.query) return;
      const known = new Set(now.rows.map((run) => run.info.run_id));
      const rows = [...now.rows, ...items.filter((run) => !known.has(run.info.run_id))];
      batch(() => {
        this.read.value = { ...now, rows, next };
        this.pageError.value = undefined;
      });
    } catch (problem) {
      this.pageError.value = problemOf(problem);
    }
  }

  private page(query: RunQuery, limit: number, pageToken?: string) {
    const { experimentId, filter, sort, view } = query;
    return mlflow.runs({
      experimentIds: [experimentId], filter, orderBy: orderBy(sort), view, limit, pageToken,
    });
  }

  // Until it is stopped. `atTop`: whoever looks sees the beginning, so that it may change.
  follow(atTop: () => boolean): () => void {
    return poll(async () => {
      const now = this.read.peek();
      if (!now || this.wanted !== now.query) return;
      await Promise.all([this.followRunning(now), this.followHead(now, atTop)]);
    });
  }

  private async followRunning({ query, rows }: Read): Promise<void> {
    const ids = rows.filter(goesOn).slice(0, FOLLOWED).map((run) => quoted(run.info.run_id));
    if (ids.length === 0) return;
    const { items } = await mlflow.runs({
      experimentIds: [query.experimentId], filter: `attributes.run_id IN (${ids.join(', ')})`,
      orderBy: [], view: 'ALL', limit: FOLLOWED,
    });
    const now = this.read.peek();
    if (now?.query !== query) return;
    const fresh = new Map(items.map((run) => [run.info.run_id, run]));
    this.read.value = { ...now, rows: now.rows.map((run) => fresh.get(run.info.run_id) ?? run) };
  }

  private async followHead({ query, rows }: Read, atTop: () => boolean): Promise<void> {
    const { items } = await this.page(query, HEAD);
    if (this.read.peek()?.query !== query) return;
    const same = items.length === Math.min(rows.length, HEAD) &&
      items.every((run, i) => run.info.run_id === rows[i]!.info.run_id);
    if (same) this.outdated.value = false;
    else if (atTop()) await this.search({ ...query });
    else this.outdated.value = true;
  }
}
