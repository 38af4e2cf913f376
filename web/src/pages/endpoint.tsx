// An endpoint: its state in one sentence, the latest turn of its loop, the metric, the evidence of
// its rollouts, and what happened because of what.

import { useEffect, useMemo } from 'preact/hooks';
import { EndpointStore } from '../api/endpoints';
import type { EndpointStatus } from '../api/types';
import { MetricChart } from '../charts/metric';
import type { Zoom } from '../charts/chart';
import { duration, whole } from '../format/number';
import { day, iso, moment, seconds } from '../format/time';
import { stories } from '../loop/chain';
import { stateOf } from '../loop/state';
import { metricName, stepWords, type Tone } from '../loop/words';
import { DriftTable } from '../parts/drift';
import { Facts, NotRead, Pill, Problem, Skeleton } from '../parts/bits';
import { Rollouts } from '../parts/rollouts';
import { LoopStrip } from '../parts/strip';
import { entryId, Timeline } from '../parts/timeline';
import { modelOf } from '../registry/words';
import { link, param, setParams } from '../router';

export function countsOf(status: EndpointStatus): [string, string, Tone?][] {
  const trouble = (n: number, tone: Tone): Tone => (n > 0 ? tone : 'quiet');
  const lost = status.champion.lost + status.candidate.lost;
  const count = (name: string, n: number, tone: Tone): [string, string, Tone] =>
    [name, whole(n), trouble(n, tone)];
  return [
    ['champion answered', whole(status.champion.answered)],
    ['candidate answered', whole(status.candidate.answered)],
    count('lost', lost, 'bad'),
    count('late', status.late, 'note'),
    count('repeated', status.repeated, 'note'),
    count('labels late', status.labels_late, 'note'),
    count('labels contradictory', status.labels_contradictory, 'note'),
    count('labels unmatched', status.labels_unmatched, 'note'),
  ];
}

function Head({ status, metric }: { status: EndpointStatus; metric: string | undefined }) {
  const state = stateOf(status, metric);
  const model = modelOf(status.spec.model);
  const champion = status.route && String(status.route.champion);
  return (
    <header class="page-head">
      <div class="title-line">
        <h1>{status.spec.name}</h1>
        <Pill tone={state.tone}>{state.label}</Pill>
      </div>
      <p class="lead">{state.sentence}</p>
      {status.waiting_for && <p class="held">Decisions wait: {status.waiting_for}.</p>}
      <p class="soft under-lead">
        {champion && (
          <span>
            {model ? <a href={link.version(model, champion)}>v{champion}</a> : `v${champion}`} is champion
          </span>
        )}
        {status.engine && <span>{status.engine}</span>}
        <span>
          {model ? <a href={link.model(model)}>{status.spec.model}</a> : status.spec.model}
        </span>
        {status.settled && (
          <span title={`${moment(status.settled)} UTC, on the endpoint's clock`}>
            decided up to {moment(status.settled)}
          </span>
        )}
      </p>
    </header>
  );
}

// "2013-06-01T00:00:00Z..2013-07-15T00:00:00Z" in the address.
function zoomOf(): Zoom | undefined {
  const [from, to] = (param('range') ?? '').split('..').map(seconds);
  return from !== undefined && to !== undefined && from < to ? { from, to } : undefined;
}

function setZoom(zoom: Zoom | undefined): void {
  const text = (s: number) => iso(Math.round(s)).replace('.000', '');
  setParams({ range: zoom && `${text(zoom.from)}..${text(zoom.to)}` });
}

function Metric({ store, metric }: { store: EndpointStore; metric: string | undefined }) {
  const windows = store.windows.value.value;
  const error = store.windows.error.value;
  const entries = store.timeline.value.value ?? [];
  const rollouts = store.rollouts.value.value ?? [];
  const range = param('range');
  const zoom = useMemo(zoomOf, [range]);
  const selected = entries.find((e) => e.id === Number(param('entry')));
  const policy = store.policy.value.value;
  if (!windows) {
    return error
      ? <Problem error={error} retry={() => void store.windows.refresh()} />
      : <Skeleton height={294} />;
  }
  if (windows.length === 0) {
    return (
      <p class="soft">
        No window has been judged yet. {policy === null && (
          <>
            This endpoint has no policy: nothing watches it.{' '}
            <code>rondo endpoint policy policy.yaml</code> gives it one.
          </>
        )}
      </p>
    );
  }
  return (
    <>
      <p class="legend">
        <span><i class="swatch line" />mean of {duration(policy?.spec.monitor.window ?? 'the window')}</span>
        {windows.some((w) => !w.enough && w.labelled > 0) && (
          <span><i class="swatch line-faint" />of fewer days</span>
        )}
        <span><i class="swatch limit dashed" />threshold</span>
        <span><i class="swatch reference" />reference</span>
        {windows.some((w) => w.breached) && <span><i class="swatch bad-wash" />breached</span>}
        {zoom && (
          <button type="button" class="link-button" onClick={() => setZoom(undefined)}>
            show all
          </button>
        )}
      </p>
      <MetricChart windows={windows} entries={entries} rollouts={rollouts} metric={metric}
        selected={selected} zoom={zoom} onZoom={setZoom} />
    </>
  );
}

function History({ store }: { store: EndpointStore }) {
  const entries = store.timeline.value.value;
  const error = store.timeline.error.value;
  if (entries) return <Timeline entries={entries} />;
  return error
    ? <Problem error={error} retry={() => void store.timeline.refresh()} />
    : <Skeleton height={720} />;
}

function Strip({ store }: { store: EndpointStore }) {
  const entries = store.timeline.value.value;
  const status = store.status.value.value;
  const open = status?.rollout !== undefined ||
    (status?.latest_case !== undefined && status.latest_case.state !== 'closed');
  // One step alone, which nothing follows, is no turn of the loop.
  const least = open ? 1 : 2;
  const latest = useMemo(() => stories(entries ?? []).find((s) =>
    s.nodes.filter((n) => stepWords(n.entry.kind)).length >= least), [entries, least]);
  if (!entries) return <div class="strip-room"><Skeleton height={66} /></div>;
  return latest ? <LoopStrip story={latest} open={open} /> : null;
}

function Body({ store, status }: { store: EndpointStore; status: EndpointStatus }) {
  const metric = store.policy.value.value?.spec.monitor.metric;
  const state = stateOf(status, metric);
  const windows = store.windows.value.value;
  useEffect(() => {
    document.title = `${status.spec.name}: ${state.label} – Rondo`;
  }, [status.spec.name, state.label]);
  return (
    <>
      <Head status={status} metric={metric} />
      <Strip store={store} />
      <div class="columns">
        <div class="column">
          <section class="card" aria-labelledby="metric">
            <h2 id="metric">
              {metricName(metric)}
              {windows?.at(-1) && (
                <span class="soft"> {windows.at(-1)!.version ? `up to ${day(windows.at(-1)!.tick)}` : ''}</span>
              )}
            </h2>
            <Metric store={store} metric={metric} />
          </section>
          <section class="card" aria-labelledby="rollouts">
            <h2 id="rollouts">Rollouts</h2>
            <Rollouts store={store} />
          </section>
          <section class="card" aria-labelledby="drift">
            <h2 id="drift">Drift</h2>
            {windows ? <DriftTable windows={windows} /> : <Skeleton height={260} />}
          </section>
          <section class="card" aria-labelledby="counts">
            <h2 id="counts">Predictions</h2>
            <Facts items={countsOf(status)} />
          </section>
        </div>
        <section class="column story-column" aria-labelledby="history">
          <h2 id="history">What happened, and why</h2>
          <History store={store} />
        </section>
      </div>
    </>
  );
}

export function EndpointPage({ name }: { name: string }) {
  const store = useMemo(() => new EndpointStore(name), [name]);
  useEffect(() => store.follow(), [store]);
  // A link to an entry leads to it.
  const loaded = store.timeline.value.value !== undefined;
  useEffect(() => {
    const entry = param('entry');
    if (loaded && entry) document.getElementById(entryId(Number(entry)))?.scrollIntoView({ block: 'center' });
  }, [loaded]);
  const status = store.status.value.value;
  const error = store.status.error.value;
  // The policy says what the metric is called.
  const named = store.policy.value.value !== undefined || store.policy.error.value !== undefined;
  if (error?.status === 404) {
    return (
      <div class="page-head">
        <h1>No endpoint of this name</h1>
        <p class="lead sentence">{error.message}</p>
        <p><a href={link.start}>All endpoints</a></p>
      </div>
    );
  }
  if (!status || !named) {
    return error
      ? <NotRead error={error} retry={() => void store.status.refresh()} />
      : <><Skeleton height={150} /><Skeleton height={66} /><Skeleton height={560} /></>;
  }
  return <Body store={store} status={status} />;
}
