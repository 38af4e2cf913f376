// What the server says about experiments and runs, on the routes that MLflow keeps for pages.

import { NATIVE, request } from './client';
import { get, MLFLOW, post, query } from './rest';

// A chart is not wider than that many pixels, and a bucket has up to three points.
export const BUCKETS = 1000;
// Steps beyond are no whole numbers here: they are read without a range.
const MAX_STEP = Number.MAX_SAFE_INTEGER;

export type View = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

export interface Pair {
  key: string;
  value: string;
}

export interface Experiment {
  experiment_id: string;
  name: string;
  artifact_location: string;
  lifecycle_stage: 'active' | 'deleted';
  creation_time: number;
  last_update_time: number;
}

export interface MetricPoint {
  key: string;
  value: number | string; // "NaN" travels as text
  timestamp: number;
  step: number;
  run_id?: string;
}

export interface RunChart {
  run_id: string;
  total: number; // points there are; more than are told: drawn small
  steps: number[];
  timestamps: number[];
  values: (number | string)[];
}

export interface DatasetInput {
  tags?: Pair[];
  dataset: {
    name: string; digest: string; source_type?: string; source?: string; profile?: string;
  };
}

export interface Run {
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    user_id?: string;
    status: string;
    start_time?: number;
    end_time?: number;
    artifact_uri: string;
    lifecycle_stage: 'active' | 'deleted';
  };
  data: { params?: Pair[]; metrics?: MetricPoint[]; tags?: Pair[] };
  inputs?: { dataset_inputs?: DatasetInput[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step?: number }[] };
}

export interface LoggedModel {
  info: { model_id: string; name: string; status: string; model_type?: string };
}

export interface ArtifactEntry {
  path: string; // from the root that was asked about
  is_dir?: boolean;
  file_size?: number;
}

export interface RunSearch {
  experimentIds: string[];
  filter: string;
  orderBy: string[];
  view: View;
  limit: number;
  pageToken?: string | undefined;
}

export interface Found<T> {
  items: T[];
  next: string | undefined;
}

const modelFiles = (id: string) => `logged-models/${encodeURIComponent(id)}/artifacts`;

export const mlflow = {
  experiment: (id: string) =>
    get<{ experiment: Experiment }>('experiments/get', { experiment_id: id })
      .then((a) => a.experiment),
  experiments: (filter: string, orderBy: string[], view: View, limit: number, token?: string) =>
    post<{ experiments?: Experiment[]; next_page_token?: string }>('experiments/search', {
      filter, order_by: orderBy, view_type: view, max_results: limit,
      ...(token === undefined ? {} : { page_token: token }),
    }).then((a): Found<Experiment> => ({ items: a.experiments ?? [], next: a.next_page_token })),
  createExperiment: (name: string) =>
    post<{ experiment_id: string }>('experiments/create', { name }).then((a) => a.experiment_id),
  deleteExperiment: (id: string) => post('experiments/delete', { experiment_id: id }),
  restoreExperiment: (id: string) => post('experiments/restore', { experiment_id: id }),

  run: (id: string) => get<{ run: Run }>('runs/get', { run_id: id }).then((a) => a.run),
  runs: ({ experimentIds, filter, orderBy, view, limit, pageToken }: RunSearch) =>
    post<{ runs?: Run[]; next_page_token?: string }>('runs/search', {
      experiment_ids: experimentIds, filter, order_by: orderBy, run_view_type: view,
      max_results: limit, ...(pageToken === undefined ? {} : { page_token: pageToken }),
    }).then((a): Found<Run> => ({ items: a.runs ?? [], next: a.next_page_token })),
  deleteRun: (id: string) => post('runs/delete', { run_id: id }),
  restoreRun: (id: string) => post('runs/restore', { run_id: id }),

  // One metric of several runs, of a range of steps when one is given: few points as they are, many
  // drawn small with the least, the greatest and the last of each bucket.
  charts: (runIds: readonly string[], key: string, from?: number, to = MAX_STEP) =>
    request<{ runs: RunChart[] }>(`${NATIVE}/metrics/chart?${query({
      run_ids: runIds, metric_key: key, buckets: BUCKETS,
      ...(from === undefined || Math.abs(from) > MAX_STEP || Math.abs(to) > MAX_STEP
        ? {} : { start_step: from, end_step: to }),
    })}`).then((a) => a.runs),

  loggedModel: (id: string) =>
    request<{ model: LoggedModel }>(`${MLFLOW}/logged-models/${encodeURIComponent(id)}`)
      .then((a) => a.model),
  runFiles: (id: string, folder: string) =>
    get<{ files?: ArtifactEntry[] }>('artifacts/list', { run_id: id, path: folder })
      .then((a) => a.files ?? []),
  runFileUrl: (id: string, path: string) => `/get-artifact?${query({ run_id: id, path })}`,
  modelFiles: (id: string, folder: string) =>
    get<{ files?: ArtifactEntry[] }>(
      `${modelFiles(id)}/directories`, { artifact_directory_path: folder })
      .then((a) => a.files ?? []),
  modelFileUrl: (id: string, path: string) =>
    `${MLFLOW}/${modelFiles(id)}/files?${query({ artifact_file_path: path })}`,
  runJsonUrl: (id: string) => `${MLFLOW}/runs/get?${query({ run_id: id })}`,
};
