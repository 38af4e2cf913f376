// What the server says about registered models and their versions, and the calls that change them.

import { ApiError, request } from './client';
import type { ArtifactEntry, Found, Pair } from './mlflow';
import { get, post, query, quoted, send } from './rest';

export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export type Stage = (typeof STAGES)[number];

export interface Alias {
  alias: string;
  version: string;
}

// What a list and a page of a version show; empty texts and lists are left out by the server.
export interface ModelVersion {
  name: string;
  version: string;
  creation_timestamp: number; // ms since 1970
  last_updated_timestamp: number;
  current_stage: Stage;
  description?: string;
  source: string;
  run_id?: string;
  model_id?: string;
  status: string;
  tags?: Pair[];
  aliases?: string[];
}

export interface RegisteredModel {
  name: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  description?: string;
  latest_versions?: ModelVersion[]; // the highest of each stage
  tags?: Pair[];
  aliases?: Alias[];
}

interface Versions {
  model_versions?: ModelVersion[];
  next_page_token?: string;
}

const token = (of: string | undefined) => (of === undefined ? {} : { page_token: of });
const MODELS = 'registered-models';
const VERSIONS = 'model-versions';
// Where the server keeps the files of artifacts that it holds itself.
const FILES = '/ajax-api/2.0/mlflow-artifacts/artifacts';
const OWN = 'mlflow-artifacts:';
const levels = '/ajax-api/3.0/mlflow/users/permissions/get';

// The folder that the files of a version lie in, below the root of artifacts.
async function folderOf(name: string, version: string): Promise<string> {
  const { artifact_uri: uri } =
    await get<{ artifact_uri: string }>(`${VERSIONS}/get-download-uri`, { name, version });
  if (uri.startsWith(OWN)) return uri.slice(OWN.length).replace(/^\/+/, '');
  throw new ApiError(404, uri === ''
    ? 'what this version was made from is not on this server any more'
    : `the files lie at ${uri}, which is not on this server; ask that store for them`);
}

export const registry = {
  models: (filter: string, orderBy: readonly string[], limit: number, from?: string) =>
    get<{ registered_models?: RegisteredModel[]; next_page_token?: string }>(`${MODELS}/search`, {
      filter, order_by: orderBy, max_results: limit, ...token(from),
    }).then((a): Found<RegisteredModel> =>
      ({ items: a.registered_models ?? [], next: a.next_page_token })),
  model: (name: string) =>
    get<{ registered_model: RegisteredModel }>(`${MODELS}/get`, { name })
      .then((a) => a.registered_model),
  createModel: (name: string) => post(`${MODELS}/create`, { name }),
  renameModel: (name: string, new_name: string) => post(`${MODELS}/rename`, { name, new_name }),
  describeModel: (name: string, description: string) =>
    send('PATCH', `${MODELS}/update`, { name, description }),
  deleteModel: (name: string) => send('DELETE', `${MODELS}/delete`, { name }),
  setModelTag: (name: string, { key, value }: Pair) =>
    post(`${MODELS}/set-tag`, { name, key, value }),
  deleteModelTag: (name: string, key: string) =>
    send('DELETE', `${MODELS}/delete-tag`, { name, key }),
  setAlias: (name: string, alias: string, version: string) =>
    post(`${MODELS}/alias`, { name, alias, version }),
  deleteAlias: (name: string, alias: string) =>
    send('DELETE', `${MODELS}/alias`, { name, alias }),

  versions: (filter: string, orderBy: readonly string[], limit: number, from?: string) =>
    get<Versions>(`${VERSIONS}/search`, {
      filter, order_by: orderBy, max_results: limit, ...token(from),
    }).then((a): Found<ModelVersion> =>
      ({ items: a.model_versions ?? [], next: a.next_page_token })),
  versionsOfRun: (runId: string) =>
    get<Versions>(`${VERSIONS}/search`, { filter: `run_id = ${quoted(runId)}`, max_results: 100 })
      .then((a) => a.model_versions ?? []),
  version: (name: string, version: string) =>
    get<{ model_version: ModelVersion }>(`${VERSIONS}/get`, { name, version })
      .then((a) => a.model_version),
  describeVersion: (name: string, version: string, description: string) =>
    send('PATCH', `${VERSIONS}/update`, { name, version, description }),
  moveToStage: (name: string, version: string, stage: Stage, archiveOthers: boolean) =>
    post(`${VERSIONS}/transition-stage`, {
      name, version, stage, archive_existing_versions: archiveOthers,
    }),
  deleteVersion: (name: string, version: string) =>
    send('DELETE', `${VERSIONS}/delete`, { name, version }),
  setVersionTag: (name: string, version: string, { key, value }: Pair) =>
    post(`${VERSIONS}/set-tag`, { name, version, key, value }),
  deleteVersionTag: (name: string, version: string, key: string) =>
    send('DELETE', `${VERSIONS}/delete-tag`, { name, version, key }),

  // The server names entries from the folder that was asked about, a preview from the version's
  // root.
  versionFiles: async (name: string, version: string, folder: string): Promise<ArtifactEntry[]> => {
    const root = await folderOf(name, version);
    const path = folder === '' ? root : `${root}/${folder}`;
    const { files = [] } =
      await request<{ files?: ArtifactEntry[] }>(`${FILES}?${query({ path })}`);
    return files.map((entry) =>
      ({ ...entry, path: folder === '' ? entry.path : `${folder}/${entry.path}` }));
  },
  versionFileUrl: (name: string, version: string, path: string) =>
    `/model-versions/get-artifact?${query({ name, version, path })}`,

  // What an account may do with a model, by its role and by what it was granted.
  levelOf: (username: string, name: string) =>
    request<{ permission: string }>(
      `${levels}?${query({ username, resource_type: 'registered_model', resource_id: name })}`)
      .then((a) => a.permission),
};
