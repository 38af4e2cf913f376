// A list that the server searches and sorts, as far as somebody has scrolled, and what becomes of
// its head meanwhile. What was read stays visible while another search is under way or is refused.

import { batch, signal } from '@preact/signals';
import { ApiError } from './client';
import type { Found } from './mlflow';
import { poll, POLL_MS } from './poll';

// So many come at once; so many at the head of the list are looked at again and again.
const PAGE = 100;
const LATER_PAGES = 500;
const HEAD = 20;

export interface Read<Query, Item> {
  query: Query;
  rows: Item[];
  next: string | undefined; // where the rest is; nothing at the end
}

export interface Pages<Query, Item> {
  page: (query: Query, limit: number, pageToken?: string) => Promise<Found<Item>>;
  keyOf: (item: Item) => string;
}

const problemOf = (problem: unknown) =>
  problem instanceof ApiError ? problem : new ApiError(0, String(problem));

export class PagedList<Query extends object, Item> {
  readonly read = signal<Read<Query, Item> | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined); // of the search
  readonly pageError = signal<ApiError | undefined>(undefined); // of what is further down
  readonly outdated = signal(false); // the search would begin otherwise by now
  private readonly pages: Pages<Query, Item>;
  private wanted: Query | undefined;
  private paging: Promise<void> | undefined;

  constructor(pages: Pages<Query, Item>) {
    this.pages = pages;
  }

  // Another search, or the same one anew.
  async search(query: Query): Promise<void> {
    this.wanted = query;
    try {
      const { items, next } = await this.pages.page(query, PAGE);
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

  // The next page. Pages are counted from the beginning, so what came meanwhile pushes something
  // that is known already onto it.
  more(): Promise<void> {
    this.paging ??= this.nextPage().finally(() => (this.paging = undefined));
    return this.paging;
  }

  private async nextPage(): Promise<void> {
    const before = this.read.peek();
    if (before?.next === undefined) return;
    const { page, keyOf } = this.pages;
    try {
      const { items, next } = await page(before.query, LATER_PAGES, before.next);
      const now = this.read.peek();
      if (now?.next !== before.next || now.query !== before.query) return;
      const known = new Set(now.rows.map(keyOf));
      const rows = [...now.rows, ...items.filter((item) => !known.has(keyOf(item)))];
      batch(() => {
        this.read.value = { ...now, rows, next };
        this.pageError.value = undefined;
      });
    } catch (problem) {
      this.pageError.value = problemOf(problem);
    }
  }

  // Until it is stopped. `atTop`: whoever looks sees the beginning, so that it may change.
  follow(atTop: () => boolean, every = POLL_MS): () => void {
    return poll(async () => {
      const now = this.read.peek();
      if (now && this.wanted === now.query) await this.look(now, atTop);
    }, every);
  }

  protected look(now: Read<Query, Item>, atTop: () => boolean): Promise<unknown> {
    return this.followHead(now, atTop);
  }

  // Rows that are known by what they are now.
  protected renew(query: Query, items: readonly Item[]): void {
    const now = this.read.peek();
    if (now?.query !== query) return;
    const { keyOf } = this.pages;
    const fresh = new Map(items.map((item) => [keyOf(item), item]));
    this.read.value = { ...now, rows: now.rows.map((row) => fresh.get(keyOf(row)) ?? row) };
  }

  private async followHead({ query, rows }: Read<Query, Item>, atTop: () => boolean): Promise<void> {
    const { page, keyOf } = this.pages;
    const { items } = await page(query, HEAD);
    if (this.read.peek()?.query !== query) return;
    const same = items.length === Math.min(rows.length, HEAD) &&
      items.every((item, i) => keyOf(item) === keyOf(rows[i]!));
    if (same) {
      this.outdated.value = false;
      if (JSON.stringify(items) !== JSON.stringify(rows.slice(0, HEAD))) this.renew(query, items);
    } else if (atTop()) await this.search({ ...query });
    else this.outdated.value = true;
  }
}
