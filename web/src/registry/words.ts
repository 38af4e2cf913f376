// How registered models are spoken of, searched and loaded.

import type { Pair } from '../api/mlflow';
import type { Alias, ModelVersion, RegisteredModel, Stage } from '../api/registry';
import { quoted } from '../api/rest';
import type { Tone } from '../loop/words';

export const MAX_MODEL_NAME = 256; // as the server has it

const STAGE_TONES: Record<Stage, Tone> = {
  None: 'note', Staging: 'busy', Production: 'good', Archived: 'note',
};
export const stageTone = (stage: Stage): Tone => STAGE_TONES[stage] ?? 'note';

// The highest version there is; nothing while a model has none.
export function latestOf({ latest_versions: versions = [] }: RegisteredModel): string | undefined {
  return versions.map((v) => v.version)
    .reduce<string | undefined>(
      (most, v) => (most && Number(most) > Number(v) ? most : v), undefined);
}

// "team: blue, tier: gold"
export const tagsText = (tags: readonly Pair[] | undefined) =>
  (tags ?? []).map(({ key, value }) => `${key}: ${value}`).join(', ');

// What looks like a filter in MLflow's grammar, and not like a piece of a name.
const GRAMMAR = /[=<>]|\s(i?like)\s*['"]|\sin\s*\(|^(tags?|attributes?)\./i;

// A piece of a name is looked for in all names; a filter goes to the server as it is.
export function modelFilter(text: string): string {
  if (text === '' || GRAMMAR.test(text)) return text;
  return `name ILIKE ${quoted(`%${text}%`)}`;
}

// Versions of one model: a number, or a filter. The text stands first, so that the positions that
// the server's errors name are those of the text.
export function versionFilter(name: string, text: string): string {
  const own = `name = ${quoted(name)}`;
  if (text === '') return own;
  const number = /^[vV]?(\d{1,18})$/.exec(text)?.[1];
  return `${number === undefined ? text : `version_number = ${number}`} AND ${own}`;
}

export const versionUri = (name: string, version: string) => `models:/${name}/${version}`;
export const aliasUri = (name: string, alias: string) => `models:/${name}@${alias}`;
// The model of either.
export const modelOf = (uri: string) => /^models:\/([^/@]+)[/@]/.exec(uri)?.[1];

const python = (text: string) => JSON.stringify(text); // as Python takes it between quotes

export const loadSnippet = (url: string, uri: string) => `# pip install mlflow
import mlflow

mlflow.set_tracking_uri(${python(url)})
model = mlflow.pyfunc.load_model(${python(uri)})`;

export const registerSnippet = (url: string, name: string) => `# pip install mlflow
import mlflow
from mlflow.pyfunc.utils import pyfunc

mlflow.set_tracking_uri(${python(url)})

@pyfunc
def double(model_input: list[float]) -> list[float]:
    return [2 * x for x in model_input]

mlflow.pyfunc.log_model(name="model", python_model=double, pip_requirements=[],
                        registered_model_name=${python(name)})`;

// Where an alias that is to be given points now, unless that is where it is to point.
export function movedFrom(aliases: readonly Alias[], alias: string, to: string): string | undefined {
  const now = aliases.find((a) => a.alias === alias)?.version;
  return now === to ? undefined : now;
}

// The runs that versions came of, in their order and each once, with the versions beside them.
export function runsOf(versions: readonly ModelVersion[]): { run: string; versions: string[] }[] {
  const found = new Map<string, string[]>();
  for (const { run_id: run, version } of versions) {
    if (run) found.set(run, [...(found.get(run) ?? []), version]);
  }
  return [...found].map(([run, numbers]) => ({ run, versions: numbers }));
}
