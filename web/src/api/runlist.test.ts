import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunList, type RunQuery } from './runlist';

// A server whose pages are counted from the beginning of a list that may change between them.
let runs: string[];
let asked: { filter: string; max_results: number; page_token?: string }[];
let refuse: number | undefined;

const answer = (status: number, body: unknown) =>
  ({ ok: status < 300, status, json: () => Promise.resolve(body) });

beforeEach(() => {
  runs = Array.from({ length: 250 }, (_, i) => `run ${i}`);
  asked = [];
  refuse = undefined;
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    const message = JSON.parse(String(init.body)) as (typeof asked)[number];
    asked.push(message);
    if (refuse !== undefined) return answer(refuse, { message: 'not like this' });
    const from = Number(message.page_token ?? 0);
    const to = from + message.max_results;
    return answer(200, {
      runs: runs.slice(from, to).map((id) => ({ info: { run_id: id, status: 'FINISHED' }, data: {} })),
      ...(to < runs.length ? { next_page_token: String(to) } : {}),
    });
  });
});
afterEach(() => vi.unstubAllGlobals());

const query = (filter = ''): RunQuery =>
  ({ experimentId: '1', filter, sort: undefined, view: 'ACTIVE_ONLY' });
const ids = (list: RunList) => list.read.value!.rows.map((run) => run.info.run_id);

describe('the list of runs', () => {
  it('is read page by page to its end', async () => {
    const list = new RunList();
    await list.search(query());
    expect(ids(list)).toEqual(runs.slice(0, 100));
    await Promise.all([list.more(), list.more()]); // asked for twice, read once
    expect(ids(list)).toEqual(runs);
    expect(list.read.value!.next).toBeUndefined();
    await list.more();
    expect(asked.length).toBe(2);
  });

  it('has no run twice when one came meanwhile', async () => {
    const list = new RunList();
    await list.search(query());
    runs = ['new', ...runs];
    await list.more();
    expect(ids(list)).toEqual(runs.slice(1));
  });

  it('keeps what was read when another search is refused', async () => {
    const list = new RunList();
    await list.search(query());
    refuse = 400;
    await list.search(query('nonsense'));
    expect(list.error.value?.message).toBe('not like this');
    expect(ids(list).length).toBe(100);
    refuse = undefined;
    await list.search(query('sense'));
    expect(list.error.value).toBeUndefined();
  });

  it('shows the search that was asked for last, whichever answer comes last', async () => {
    const list = new RunList();
    const first = list.search(query('first'));
    runs = ['only'];
    const second = list.search(query('second'));
    await Promise.all([second, first]);
    expect(list.read.value!.query.filter).toBe('second');
  });

  it('says what keeps the next page away, and reads it when asked again', async () => {
    const list = new RunList();
    await list.search(query());
    refuse = 503;
    await list.more();
    expect(list.pageError.value?.status).toBe(503);
    expect(ids(list).length).toBe(100);
    refuse = undefined;
    await list.more();
    expect(list.pageError.value).toBeUndefined();
    expect(ids(list).length).toBe(250);
  });
});
