// The columns of run tables: what they are called in the address and in MLflow's grammar, and what
// they show of a run.

import type { Run } from '../api/mlflow';
import { metricText } from './words';

export type Scope = 'attributes' | 'metrics' | 'params' | 'tags';
const SCOPES: readonly string[] = ['attributes', 'metrics', 'params', 'tags'];

export interface Column {
  scope: Scope;
  key: string;
}

export const attribute = (key: string): Column => ({ scope: 'attributes', key });

export interface Sort {
  column: Column;
  descending: boolean;
}

// "metrics.loss": a column in the address.
export const idOf = ({ scope, key }: Column) => `${scope}.${key}`;

export function columnOf(id: string): Column | undefined {
  const dot = id.indexOf('.');
  const scope = id.slice(0, dot);
  const key = id.slice(dot + 1);
  return dot > 0 && key !== '' && SCOPES.includes(scope)
    ? { scope: scope as Scope, key } : undefined;
}

// "-metrics.loss" sorts from the largest down.
export function sortOf(text: string | undefined): Sort | undefined {
  if (!text) return undefined;
  const descending = text.startsWith('-');
  const column = columnOf(descending ? text.slice(1) : text);
  return column && { column, descending };
}

export const sortText = ({ column, descending }: Sort) => (descending ? '-' : '') + idOf(column);

// A name in the grammar, whatever characters it has.
export const inGrammar = ({ scope, key }: Column) => `${scope}.\`${key.replaceAll('`', '``')}\``;

export function orderBy(sort: Sort | undefined): string[] {
  return sort ? [`${inGrammar(sort.column)} ${sort.descending ? 'DESC' : 'ASC'}`] : [];
}

const FALLING = /_time(stamp)?$|^version_number$/;

// What a click on the head of a column leads to: the order most people want, the other one, none.
export function nextSort(column: Column, now: Sort | undefined): Sort | undefined {
  const first = column.scope === 'metrics' || FALLING.test(column.key);
  if (now === undefined || idOf(now.column) !== idOf(column)) return { column, descending: first };
  return now.descending === first ? { column, descending: !first } : undefined;
}

type Values = Record<'metrics' | 'params' | 'tags', Map<string, string | number>>;
const values = new WeakMap<Run, Values>();

function valuesOf(run: Run): Values {
  let found = values.get(run);
  if (!found) {
    const map = (list: { key: string; value: string | number }[] | undefined) =>
      new Map((list ?? []).map(({ key, value }) => [key, value]));
    found = {
      metrics: map(run.data.metrics), params: map(run.data.params), tags: map(run.data.tags),
    };
    values.set(run, found);
  }
  return found;
}

// What a run has under a column that is no attribute; nothing when it has none.
export function valueOf(run: Run, { scope, key }: Column): string | number | undefined {
  return scope === 'attributes' ? undefined : valuesOf(run)[scope].get(key);
}

export function shown(value: string | number | undefined, scope: Scope): string {
  if (value === undefined) return '';
  return scope === 'metrics' ? metricText(value, 5) : String(value);
}

export interface Known {
  column: Column;
  runs: number; // that have it
  differs: boolean;
}

// Every column that runs have, those of most runs first.
export function columnsOf(runs: readonly Run[]): Known[] {
  const found = new Map<string, Known & { first: string | number }>();
  for (const run of runs) {
    for (const scope of ['metrics', 'params', 'tags'] as const) {
      for (const [key, value] of valuesOf(run)[scope]) {
        const id = `${scope}.${key}`;
        const known = found.get(id);
        if (!known) {
          found.set(id, { column: { scope, key }, runs: 1, differs: false, first: value });
        } else {
          known.runs += 1;
          known.differs ||= known.first !== value;
        }
      }
    }
  }
  return [...found.values()]
    .map(({ column, runs: count, differs }) => ({
      column, runs: count, differs: differs || count < runs.length,
    }))
    .sort((a, b) => b.runs - a.runs || (a.column.key < b.column.key ? -1 : 1));
}

const EACH = 4;
const OF_THE_MACHINE = 'system/'; // how MLflow's clients call what they measure beside the training

// What a table shows until somebody chooses: some metrics, and what the runs were told differently.
export function defaultColumns(runs: readonly Run[]): Column[] {
  const known = columnsOf(runs);
  const metrics = known.filter(({ column }) =>
    column.scope === 'metrics' && !column.key.startsWith(OF_THE_MACHINE));
  const params = known.filter(({ column }) => column.scope === 'params');
  const telling = params.filter((p) => p.differs);
  return [...metrics.slice(0, EACH), ...(telling.length ? telling : params).slice(0, EACH)]
    .map((k) => k.column);
}
