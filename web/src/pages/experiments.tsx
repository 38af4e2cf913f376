// All experiments: searched, sorted, made, deleted and restored.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { lacks } from '../account/rights';
import { mlflow, type Experiment, type Found, type View } from '../api/mlflow';
import { poll } from '../api/poll';
import { resource } from '../api/resource';
import { quoted } from '../api/rest';
import { session } from '../api/session';
import { whole } from '../format/number';
import { NotRead, Problem, Skeleton, When } from '../parts/bits';
import { Confirm, NameDialog } from '../parts/confirm';
import { FirstRun } from '../parts/firstrun';
import { Button, useAction } from '../parts/form';
import { SortHead, ViewChoice, viewShown } from '../parts/tools';
import { link, param, setParams } from '../router';
import { attribute, nextSort, orderBy, sortOf, sortText } from '../tracking/columns';

const PAGE = 100;
const SEARCH_MS = 200; // after the last key
const POLL_MS = 5000;
const DEFAULT_ID = '0';

const NEWEST = '-attributes.last_update_time';
const COLUMNS = [
  [attribute('name'), 'Name'],
  [attribute('creation_time'), 'Created'],
  [attribute('last_update_time'), 'Changed'],
] as const;

interface Search {
  filter: string;
  sort: string;
  view: View;
}

async function read({ filter, sort, view }: Search, pages: number): Promise<Found<Experiment>> {
  const items: Experiment[] = [];
  let next: string | undefined;
  for (let page = 0; page < pages; ++page) {
    const found = await mlflow.experiments(filter, orderBy(sortOf(sort)), view, PAGE, next);
    items.push(...found.items);
    next = found.next;
    if (next === undefined) break;
  }
  return { items, next };
}

function Row({ experiment, changed, ask }: {
  experiment: Experiment; changed: () => void; ask: () => void;
}) {
  const { experiment_id: id, name, lifecycle_stage, creation_time, last_update_time } = experiment;
  const restore = useAction(async () => {
    await mlflow.restoreExperiment(id);
    changed();
  });
  return (
    <tr>
      <th scope="row">
        <a href={link.experiment(id)}>{name}</a>
        {restore.error && <p class="refusal" role="alert">{restore.error}</p>}
      </th>
      <td><When ms={creation_time} /></td>
      <td><When ms={last_update_time} /></td>
      <td class="count">
        {lifecycle_stage === 'deleted'
          ? (
            <Button busy={restore.busy} label={`Restore ${name}`} onClick={() => void restore.run()}>
              Restore
            </Button>
          )
          : <Button label={`Delete ${name}`} onClick={ask}>Delete</Button>}
      </td>
    </tr>
  );
}

function List({ items, changed }: { items: readonly Experiment[]; changed: () => void }) {
  const [doomed, setDoomed] = useState<Experiment>();
  const now = sortOf(param('sort') ?? NEWEST);
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label="Experiments">
        <table class="users experiments">
          <thead>
            <tr>
              {COLUMNS.map(([column, text]) => {
                const sorted = now?.column.key !== column.key ? undefined
                  : now.descending ? 'descending' : 'ascending';
                const sort = () => {
                  const next = nextSort(column, now);
                  setParams({ sort: next && sortText(next) });
                };
                return (
                  <th key={column.key} scope="col" aria-sort={sorted}>
                    <SortHead text={text} sorted={sorted} onClick={sort} />
                  </th>
                );
              })}
              <th scope="col" class="count"><span class="unseen">Delete or restore</span></th>
            </tr>
          </thead>
          <tbody>
            {items.map((experiment) => (
              <Row key={experiment.experiment_id} experiment={experiment} changed={changed}
                ask={() => setDoomed(experiment)} />
            ))}
          </tbody>
        </table>
      </div>
      {doomed && (
        <Confirm title={`Delete ${doomed.name}?`} does="Delete" close={() => setDoomed(undefined)}
          act={async () => {
            await mlflow.deleteExperiment(doomed.experiment_id);
            changed();
          }}>
          Its runs are deleted with it. All of it can be restored from the deleted ones until the
          server collects what is deleted.
        </Confirm>
      )}
    </>
  );
}

function SearchField() {
  const [text, setText] = useState(param('q') ?? '');
  useEffect(() => {
    const timer = setTimeout(() => setParams({ q: text || undefined }), SEARCH_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input type="search" class="search" placeholder="Search names" aria-label="Search names"
      value={text} maxLength={500} onInput={(event) => setText(event.currentTarget.value)} />
  );
}

export function ExperimentsPage() {
  const [creating, setCreating] = useState(false);
  const q = param('q') ?? '';
  const sort = param('sort') ?? NEWEST;
  const view = viewShown();
  const pages = useRef(1);
  const list = useMemo(() => resource(() => read(
    { filter: q === '' ? '' : `name ILIKE ${quoted(`%${q}%`)}`, sort, view }, pages.current)),
  [q, sort, view]);
  const last = useRef<Found<Experiment>>(undefined);
  useEffect(() => {
    pages.current = 1;
    void list.refresh();
    return poll(() => list.refresh(), POLL_MS);
  }, [list]);
  useEffect(() => {
    document.title = 'Experiments – Rondo';
  }, []);
  const more = useAction(async () => {
    pages.current += 1;
    await list.refresh();
  });

  // What was found before stays while another search is under way.
  const found = list.value.value ?? last.current;
  last.current = found;
  const error = list.error.value;
  const refresh = () => void list.refresh();
  if (!found) {
    return error ? <NotRead error={error} retry={refresh} />
      : <><Skeleton height={60} /><Skeleton height={300} /></>;
  }
  const { items, next } = found;
  const now = session.value;
  const why = now.state === 'in' ? lacks(now.me, 'editor') : undefined;
  const fresh = why === undefined && q === '' && view === 'ACTIVE_ONLY' &&
    (items.length === 0 || (items.length === 1 && items[0]!.experiment_id === DEFAULT_ID));
  return (
    <>
      <header class="page-head">
        <div class="title-line">
          <h1>Experiments</h1>
          <Button kind="main-button" why={why} onClick={() => setCreating(true)}>New experiment</Button>
        </div>
      </header>
      <section class="card" aria-label="All experiments">
        <div class="tools">
          <SearchField />
          <ViewChoice label="Which experiments" />
          <span class="soft" role="status">
            {whole(items.length)}{next === undefined ? '' : ' or more'}
          </span>
        </div>
        {error && <Problem error={error} retry={refresh} />}
        {items.length > 0 ? <List items={items} changed={refresh} /> : (
          <p class="soft">
            {q !== '' ? 'No name has that.'
              : view === 'DELETED_ONLY' ? 'None is deleted.' : 'None that you may read.'}
          </p>
        )}
        {next !== undefined && (
          <div class="buttons">
            <Button busy={more.busy} onClick={() => void more.run()}>Read more</Button>
          </div>
        )}
      </section>
      {fresh && (
        <section class="card" aria-labelledby="first">
          <h2 id="first">Log a first run</h2>
          <FirstRun experiment="first" />
        </section>
      )}
      {creating && (
        <NameDialog title="New experiment" hint="Clients log to it by this name." does="Create"
          maxLength={500} close={() => setCreating(false)} act={async (name) => {
            location.hash = link.experiment(await mlflow.createExperiment(name));
          }} />
      )}
    </>
  );
}
