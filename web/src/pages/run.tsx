// Where the links of MLflow's clients lead: a run, or an experiment with its newest runs.

import { useEffect, useMemo } from 'preact/hooks';
import { api } from '../api/client';
import { resource } from '../api/resource';
import type { MlflowRun } from '../api/types';
import { number } from '../format/number';
import { exactMoment } from '../format/time';
import { Facts, NotRead, Pill, Skeleton } from '../parts/bits';
import type { Tone } from '../loop/words';
import { link } from '../router';

const SHOWN_RUNS = 100;
const STATUS: Record<string, Tone> = {
  FINISHED: 'good', FAILED: 'bad', KILLED: 'bad', RUNNING: 'busy', SCHEDULED: 'note',
};

const time = (milliseconds: number | undefined) =>
  milliseconds ? exactMoment(new Date(milliseconds).toISOString()) : '–';

function Table({ title, rows }: { title: string; rows: [string, string][] }) {
  if (rows.length === 0) return null;
  return (
    <section class="card">
      <h2>{title} <span class="soft">{rows.length}</span></h2>
      <div class="scroll" tabIndex={0} role="group" aria-label={title}>
        <table class="pairs">
          <tbody>
            {rows.map(([key, value]) => (
              <tr key={key}><th scope="row">{key}</th><td>{value}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function sorted(pairs: { key: string; value: string | number }[] | undefined): [string, string][] {
  return (pairs ?? [])
    .map(({ key, value }): [string, string] =>
      [key, typeof value === 'number' ? number(value, 6) : value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function Run({ run }: { run: MlflowRun }) {
  const { info, data, outputs } = run;
  const own = sorted(data.tags).filter(([key]) => !key.startsWith('mlflow.'));
  const system = sorted(data.tags).filter(([key]) => key.startsWith('mlflow.'));
  const models = outputs?.model_outputs ?? [];
  const json = `/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(info.run_id)}`;
  return (
    <>
      <header class="page-head">
        <div class="title-line">
          <h1>{info.run_name || info.run_id}</h1>
          <Pill tone={STATUS[info.status] ?? 'note'}>{info.status.toLowerCase()}</Pill>
        </div>
        <p class="soft under-lead">
          <span>run {info.run_id}</span>
          <a href={link.experiment(info.experiment_id)}>experiment {info.experiment_id}</a>
          <a href={json}>as JSON</a>
        </p>
        <p class="soft">Charts and comparisons of runs come with a later version.</p>
      </header>
      <section class="card">
        <Facts items={[
          ['started', time(info.start_time)],
          ['ended', time(info.end_time)],
          ['by', info.user_id || '–'],
        ]} />
      </section>
      <div class="sheets">
        <Table title="Metrics" rows={sorted(data.metrics)} />
        <Table title="Parameters" rows={sorted(data.params)} />
        <Table title="Models" rows={models.map((m, i): [string, string] => [`model ${i + 1}`, m.model_id])} />
        <Table title="Tags" rows={own} />
        <Table title="MLflow's own tags" rows={system} />
      </div>
    </>
  );
}

export function RunPage({ id }: { id: string }) {
  const run = useMemo(() => resource(() => api.run(id)), [id]);
  useEffect(() => void run.refresh(), [run]);
  const value = run.value.value;
  useEffect(() => {
    document.title = `${value?.info.run_name ?? 'Run'} – Rondo`;
  }, [value]);
  if (run.error.value) {
    return <NotRead error={run.error.value} retry={() => void run.refresh()} />;
  }
  return value ? <Run run={value} /> : <><Skeleton height={120} /><Skeleton height={300} /></>;
}

export function ExperimentPage({ id }: { id: string }) {
  const found = useMemo(() => resource(async () => {
    const [experiment, runs] = await Promise.all([api.experiment(id), api.runs(id, SHOWN_RUNS)]);
    return { experiment, runs };
  }), [id]);
  useEffect(() => void found.refresh(), [found]);
  const value = found.value.value;
  useEffect(() => {
    document.title = `${value?.experiment.name ?? 'Experiment'} – Rondo`;
  }, [value]);
  if (found.error.value) {
    return <NotRead error={found.error.value} retry={() => void found.refresh()} />;
  }
  if (!value) return <><Skeleton height={120} /><Skeleton height={300} /></>;
  return (
    <>
      <header class="page-head">
        <h1>{value.experiment.name}</h1>
        <p class="soft">
          Experiment {id}. Charts and comparisons of runs come with a later version; these are its
          newest {SHOWN_RUNS} runs at most.
        </p>
      </header>
      <section class="card">
        {value.runs.length === 0 && <p class="soft">It has no runs yet.</p>}
        <div class="scroll" tabIndex={0} role="group" aria-label="Runs" hidden={value.runs.length === 0}>
          <table class="pairs">
            <thead><tr><th scope="col">Run</th><th scope="col">Status</th><th scope="col">Started</th></tr></thead>
            <tbody>
              {value.runs.map(({ info }) => (
                <tr key={info.run_id}>
                  <th scope="row"><a href={link.run(info.run_id)}>{info.run_name || info.run_id}</a></th>
                  <td><Pill tone={STATUS[info.status] ?? 'note'}>{info.status.toLowerCase()}</Pill></td>
                  <td>{time(info.start_time)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}
