// All registered models: filtered and sorted by the server, made here or by clients.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { lacks } from '../account/rights';
import { PagedList } from '../api/paged';
import { registry, type RegisteredModel } from '../api/registry';
import { session } from '../api/session';
import { AliasPill, StagePill } from '../parts/aliases';
import { NotRead, Problem, Skeleton, When } from '../parts/bits';
import { NameDialog } from '../parts/confirm';
import { FirstVersion } from '../parts/firstrun';
import { Button } from '../parts/form';
import { cut, Grid, type GridHandle, type ItemColumn } from '../parts/grid';
import { ListTools, sortable } from '../parts/tools';
import { latestOf, MAX_MODEL_NAME, modelFilter, tagsText } from '../registry/words';
import { link, param } from '../router';
import { attribute, orderBy, sortOf, type Sort } from '../tracking/columns';

const NEWEST = '-attributes.last_updated_timestamp';
const SHOWN = 2; // aliases in a row; the page of the model has all

interface Query {
  filter: string;
  sort: Sort | undefined;
}

function columnsFor(sort: Sort | undefined, staged: boolean): ItemColumn<RegisteredModel>[] {
  return [
    {
      ...sortable(attribute('name'), 'Name', sort), width: 240, kind: 'name',
      of: ({ name }) => <a href={link.model(name)} title={name}>{name}</a>,
    },
    {
      id: 'latest', width: 84, head: 'Latest',
      of: (model) => {
        const latest = latestOf(model);
        return latest === undefined ? <span class="soft">none</span>
          : <a href={link.version(model.name, latest)} aria-label={`${model.name} ${latest}`}>
              {latest}
            </a>;
      },
    },
    {
      id: 'aliases', width: 270, head: 'Aliases',
      of: ({ name, aliases = [] }) => (
        <>
          {aliases.slice(0, SHOWN).map(({ alias, version }) => (
            <a key={alias} class="alias-link" href={link.version(name, version)}
              title={`@${alias} points to version ${version}`}>
              <AliasPill alias={alias} /> {version}
            </a>
          ))}
          {aliases.length > SHOWN && <span class="soft">+{aliases.length - SHOWN}</span>}
        </>
      ),
    },
    ...(staged ? [{
      id: 'stages', width: 220, head: 'Stages',
      of: ({ latest_versions: versions = [] }: RegisteredModel) => versions
        .filter((v) => v.current_stage === 'Production' || v.current_stage === 'Staging')
        .map((v) => (
          <span key={v.current_stage} class="staged">
            <StagePill stage={v.current_stage} /> {v.version}
          </span>
        )),
    }] : []),
    {
      ...sortable(attribute('last_updated_timestamp'), 'Changed', sort), width: 144,
      of: (model) => <When ms={model.last_updated_timestamp} />,
    },
    { id: 'tags', width: 180, head: 'Tags', of: ({ tags }) => cut(tagsText(tags)) },
    {
      id: 'description', width: 260, head: 'Description', of: ({ description }) => cut(description),
    },
    {
      ...sortable(attribute('creation_timestamp'), 'Created', sort), width: 144,
      of: (model) => <When ms={model.creation_timestamp} />,
    },
  ];
}

function List({ list, mayCreate, grid }: {
  list: PagedList<Query, RegisteredModel>; mayCreate: boolean; grid: (grid: GridHandle) => void;
}) {
  const read = list.read.value;
  const error = list.error.value;
  const refused = error?.status === 400;
  if (!read && error && !refused) return <NotRead error={error} retry={() => void list.again()} />;
  const rows = read?.rows ?? [];
  const ended = read !== undefined && read.next === undefined;
  const staged = rows.some((m) => m.latest_versions?.some(
    (v) => v.current_stage === 'Production' || v.current_stage === 'Staging'));
  const columns = columnsFor(sortOf(param('sort') ?? NEWEST), staged);
  const plain = !param('filter');
  return (
    <>
      <section class="card" aria-label="All registered models">
        <ListTools list={list} one="model" placeholder="a piece of a name, or tags.team = 'blue'" />
        {error && !refused && <Problem error={error} retry={() => void list.again()} />}
        {!read ? !error && <Skeleton height={400} />
          : rows.length > 0 ? (
            <Grid label="Registered models" of={read.query} columns={columns} count={rows.length}
              ended={ended} rowKey={(row) => rows[row]!.name}
              cell={(row, column) => columns[column]!.of(rows[row]!)}
              more={() => void list.more()} handle={grid} />
          ) : (
            <p class="soft">
              {plain ? 'None that you may read.' : 'No model is like that.'}
            </p>
          )}
        {list.pageError.value && (
          <Problem error={list.pageError.value} retry={() => void list.more()} />
        )}
      </section>
      {read && rows.length === 0 && plain && mayCreate && (
        <section class="card" aria-labelledby="first">
          <h2 id="first">Register a first model</h2>
          <FirstVersion model="first" />
        </section>
      )}
    </>
  );
}

export function ModelsPage() {
  const [creating, setCreating] = useState(false);
  const filter = param('filter') ?? '';
  const sort = param('sort') ?? NEWEST;
  const list = useMemo(() => new PagedList<Query, RegisteredModel>({
    page: (query, limit, token) =>
      registry.models(modelFilter(query.filter), orderBy(query.sort), limit, token),
    keyOf: ({ name }) => name,
  }), []);
  const grid = useRef<GridHandle>(undefined);
  useEffect(() => void list.search({ filter, sort: sortOf(sort) }), [list, filter, sort]);
  useEffect(() => list.follow(() => grid.current?.atTop() ?? true), [list]);
  useEffect(() => {
    document.title = 'Models – Rondo';
  }, []);
  const now = session.value;
  const why = now.state === 'in' ? lacks(now.me, 'editor') : undefined;
  return (
    <>
      <header class="page-head">
        <div class="title-line">
          <h1>Models</h1>
          <Button kind="main-button" why={why} onClick={() => setCreating(true)}>New model</Button>
        </div>
      </header>
      <List list={list} mayCreate={why === undefined} grid={(handle) => (grid.current = handle)} />
      {creating && (
        <NameDialog title="New model" hint="Versions are registered under it; no '/' and no ':'."
          does="Create" maxLength={MAX_MODEL_NAME} close={() => setCreating(false)}
          act={async (name) => {
            await registry.createModel(name);
            location.hash = link.model(name);
          }} />
      )}
    </>
  );
}
