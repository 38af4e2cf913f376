// A registered model: what is said about it, its aliases, and the table of its versions.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useModelRights, type ModelRights } from '../account/models';
import { ApiError } from '../api/client';
import { PagedList } from '../api/paged';
import { poll } from '../api/poll';
import { registry, type ModelVersion, type RegisteredModel } from '../api/registry';
import { resource } from '../api/resource';
import { plural } from '../format/number';
import { AliasPill, Aliases, StagePill } from '../parts/aliases';
import { Closed, NotRead, Problem, Skeleton, When } from '../parts/bits';
import { Confirm, NameDialog } from '../parts/confirm';
import { Description, Tags } from '../parts/described';
import { FirstVersion } from '../parts/firstrun';
import { Button, useAction } from '../parts/form';
import { cut, Grid, type GridHandle, type ItemColumn } from '../parts/grid';
import { ListTools, sortable } from '../parts/tools';
import { latestOf, MAX_MODEL_NAME, runsOf, tagsText, versionFilter } from '../registry/words';
import { link, param, setParams } from '../router';
import { attribute, orderBy, sortOf, type Sort } from '../tracking/columns';
import { MAX_COMPARED } from '../tracking/compare';

const POLL_MS = 5000;
const NEWEST = '-attributes.version_number';
const SHORT_ID = 12;

interface Query {
  name: string;
  filter: string;
  sort: Sort | undefined;
}

type Versions = PagedList<Query, ModelVersion>;

const chosenVersions = () =>
  (param('selected') ?? '').split(',').filter(Boolean).slice(0, MAX_COMPARED);

function choose(versions: readonly string[]): void {
  setParams({ selected: versions.length ? versions.slice(0, MAX_COMPARED).join(',') : undefined });
}

// The runs of the versions that were chosen, side by side.
function Chosen({ name, chosen, rows }: {
  name: string; chosen: readonly string[]; rows: readonly ModelVersion[];
}) {
  const compare = useAction(async () => {
    const versions = await Promise.all(chosen.map((number) =>
      rows.find((v) => v.version === number) ?? registry.version(name, number)));
    const without = versions.filter((v) => !v.run_id).map((v) => v.version);
    const runs = runsOf(versions);
    if (without.length > 0) {
      throw new ApiError(0, `no run is known of version ${without.join(', ')}, and versions are ` +
        'compared by the runs that made them');
    }
    if (runs.length < 2) throw new ApiError(0, 'one run made all of these versions');
    location.hash = link.compareVersions(name, runs);
  });
  if (chosen.length === 0) return null;
  return (
    <div class="chosen" role="group" aria-label="Chosen versions">
      <b>{plural(chosen.length, 'version')} chosen</b>
      <Button busy={compare.busy} onClick={() => void compare.run()}
        why={chosen.length < 2 ? 'Choose two versions or more.' : undefined}>
        Compare
      </Button>
      <button type="button" class="link-button" onClick={() => choose([])}>choose none</button>
      {compare.error && <p class="refusal" role="alert">{compare.error}</p>}
    </div>
  );
}

function columnsFor(sort: Sort | undefined, chosen: readonly string[], staged: boolean):
  ItemColumn<ModelVersion>[] {
  const full = chosen.length >= MAX_COMPARED;
  return [
    {
      id: 'check', width: 40, kind: 'check', head: <span class="unseen">Choose</span>,
      of: ({ version }) => {
        const on = chosen.includes(version);
        return (
          <input type="checkbox" aria-label={`Choose version ${version}`} checked={on}
            disabled={full && !on} title={full && !on ? `${MAX_COMPARED} are the most.` : undefined}
            onChange={() =>
              choose(on ? chosen.filter((v) => v !== version) : [...chosen, version])} />
        );
      },
    },
    {
      ...sortable(attribute('version_number'), 'Version', sort), width: 96, kind: 'name',
      of: ({ name, version }) => (
        <a href={link.version(name, version)} aria-label={`Version ${version}`}>{version}</a>
      ),
    },
    {
      id: 'aliases', width: 190, head: 'Aliases',
      of: ({ aliases = [] }) => (
        <span title={aliases.map((a) => `@${a}`).join(' ')}>
          {aliases.map((alias) => <AliasPill key={alias} alias={alias} />)}
        </span>
      ),
    },
    ...(staged ? [{
      id: 'stage', width: 116, head: 'Stage',
      of: ({ current_stage: stage }: ModelVersion) => <StagePill stage={stage} />,
    }] : []),
    {
      ...sortable(attribute('creation_timestamp'), 'Registered', sort), width: 144,
      of: (v) => <When ms={v.creation_timestamp} />,
    },
    {
      id: 'run', width: 130, head: 'Run',
      of: ({ run_id: run }) => (run
        ? <a href={link.run(run)} title={`run ${run}`}>{run.slice(0, SHORT_ID)}</a>
        : <span class="soft">–</span>),
    },
    { id: 'description', width: 250, head: 'Description', of: (v) => cut(v.description) },
    { id: 'tags', width: 200, head: 'Tags', of: (v) => cut(tagsText(v.tags)) },
    {
      id: 'status', width: 84, head: 'Status',
      of: ({ status }) => status.toLowerCase().replaceAll('_', ' '),
    },
    {
      ...sortable(attribute('last_updated_timestamp'), 'Changed', sort), width: 144,
      of: (v) => <When ms={v.last_updated_timestamp} />,
    },
    { id: 'source', width: 260, head: 'Source', of: (v) => cut(v.source) },
  ];
}

function VersionTable({ model, list, rights, grid }: {
  model: RegisteredModel; list: Versions; rights: ModelRights; grid: (grid: GridHandle) => void;
}) {
  const read = list.read.value;
  const error = list.error.value;
  const refused = error?.status === 400;
  const rows = read?.rows ?? [];
  const ended = read !== undefined && read.next === undefined;
  const chosen = chosenVersions();
  const staged = model.latest_versions?.some((v) => v.current_stage !== 'None') ?? false;
  const columns = columnsFor(sortOf(param('sort') ?? NEWEST), chosen, staged);
  const none = read && rows.length === 0;
  if (none && latestOf(model) === undefined && !param('filter')) {
    return (
      <section class="card" aria-labelledby="versions">
        <h2 id="versions">Versions</h2>
        {rights.edit ? <FirstVersion model={model.name} /> : <p class="soft">It has none yet.</p>}
      </section>
    );
  }
  return (
    <section class="card" aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <ListTools list={list} one="version" placeholder="a number, or tags.checked = 'yes'" />
      <Chosen name={model.name} chosen={chosen} rows={rows} />
      {error && !refused && <Problem error={error} retry={() => void list.again()} />}
      {!read ? !error && <Skeleton height={300} />
        : none ? <p class="soft">No version is like that.</p> : (
          <Grid label="Versions" of={read.query} columns={columns} count={rows.length} ended={ended}
            rowKey={(row) => rows[row]!.version}
            rowClass={(row) => (chosen.includes(rows[row]!.version) ? 'grid-chosen' : '')}
            cell={(row, column) => columns[column]!.of(rows[row]!)}
            more={() => void list.more()} handle={grid} />
        )}
      {list.pageError.value && (
        <Problem error={list.pageError.value} retry={() => void list.more()} />
      )}
    </section>
  );
}

function Head({ model, rights, changed }: {
  model: RegisteredModel; rights: ModelRights; changed: () => Promise<unknown>;
}) {
  const [asking, setAsking] = useState<'rename' | 'delete'>();
  const { name } = model;
  return (
    <header class="page-head">
      <div class="title-line">
        <h1>{name}</h1>
        {rights.edit && <Button onClick={() => setAsking('rename')}>Rename</Button>}
        {rights.manage && <Button onClick={() => setAsking('delete')}>Delete</Button>}
      </div>
      <p class="soft under-lead">
        <span>registered model</span>
        <span>created <When ms={model.creation_timestamp} /></span>
        <span>changed <When ms={model.last_updated_timestamp} /></span>
        {rights.known && !rights.edit && (
          <span>you may look at it; changing it needs the level edit</span>
        )}
      </p>
      <Description text={model.description ?? ''} may={rights.edit} save={async (text) => {
        await registry.describeModel(name, text);
        await changed();
      }} />
      {asking === 'rename' && (
        <NameDialog title={`Rename ${name}`} does="Rename" value={name} maxLength={MAX_MODEL_NAME}
          hint="Clients and endpoints that name the model have to name it anew."
          close={() => setAsking(undefined)} act={async (wanted) => {
            await registry.renameModel(name, wanted);
            location.hash = link.model(wanted);
          }} />
      )}
      {asking === 'delete' && (
        <Confirm title={`Delete ${name}?`} does="Delete" typed={name}
          close={() => setAsking(undefined)} act={async () => {
            await registry.deleteModel(name);
            location.hash = link.models;
          }}>
          All its versions, aliases and tags go with it, and nothing brings them back. The runs and
          their files stay.
        </Confirm>
      )}
    </header>
  );
}

export function ModelPage({ name }: { name: string }) {
  const model = useMemo(() => resource(() => registry.model(name)), [name]);
  const list = useMemo(() => new PagedList<Query, ModelVersion>({
    page: (query, limit, token) => registry.versions(
      versionFilter(query.name, query.filter), orderBy(query.sort), limit, token),
    keyOf: (v) => v.version,
  }), [name]);
  const grid = useRef<GridHandle>(undefined);
  const rights = useModelRights(name);
  const filter = param('filter') ?? '';
  const sort = param('sort') ?? NEWEST;
  useEffect(() => {
    void model.refresh();
    return poll(() => model.refresh(), POLL_MS);
  }, [model]);
  useEffect(() => void list.search({ name, filter, sort: sortOf(sort) }), [list, filter, sort]);
  useEffect(() => list.follow(() => grid.current?.atTop() ?? true, POLL_MS), [list]);
  useEffect(() => {
    document.title = `${name} – Rondo`;
  }, [name]);
  const value = model.value.value;
  const error = model.error.value;
  if (error?.status === 404 || error?.status === 400) {
    return <Closed title="No such model" why={error.message} />;
  }
  if (!value) {
    return error ? <NotRead error={error} retry={() => void model.refresh()} />
      : <><Skeleton height={80} /><Skeleton height={400} /></>;
  }
  const changed = () => Promise.all([model.refresh(), list.again()]);
  return (
    <>
      <Head model={value} rights={rights} changed={changed} />
      {error && <Problem error={error} retry={() => void model.refresh()} />}
      <div class="two-cards">
        <Aliases name={name} aliases={value.aliases ?? []} may={rights.edit} changed={changed} />
        <Tags tags={value.tags ?? []} may={rights.edit}
          set={async (tag) => {
            await registry.setModelTag(name, tag);
            await changed();
          }}
          remove={async (key) => {
            await registry.deleteModelTag(name, key);
            await changed();
          }} />
      </div>
      <VersionTable model={value} list={list} rights={rights}
        grid={(handle) => (grid.current = handle)} />
    </>
  );
}
