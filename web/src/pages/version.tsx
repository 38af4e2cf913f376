// A version of a registered model: how to load it, where it came from, what its run measured, its
// files, and what people say about it.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { useModelRights, type ModelRights } from '../account/models';
import { mlflow, type Run } from '../api/mlflow';
import { poll } from '../api/poll';
import {
  registry, STAGES, type ModelVersion, type RegisteredModel, type Stage,
} from '../api/registry';
import { resource, type Resource } from '../api/resource';
import { AliasPill, Aliases, StagePill } from '../parts/aliases';
import { Artifacts, type Source } from '../parts/artifacts';
import { Closed, Copy, NotRead, Problem, Skeleton, Snippet, When } from '../parts/bits';
import { Confirm } from '../parts/confirm';
import { Description, Tags } from '../parts/described';
import { Button, Check, Form, Select, useAction, useFormFocus } from '../parts/form';
import { Pairs, sortedPairs } from '../parts/pairs';
import { Segments } from '../parts/tools';
import { aliasUri, loadSnippet, versionUri } from '../registry/words';
import { link, param, setParams } from '../router';
import { metricText, nameOf } from '../tracking/words';

const POLL_MS = 5000;

function Load({ version: { name, version, aliases = [] } }: { version: ModelVersion }) {
  const uris = [...aliases.map((alias) => [alias, aliasUri(name, alias)] as const),
    ['', versionUri(name, version)] as const];
  const [by, setBy] = useState(uris[0]![0]);
  const [chosen, uri] = uris.find(([of]) => of === by) ?? uris[0]!;
  return (
    <section class="card" aria-labelledby="load">
      <header class="card-head">
        <h2 id="load">Load it</h2>
        {uris.length > 1 && (
          <Segments label="Named by" value={chosen} choose={setBy}
            options={uris.map(([of]) => [of, of === '' ? 'by number' : `@${of}`] as const)} />
        )}
      </header>
      <p class="uri"><code>{uri}</code> <Copy text={uri} label={`Copy ${uri}`} /></p>
      <Snippet label="Python: load the model" text={loadSnippet(location.origin, uri)} />
      {aliases.length > 0 && (
        <p class="soft section-note">
          {chosen === '' ? 'Always this version.' : 'Whatever version the alias points to by then.'}
        </p>
      )}
    </section>
  );
}

function Stages({ version: { name, version, current_stage: stage }, may, changed }: {
  version: ModelVersion; may: boolean; changed: () => Promise<unknown>;
}) {
  const [wanted, setWanted] = useState<Stage>();
  const [archive, setArchive] = useState(false);
  const root = useFormFocus(wanted !== undefined);
  const to = wanted ?? stage;
  const active = to === 'Production' || to === 'Staging';
  const action = useAction(async () => {
    await registry.moveToStage(name, version, to, active && archive);
    await changed();
    setWanted(undefined);
  });
  if (!may && stage === 'None') return null;
  return (
    <section class="card" aria-labelledby="stage" ref={root}>
      <header class="card-head">
        <h2 id="stage">Stage</h2>
        {wanted === undefined ? (
          <>
            {stage === 'None' ? <span class="soft">none</span> : <StagePill stage={stage} />}
            {may && (
              <button type="button" class="quiet-button opens" onClick={() => setWanted(stage)}>
                Move it
              </button>
            )}
          </>
        ) : null}
      </header>
      {wanted !== undefined && (
        <Form action={action} label="Move it to a stage">
          <Select label="Stage" value={to} onChange={setWanted}
            hint="For clients of old; newer ones follow aliases."
            options={STAGES.map((of) => [of, of] as const)} />
          {active && (
            <Check label={`Archive the versions that are in ${to} now`} checked={archive}
              onChange={setArchive} />
          )}
          <div class="buttons">
            <Button submit kind="main-button" busy={action.busy}
              why={to === stage ? `It is in ${stage} already.` : undefined}>
              Move it
            </Button>
            <button type="button" class="quiet-button" onClick={() => setWanted(undefined)}>
              Cancel
            </button>
          </div>
        </Form>
      )}
    </section>
  );
}

function OfRun({ id, run }: { id: string | undefined; run: Resource<Run> }) {
  if (!id) {
    return (
      <section class="card" aria-labelledby="of-run">
        <h2 id="of-run">Run</h2>
        <p class="soft">No run is known that made this version.</p>
      </section>
    );
  }
  const found = run.value.value;
  const error = run.error.value;
  if (!found) {
    return error ? (
      <section class="card" aria-labelledby="of-run">
        <h2 id="of-run">Run</h2>
        {error.status === 404 ? <p class="soft">Run {id} is not there any more.</p>
          : <Problem error={error} retry={() => void run.refresh()} />}
      </section>
    ) : <Skeleton height={200} />;
  }
  const { metrics = [], params = [] } = found.data;
  return (
    <>
      <section class="card" aria-labelledby="of-run">
        <h2 id="of-run">Run</h2>
        <p>
          <a href={link.run(id)}>{nameOf(found)}</a>{' '}
          <span class="soft">
            {found.info.status.toLowerCase()}
            {found.info.lifecycle_stage === 'deleted' && ', deleted'}
            {metrics.length + params.length === 0 && '; it has no metrics and no parameters'}
          </span>
        </p>
      </section>
      <Pairs title="Metrics of the run" rows={sortedPairs(metrics, (value) => metricText(value))} />
      <Pairs title="Parameters of the run" rows={sortedPairs(params, (text) => text)} />
    </>
  );
}

// Of the version's own words, by the routes that every client calls.
function OwnTags({ version, may, changed }: {
  version: ModelVersion; may: boolean; changed: () => Promise<unknown>;
}) {
  const { name, version: number, tags = [] } = version;
  return (
    <Tags tags={tags} may={may}
      set={async (tag) => {
        await registry.setVersionTag(name, number, tag);
        await changed();
      }}
      remove={async (key) => {
        await registry.deleteVersionTag(name, number, key);
        await changed();
      }} />
  );
}

function Head({ version, rights, changed }: {
  version: ModelVersion; rights: ModelRights; changed: () => Promise<unknown>;
}) {
  const [asking, setAsking] = useState(false);
  const { name, version: number, aliases = [] } = version;
  return (
    <header class="page-head">
      <div class="title-line">
        <h1>{name} <span class="soft">version {number}</span></h1>
        {aliases.map((alias) => <AliasPill key={alias} alias={alias} />)}
        <StagePill stage={version.current_stage} />
        {rights.manage && <Button onClick={() => setAsking(true)}>Delete</Button>}
      </div>
      <p class="soft under-lead">
        <a href={link.model(name)}>all versions of {name}</a>
        <span>{version.status.toLowerCase().replaceAll('_', ' ')}</span>
        <span>registered <When ms={version.creation_timestamp} /></span>
        <span>changed <When ms={version.last_updated_timestamp} /></span>
        {rights.known && !rights.edit && (
          <span>you may look at it; changing it needs the level edit on its model</span>
        )}
      </p>
      <p class="soft under-lead"><span>from {version.source}</span></p>
      <Description text={version.description ?? ''} may={rights.edit} save={async (text) => {
        await registry.describeVersion(name, number, text);
        await changed();
      }} />
      {asking && (
        <Confirm title={`Delete version ${number} of ${name}?`} does="Delete"
          close={() => setAsking(false)} act={async () => {
            await registry.deleteVersion(name, number);
            location.hash = link.model(name);
          }}>
          {aliases.length > 0 && <>It is what {aliases.map((a) => `@${a}`).join(', ')} points to. </>}
          Nothing brings it back, and its number is not used again. Its run and the files stay.
        </Confirm>
      )}
    </header>
  );
}

class VersionStore {
  readonly version: Resource<ModelVersion>;
  readonly model: Resource<RegisteredModel>; // for where the other aliases point
  readonly run: Resource<Run>;

  constructor(name: string, number: string) {
    this.version = resource(() => registry.version(name, number));
    this.model = resource(() => registry.model(name));
    this.run = resource(() => mlflow.run(this.version.value.peek()!.run_id!));
  }

  refresh = (): Promise<unknown> => Promise.all([this.version.refresh(), this.model.refresh()]);

  follow(): () => void {
    void this.version.refresh().then(() => {
      if (this.version.value.peek()?.run_id) void this.run.refresh();
    });
    void this.model.refresh();
    return poll(this.refresh, POLL_MS);
  }
}

export function VersionPage({ name, version: number }: { name: string; version: string }) {
  const store = useMemo(() => new VersionStore(name, number), [name, number]);
  useEffect(() => store.follow(), [store]);
  const rights = useModelRights(name);
  useEffect(() => {
    document.title = `${name} ${number} – Rondo`;
  }, [name, number]);
  const sources = useMemo((): Source[] => [{
    id: '', name: 'Files of the version',
    list: (folder) => registry.versionFiles(name, number, folder),
    url: (path) => registry.versionFileUrl(name, number, path),
  }], [name, number]);
  const value = store.version.value.value;
  const error = store.version.error.value;
  if (error?.status === 404 || error?.status === 400) {
    return <Closed title="No such version" why={error.message} />;
  }
  if (!value) {
    return error ? <NotRead error={error} retry={() => void store.version.refresh()} />
      : <><Skeleton height={100} /><Skeleton height={400} /></>;
  }
  const tab = param('show') === 'files' ? 'files' : 'overview';
  const aliases = store.model.value.value?.aliases ??
    (value.aliases ?? []).map((alias) => ({ alias, version: number }));
  return (
    <>
      <Head version={value} rights={rights} changed={store.refresh} />
      {error && <Problem error={error} retry={() => void store.version.refresh()} />}
      <Segments label="What of the version" value={tab}
        options={[['overview', 'Overview'], ['files', 'Files']] as const}
        choose={(next) => setParams({ show: next === 'overview' ? undefined : next })} />
      {tab === 'files' ? <Artifacts sources={sources} live={false} /> : (
        <div class="two-cards">
          <div>
            <Load version={value} />
            <OfRun id={value.run_id} run={store.run} />
          </div>
          <div>
            <Aliases name={name} aliases={aliases} version={number} may={rights.edit}
              changed={store.refresh} />
            <OwnTags version={value} may={rights.edit} changed={store.refresh} />
            <Stages version={value} may={rights.edit} changed={store.refresh} />
          </div>
        </div>
      )}
    </>
  );
}
