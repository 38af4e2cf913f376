// An experiment: the table of its runs. What is searched, sorted, shown and chosen stands in the
// address.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { ApiError } from '../api/client';
import { mlflow, type Experiment, type Run } from '../api/mlflow';
import { resource } from '../api/resource';
import { RunList, type RunQuery } from '../api/runlist';
import { plural } from '../format/number';
import { recentMoment } from '../format/time';
import { Closed, NotRead, Pill, Problem, Skeleton } from '../parts/bits';
import { Confirm } from '../parts/confirm';
import { FirstRun } from '../parts/firstrun';
import { Button } from '../parts/form';
import { Grid, type GridHandle, type ItemColumn } from '../parts/grid';
import { ColumnPicker } from '../parts/picker';
import { ListTools, sortable, ViewChoice, viewShown } from '../parts/tools';
import { link, param, params, setParams } from '../router';
import {
  attribute, columnOf, defaultColumns, idOf, shown, sortOf, valueOf, type Column, type Sort,
} from '../tracking/columns';
import { MAX_COMPARED } from '../tracking/compare';
import { goesOn, isoOf, lasting, lastingMs, nameOf, statusTone, timeText } from '../tracking/words';

const MAX_CHOSEN = 100; // what is chosen stands in the address
const SECOND = 1000;

const NAME = attribute('run_name');
const STATUS = attribute('status');
const STARTED = attribute('start_time');
const USER = attribute('user_id');
const WIDTH: Record<string, number> = { metrics: 112, params: 120, tags: 150 };

// The columns in the address; undefined: nobody chose.
function chosenColumns(): Column[] | undefined {
  const ids = params('col');
  return ids.length === 0 ? undefined
    : ids.map(columnOf).filter((c): c is Column => c !== undefined && c.scope !== 'attributes');
}

const chosenRuns = () => (param('selected') ?? '').split(',').filter(Boolean).slice(0, MAX_CHOSEN);

// Now, every second, while something lasts.
function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), SECOND);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

// One after the other, so that what was done is known when one is refused.
async function each(ids: readonly string[], act: (id: string) => Promise<unknown>): Promise<void> {
  for (const [i, id] of ids.entries()) {
    try {
      await act(id);
    } catch (problem) {
      const done = i > 0 ? ` (${plural(i, 'run')} before it: done)` : '';
      throw problem instanceof ApiError
        ? new ApiError(problem.status, `run ${id}: ${problem.message}${done}`) : problem;
    }
  }
}

function Chosen({ ids, deleted, changed }: {
  ids: readonly string[]; deleted: boolean; changed: () => void;
}) {
  const [asking, setAsking] = useState(false);
  if (ids.length === 0) return null;
  const act = async () => {
    try {
      await each(ids, deleted ? mlflow.restoreRun : mlflow.deleteRun);
      setParams({ selected: undefined });
    } finally {
      changed();
    }
  };
  const tooMany = ids.length > MAX_COMPARED
    ? `At most ${MAX_COMPARED} runs are compared at once.` : undefined;
  const tooFew = ids.length < 2 ? 'Choose two runs or more.' : undefined;
  return (
    <div class="chosen" role="group" aria-label="Chosen runs">
      <b>{plural(ids.length, 'run')} chosen</b>
      <Button why={tooMany ?? tooFew} onClick={() => (location.hash = link.compare(ids))}>
        Compare
      </Button>
      <Button onClick={() => setAsking(true)}>{deleted ? 'Restore' : 'Delete'}</Button>
      <button type="button" class="link-button" onClick={() => setParams({ selected: undefined })}>
        choose none
      </button>
      {asking && (
        <Confirm title={`${deleted ? 'Restore' : 'Delete'} ${plural(ids.length, 'run')}?`}
          does={deleted ? 'Restore' : 'Delete'} act={act} close={() => setAsking(false)}>
          {deleted ? 'They are listed among the active ones again.'
            : 'They can be restored from the deleted ones until the server collects what is deleted.'}
        </Confirm>
      )}
    </div>
  );
}

function columnsFor(extra: readonly Column[], sort: Sort | undefined, chosen: ReadonlySet<string>,
  now: number, check: { head: ComponentChildren; toggle: (id: string) => void }): ItemColumn<Run>[] {
  return [
    {
      id: 'check', width: 40, kind: 'check', head: check.head,
      of: (run) => (
        <input type="checkbox" aria-label={`Choose ${nameOf(run)}`}
          checked={chosen.has(run.info.run_id)}
          disabled={chosen.size >= MAX_CHOSEN && !chosen.has(run.info.run_id)}
          onChange={() => check.toggle(run.info.run_id)} />
      ),
    },
    {
      ...sortable(NAME, 'Run', sort), width: 210, kind: 'name',
      of: (run) => <a href={link.run(run.info.run_id)} title={nameOf(run)}>{nameOf(run)}</a>,
    },
    {
      ...sortable(STATUS, 'State', sort), width: 104,
      of: ({ info }) => <Pill tone={statusTone(info.status)}>{info.status.toLowerCase()}</Pill>,
    },
    {
      ...sortable(STARTED, 'Started', sort), width: 144,
      of: ({ info }) => (info.start_time
        ? <span title={`${timeText(info.start_time)} UTC`}>
            {recentMoment(isoOf(info.start_time), now)}
          </span> : '–'),
    },
    {
      id: 'duration', width: 104, head: <span title="From start to end; not sorted by">Duration</span>,
      of: (run) => lasting(lastingMs(run, now)),
    },
    { ...sortable(USER, 'User', sort), width: 100, of: ({ info }) => info.user_id ?? '' },
    ...extra.map((column): ItemColumn<Run> => ({
      ...sortable(column, column.key, sort), width: WIDTH[column.scope] ?? 120,
      ...(column.scope === 'metrics' ? { kind: 'number' as const } : {}),
      of: (run) => {
        const value = valueOf(run, column);
        return value === undefined ? <span class="soft">–</span>
          : <span title={String(value)}>{shown(value, column.scope)}</span>;
      },
    })),
  ];
}

function Runs({ experiment, list, grid }: {
  experiment: Experiment; list: RunList; grid: (grid: GridHandle) => void;
}) {
  const read = list.read.value;
  const error = list.error.value;
  const rows = read?.rows ?? [];
  const ended = read !== undefined && read.next === undefined;
  const ids = chosenRuns();
  const chosen = useMemo(() => new Set(ids), [ids.join()]);
  // The default is decided by the first page, so that no column comes and goes while one scrolls.
  const first = useRef<{ of: RunQuery; columns: Column[] }>(undefined);
  if (read && rows.length > 0 && first.current?.of !== read.query) {
    first.current = { of: read.query, columns: defaultColumns(rows) };
  }
  const extra = chosenColumns() ?? first.current?.columns ?? [];
  const sort = sortOf(param('sort'));
  const now = useNow(rows.some(goesOn));
  const refused = error?.status === 400;
  const choose = (next: readonly string[]) => setParams({
    selected: next.length ? next.slice(0, MAX_CHOSEN).join(',') : undefined,
  });
  const all = rows.length > 0 && rows.slice(0, MAX_CHOSEN).every((r) => chosen.has(r.info.run_id));
  const columns = columnsFor(extra, sort, chosen, now, {
    head: (
      <input type="checkbox" checked={all} disabled={rows.length === 0}
        aria-label={all ? 'Choose none' : rows.length > MAX_CHOSEN
          ? `Choose the first ${MAX_CHOSEN}` : 'Choose all'}
        onChange={() => choose(all ? [] : rows.map((r) => r.info.run_id))} />
    ),
    toggle: (id) => choose(chosen.has(id) ? ids.filter((i) => i !== id) : [...ids, id]),
  });
  const plainSearch = !param('filter') && viewShown() === 'ACTIVE_ONLY';
  return (
    <section class="card runs" aria-label="Runs">
      <ListTools list={list} one="run" placeholder="metrics.loss < 0.3 AND params.model = 'tree'">
        <ViewChoice label="Which runs" />
        <ColumnPicker runs={rows} chosen={extra}
          choose={(next) => setParams({ col: next.length ? next.map(idOf) : [''] })}
          standard={() => setParams({ col: undefined })} />
      </ListTools>
      <Chosen ids={ids} deleted={viewShown() === 'DELETED_ONLY'}
        changed={() => void list.again()} />
      {error && !refused && <Problem error={error} retry={() => void list.again()} />}
      {!read ? !error && <Skeleton height={400} />
        : rows.length > 0 ? (
          <Grid label="Runs" of={read.query} columns={columns} count={rows.length} ended={ended}
            rowKey={(row) => rows[row]!.info.run_id}
            rowClass={(row) => (chosen.has(rows[row]!.info.run_id) ? 'grid-chosen' : '')}
            cell={(row, column) => columns[column]!.of(rows[row]!)}
            more={() => void list.more()} handle={grid} />
        ) : plainSearch && experiment.lifecycle_stage === 'active'
          ? <FirstRun experiment={experiment.name} />
          : <p class="soft">{plainSearch ? 'It has no runs.' : 'No run is like that.'}</p>}
      {list.pageError.value && (
        <Problem error={list.pageError.value} retry={() => void list.more()} />
      )}
    </section>
  );
}

export function ExperimentPage({ id }: { id: string }) {
  const experiment = useMemo(() => resource(() => mlflow.experiment(id)), [id]);
  const list = useMemo(() => new RunList(), [id]);
  const grid = useRef<GridHandle>(undefined);
  const filter = param('filter') ?? '';
  const sort = param('sort');
  const view = viewShown();
  useEffect(() => void experiment.refresh(), [experiment]);
  useEffect(() => void list.search({ experimentId: id, filter, sort: sortOf(sort), view }),
    [list, filter, sort, view]);
  useEffect(() => list.follow(() => grid.current?.atTop() ?? true), [list]);
  const value = experiment.value.value;
  useEffect(() => {
    document.title = `${value?.name ?? 'Experiment'} – Rondo`;
  }, [value]);
  if (!value) {
    const error = experiment.error.value;
    if (error?.status === 404) return <Closed title="No such experiment" why={error.message} />;
    return error ? <NotRead error={error} retry={() => void experiment.refresh()} />
      : <><Skeleton height={80} /><Skeleton height={400} /></>;
  }
  return (
    <>
      <header class="page-head">
        <div class="title-line">
          <h1>{value.name}</h1>
          {value.lifecycle_stage === 'deleted' && <Pill tone="bad">deleted</Pill>}
        </div>
        <p class="soft under-lead">
          <span>experiment {id}</span>
          <span>{value.artifact_location}</span>
        </p>
      </header>
      <Runs experiment={value} list={list} grid={(handle) => (grid.current = handle)} />
    </>
  );
}
