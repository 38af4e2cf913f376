// Runs side by side: what they were told and measured, and their metrics in one chart each.

import { useEffect, useMemo } from 'preact/hooks';
import { ApiError } from '../api/client';
import { mlflow, type Run } from '../api/mlflow';
import { poll } from '../api/poll';
import { resource } from '../api/resource';
import { Pill, Problem, Skeleton } from '../parts/bits';
import { Check } from '../parts/form';
import { MetricCharts } from '../parts/metrics';
import { Value } from '../parts/pairs';
import { Segments } from '../parts/tools';
import { link, param, params, setParams } from '../router';
import { shown, type Scope } from '../tracking/columns';
import { MAX_COMPARED, rowsOf } from '../tracking/compare';
import { goesOn, lasting, lastingMs, nameOf, statusTone, timeText } from '../tracking/words';

interface Compared {
  runs: Run[];
  problems: string[]; // of those that could not be read
}

// Runs that have ended are not read again.
async function read(ids: readonly string[], before: Compared | undefined): Promise<Compared> {
  const settled = new Map((before?.runs ?? []).filter((run) => !goesOn(run))
    .map((run) => [run.info.run_id, run]));
  const answers = await Promise.all(ids.map(async (id) => settled.get(id) ??
    mlflow.run(id).catch((problem: unknown) => {
      if (problem instanceof ApiError && problem.status >= 400 && problem.status < 500) {
        return `Run ${id}: ${problem.message}`;
      }
      throw problem;
    })));
  return {
    runs: answers.filter((answer) => typeof answer !== 'string'),
    problems: answers.filter((answer) => typeof answer === 'string'),
  };
}

const MAX_ROWS = 200; // of one kind that are shown; the search finds the others
const KINDS = [['metrics', 'Metrics'], ['params', 'Parameters'], ['tags', 'Tags']] as const;

function Section({ title, scope, runs, onlyDifferent, word }: {
  title: string; scope: Scope & ('metrics' | 'params' | 'tags'); runs: readonly Run[];
  onlyDifferent: boolean; word: string;
}) {
  const all = useMemo(() => rowsOf(runs, scope), [runs, scope]);
  if (all.length === 0) return null;
  const rows = all.filter((row) =>
    (row.differs || !onlyDifferent) && row.key.toLowerCase().includes(word));
  return (
    <tbody>
      <tr class="compare-kind">
        <th scope="rowgroup" colSpan={runs.length + 1}>
          {title} <span class="soft">
            {rows.length} of {all.length}
            {rows.length > MAX_ROWS && `, the first ${MAX_ROWS}; search for the others`}
          </span>
        </th>
      </tr>
      {rows.slice(0, MAX_ROWS).map((row) => (
        <tr key={row.key} class={row.differs ? 'differs' : ''}>
          <th scope="row">{row.key}</th>
          {row.values.map((value, i) => (
            <td key={runs[i]!.info.run_id} title={value === undefined ? undefined : String(value)}>
              {value === undefined ? <span class="soft">–</span>
                : <Value text={shown(value, scope)} />}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

// The versions of a model that the runs made, when the link says so.
function Versions({ of }: { of: string | undefined }) {
  const model = param('model');
  if (model === undefined || !of) return null;
  return (
    <span class="compare-of soft">
      {of.split(',').map((version) => (
        <a key={version} href={link.version(model, version)}>{model} {version}</a>
      ))}
    </span>
  );
}

// By the run that made them.
type MadeBy = ReadonlyMap<string, string | undefined>;

function Table({ runs, madeBy }: { runs: readonly Run[]; madeBy: MadeBy }) {
  const onlyDifferent = param('diff') === '1';
  const word = (param('q') ?? '').toLowerCase();
  const facts: [string, (run: Run) => string][] = [
    ['started', (run) => timeText(run.info.start_time)],
    ['duration', (run) => lasting(lastingMs(run, Date.now()))],
    ['by', (run) => run.info.user_id || '–'],
  ];
  return (
    <section class="card" aria-label="Side by side">
      <div class="tools">
        <input type="search" class="search" placeholder="Search names" aria-label="Search names"
          value={param('q') ?? ''} maxLength={250}
          onInput={(event) => setParams({ q: event.currentTarget.value || undefined })} />
        <Check label="Only what differs" checked={onlyDifferent}
          onChange={(on) => setParams({ diff: on ? '1' : undefined })} />
      </div>
      <div class="scroll" tabIndex={0} role="group" aria-label="Runs side by side">
        <table class="compare">
          <thead>
            <tr>
              <th scope="col"><span class="unseen">What</span></th>
              {runs.map((run) => (
                <th key={run.info.run_id} scope="col">
                  <a class="compare-name" href={link.run(run.info.run_id)} title={nameOf(run)}>
                    {nameOf(run)}
                  </a>
                  <Pill tone={statusTone(run.info.status)}>{run.info.status.toLowerCase()}</Pill>
                  <Versions of={madeBy.get(run.info.run_id)} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {facts.map(([name, of]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {runs.map((run) => <td key={run.info.run_id}>{of(run)}</td>)}
              </tr>
            ))}
          </tbody>
          {KINDS.map(([scope, title]) => (
            <Section key={scope} title={title} scope={scope} runs={runs}
              onlyDifferent={onlyDifferent} word={word} />
          ))}
        </table>
      </div>
    </section>
  );
}

function Shown({ runs, problems, left, madeBy }: Compared & { left: number; madeBy: MadeBy }) {
  const tab = param('show') === 'charts' ? 'charts' : 'table';
  return (
    <>
      <header class="page-head">
        <h1>Compare {runs.length} runs</h1>
        {problems.map((problem) => <p key={problem} class="refusal" role="alert">{problem}</p>)}
        {left > 0 && <p class="soft">The link names {left} more; {MAX_COMPARED} are the most.</p>}
      </header>
      <Segments label="How to compare" value={tab}
        options={[['table', 'Side by side'], ['charts', 'Charts']] as const}
        choose={(next) => setParams({ show: next === 'table' ? undefined : next })} />
      {tab === 'charts' ? <MetricCharts runs={runs} /> : <Table runs={runs} madeBy={madeBy} />}
    </>
  );
}

export function ComparePage() {
  const text = param('runs') ?? '';
  const named = useMemo(() => [...new Set(text.split(',').filter(Boolean))], [text]);
  const ids = useMemo(() => named.slice(0, MAX_COMPARED), [named]);
  const compared = useMemo(() => resource((before: Compared | undefined) => read(ids, before)), [ids]);
  useEffect(() => {
    document.title = 'Compare runs – Rondo';
    if (ids.length === 0) return undefined;
    void compared.refresh();
    return poll(async () => {
      if (compared.value.peek()?.runs.some(goesOn)) await compared.refresh();
    });
  }, [compared]);
  if (ids.length === 0) {
    return (
      <header class="page-head">
        <h1>Compare runs</h1>
        <p class="lead">Choose runs in the table of an <a href={link.experiments}>experiment</a>.</p>
      </header>
    );
  }
  const found = compared.value.value;
  if (found) {
    const of = params('of');
    return (
      <Shown {...found} left={named.length - ids.length}
        madeBy={new Map(named.map((id, i) => [id, of[i]]))} />
    );
  }
  const error = compared.error.value;
  return error ? <Problem error={error} retry={() => void compared.refresh()} />
    : <><Skeleton height={60} /><Skeleton height={400} /></>;
}
