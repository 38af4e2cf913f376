// A run: what it was told, what it measured, what it read and made. Followed while it goes on.

import { Fragment } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { mlflow, type DatasetInput, type LoggedModel, type Run } from '../api/mlflow';
import { poll } from '../api/poll';
import { registry, type ModelVersion } from '../api/registry';
import { resource, type Resource } from '../api/resource';
import { whole } from '../format/number';
import { Artifacts, type Source } from '../parts/artifacts';
import { Closed, Facts, NotRead, Pill, Skeleton } from '../parts/bits';
import { MetricCharts } from '../parts/metrics';
import { Confirm } from '../parts/confirm';
import { Button, useAction } from '../parts/form';
import { Pairs, sortedPairs } from '../parts/pairs';
import { Segments } from '../parts/tools';
import { link, param, setParams } from '../router';
import { columnOf, valueOf } from '../tracking/columns';
import {
  goesOn, lasting, lastingMs, metricText, nameOf, statusTone, timeText,
} from '../tracking/words';

const TABS = ['overview', 'charts', 'files'] as const;
type Tab = (typeof TABS)[number];

const tabShown = (): Tab => TABS.find((tab) => tab === param('show')) ?? 'overview';

const itself = (text: string) => text;

const tagOf = (run: Run, key: string) => {
  const value = valueOf(run, columnOf(`tags.${key}`)!);
  return value === undefined ? undefined : String(value);
};

// "train.py at 1a2b3c4d"
function sourceOf(run: Run): string {
  const name = tagOf(run, 'mlflow.source.name');
  const commit = tagOf(run, 'mlflow.source.git.commit');
  if (name === undefined) return commit ?? '–';
  return commit === undefined ? name : `${name} at ${commit.slice(0, 10)}`;
}

// How many rows a dataset has, as MLflow's clients say it of tables and of arrays.
function rowsIn(profile: string | undefined): string {
  try {
    const { num_rows: rows, features_shape: shape } = JSON.parse(profile ?? '') as {
      num_rows?: unknown; features_shape?: unknown;
    };
    const count: unknown = rows ?? (Array.isArray(shape) ? shape[0] : undefined);
    return typeof count === 'number' ? whole(count) : '–';
  } catch {
    return '–';
  }
}

function Datasets({ inputs }: { inputs: readonly DatasetInput[] }) {
  if (inputs.length === 0) return null;
  return (
    <section class="card">
      <h2>Datasets read <span class="soft">{inputs.length}</span></h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="Datasets read">
        <table class="pairs">
          <thead>
            <tr>
              <th scope="col">Name</th><th scope="col">For</th><th scope="col">Rows</th>
              <th scope="col">Digest</th><th scope="col">Source</th>
            </tr>
          </thead>
          <tbody>
            {inputs.map(({ tags, dataset }) => (
              <tr key={`${dataset.name} ${dataset.digest}`}>
                <th scope="row">{dataset.name}</th>
                <td>{tags?.find((t) => t.key === 'mlflow.data.context')?.value ?? '–'}</td>
                <td>{rowsIn(dataset.profile)}</td>
                <td><code>{dataset.digest}</code></td>
                <td>{dataset.source_type ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface Named {
  id: string;
  direction: 'read' | 'made';
  model: LoggedModel | undefined; // undefined: it cannot be read, or is deleted
}

// The models that a run names, with what is known of them.
async function modelsOf(run: Run): Promise<Named[]> {
  const named = [
    ...(run.outputs?.model_outputs ?? []).map((m) => [m.model_id, 'made'] as const),
    ...(run.inputs?.model_inputs ?? []).map((m) => [m.model_id, 'read'] as const),
  ];
  if (named.length === 0) return [];
  const models = await Promise.all(
    named.map(([id]) => mlflow.loggedModel(id).catch(() => undefined)));
  return named.map(([id, direction], i) => ({ id, direction, model: models[i] }));
}

const STATES: Record<string, string> = {
  LOGGED_MODEL_READY: 'ready', LOGGED_MODEL_PENDING: 'pending',
  LOGGED_MODEL_UPLOAD_FAILED: 'upload failed',
};

function Registered({ versions }: { versions: readonly ModelVersion[] }) {
  if (versions.length === 0) return <>–</>;
  return (
    <>
      {versions.map(({ name, version }, i) => (
        <Fragment key={`${name} ${version}`}>
          {i > 0 && ', '}<a href={link.version(name, version)}>{name} {version}</a>
        </Fragment>
      ))}
    </>
  );
}

function Models({ models, versions }: {
  models: readonly Named[]; versions: readonly ModelVersion[];
}) {
  if (models.length === 0) return null;
  return (
    <section class="card">
      <h2>Models <span class="soft">{models.length}</span></h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="Models">
        <table class="pairs">
          <thead>
            <tr>
              <th scope="col">Name</th><th scope="col">Id</th><th scope="col">State</th>
              <th scope="col">Registered</th><th scope="col"><span class="unseen">Files</span></th>
            </tr>
          </thead>
          <tbody>
            {models.map(({ id, direction, model }) => (
              <tr key={`${direction} ${id}`}>
                <th scope="row">{model?.info.name ?? id}<span class="soft"> {direction}</span></th>
                <td><code>{id}</code></td>
                <td>{model ? STATES[model.info.status] ?? model.info.status : 'not there any more'}</td>
                <td><Registered versions={versions.filter((v) => v.model_id === id)} /></td>
                <td>
                  {model && (
                    <button type="button" class="link-button" onClick={() => setParams({
                      show: 'files', in: id, file: undefined,
                    })}>
                      files
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Overview({ run, models, versions }: {
  run: Run; models: readonly Named[]; versions: readonly ModelVersion[];
}) {
  const { data } = run;
  // Of files of the run itself, as clients of MLflow 2 register them.
  const others = versions.filter((v) => !models.some((m) => m.id === v.model_id));
  const tags = sortedPairs(data.tags, itself);
  const byMlflow = ([key]: [string, string]) => key.startsWith('mlflow.');
  return (
    <div class="sheets">
      <Pairs title="Metrics" rows={sortedPairs(data.metrics, (value) => metricText(value))} />
      <Pairs title="Parameters" rows={sortedPairs(data.params, itself)} />
      <Models models={models} versions={versions} />
      {others.length > 0 && (
        <section class="card">
          <h2>Registered as <span class="soft">{others.length}</span></h2>
          <p><Registered versions={others} /></p>
        </section>
      )}
      <Datasets inputs={run.inputs?.dataset_inputs ?? []} />
      <Pairs title="Tags" rows={tags.filter((tag) => !byMlflow(tag))} />
      <Pairs title="MLflow's own tags" rows={tags.filter(byMlflow)} />
    </div>
  );
}

function DeleteOrRestore({ run, changed }: { run: Run; changed: () => void }) {
  const [asking, setAsking] = useState(false);
  const { run_id: id, lifecycle_stage } = run.info;
  const restore = useAction(async () => {
    await mlflow.restoreRun(id);
    changed();
  });
  if (lifecycle_stage === 'deleted') {
    return (
      <>
        <Button busy={restore.busy} onClick={() => void restore.run()}>Restore</Button>
        {restore.error && <p class="refusal" role="alert">{restore.error}</p>}
      </>
    );
  }
  return (
    <>
      <Button onClick={() => setAsking(true)}>Delete</Button>
      {asking && (
        <Confirm title={`Delete ${nameOf(run)}?`} does="Delete" close={() => setAsking(false)}
          act={async () => {
            await mlflow.deleteRun(id);
            changed();
          }}>
          It can be restored until the server collects what is deleted.
        </Confirm>
      )}
    </>
  );
}

function Head({ run, experiment, changed }: {
  run: Run; experiment: string | undefined; changed: () => void;
}) {
  const { info } = run;
  return (
    <header class="page-head">
      <div class="title-line">
        <h1>{nameOf(run)}</h1>
        <Pill tone={statusTone(info.status)}>{info.status.toLowerCase()}</Pill>
        {info.lifecycle_stage === 'deleted' && <Pill tone="bad">deleted</Pill>}
        <DeleteOrRestore run={run} changed={changed} />
      </div>
      <p class="soft under-lead">
        <span>run {info.run_id}</span>
        <a href={link.experiment(info.experiment_id)}>
          {experiment === undefined ? `experiment ${info.experiment_id}` : `experiment ${experiment}`}
        </a>
        <a href={mlflow.runJsonUrl(info.run_id)}>as JSON</a>
      </p>
    </header>
  );
}

function sourcesOf(run: Run, models: readonly Named[]): Source[] {
  const { run_id: id } = run.info;
  return [
    {
      id: '', name: 'Files of the run',
      list: (folder) => mlflow.runFiles(id, folder), url: (path) => mlflow.runFileUrl(id, path),
    },
    ...models.filter(({ model }) => model !== undefined).map((named): Source => ({
      id: named.id, name: `Model ${named.model!.info.name}`,
      list: (folder) => mlflow.modelFiles(named.id, folder),
      url: (path) => mlflow.modelFileUrl(named.id, path),
    })),
  ];
}

function Shown({ store }: { store: RunStore }) {
  const run = store.run.value.value!;
  const models = store.models.value.value ?? [];
  const tab = tabShown();
  const metrics = run.data.metrics?.length ?? 0;
  const modelIds = models.map((m) => m.id + (m.model ? '+' : '')).join();
  const sources = useMemo(() => sourcesOf(run, models), [run.info.run_id, modelIds]);
  return (
    <>
      <Head run={run} experiment={store.experiment.value.value}
        changed={() => void store.run.refresh()} />
      <section class="card" aria-label="In short">
        <Facts items={[
          ['started', timeText(run.info.start_time)],
          ['ended', timeText(run.info.end_time)],
          ['duration', lasting(lastingMs(run, Date.now()))],
          ['by', run.info.user_id || '–'],
          ['source', sourceOf(run)],
        ]} />
      </section>
      <Segments label="What of the run" value={tab} options={[
        ['overview', 'Overview'],
        ['charts', <>Charts <span class="soft">{metrics}</span></>],
        ['files', 'Files'],
      ]} choose={(next) => setParams({ show: next === 'overview' ? undefined : next })} />
      {tab === 'overview' && (
        <Overview run={run} models={models} versions={store.versions.value.value ?? []} />
      )}
      {tab === 'charts' && <MetricCharts runs={[run]} />}
      {tab === 'files' && <Artifacts sources={sources} live={goesOn(run)} />}
    </>
  );
}

class RunStore {
  readonly run: Resource<Run>;
  readonly models: Resource<Named[]>;
  readonly versions: Resource<ModelVersion[]>;
  readonly experiment: Resource<string>;

  constructor(id: string) {
    this.run = resource(() => mlflow.run(id));
    this.models = resource(async (before) => {
      const run = this.run.value.peek();
      const count = (run?.outputs?.model_outputs?.length ?? 0) + (run?.inputs?.model_inputs?.length ?? 0);
      const settled = before?.every((m) => m.model?.info.status !== 'LOGGED_MODEL_PENDING');
      return before && settled && before.length === count ? before : run ? modelsOf(run) : [];
    });
    this.versions = resource(() => registry.versionsOfRun(id));
    this.experiment = resource(async (before) => before ??
      (await mlflow.experiment(this.run.value.peek()!.info.experiment_id)).name);
  }

  // Until it is stopped: once, and again while the run goes on.
  follow(): () => void {
    const read = async () => {
      await this.run.refresh();
      if (!this.run.value.peek()) return;
      await Promise.all([this.models, this.versions, this.experiment].map((r) => r.refresh()));
    };
    void read();
    return poll(async () => {
      const run = this.run.value.peek();
      if (run && goesOn(run)) await read();
    });
  }
}

export function RunPage({ id }: { id: string }) {
  const store = useMemo(() => new RunStore(id), [id]);
  useEffect(() => store.follow(), [store]);
  const value = store.run.value.value;
  useEffect(() => {
    document.title = `${value ? nameOf(value) : 'Run'} – Rondo`;
  }, [value]);
  if (value) return <Shown store={store} />;
  const error = store.run.error.value;
  if (error?.status === 404 || error?.status === 400) {
    return <Closed title="No such run" why={error.message} />;
  }
  return error ? <NotRead error={error} retry={() => void store.run.refresh()} />
    : <><Skeleton height={120} /><Skeleton height={300} /></>;
}
