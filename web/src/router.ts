// Hash routes, so that one static file serves every address. All view state is in the address:
// what somebody sends to a colleague shows the same.

import { computed, signal } from '@preact/signals';

export type Route =
  | { page: 'start' }
  | { page: 'endpoint'; name: string }
  | { page: 'experiments' }
  | { page: 'experiment'; id: string }
  | { page: 'run'; id: string }
  | { page: 'compare' }
  | { page: 'models' }
  | { page: 'model'; name: string }
  | { page: 'version'; name: string; version: string }
  | { page: 'password' }
  | { page: 'tokens' }
  | { page: 'users' }
  | { page: 'audit' }
  | { page: 'unknown'; path: string };

// The page has three sides: endpoints with their loops, experiments with their runs, and registered
// models with their versions. Accounts are on none of them.
export type Side = 'serving' | 'tracking' | 'registry';
const SIDES: Partial<Record<Route['page'], Side>> = {
  start: 'serving', endpoint: 'serving',
  experiments: 'tracking', experiment: 'tracking', run: 'tracking', compare: 'tracking',
  models: 'registry', model: 'registry', version: 'registry',
};
export const sideOf = (route: Route): Side | undefined => SIDES[route.page];

export interface Address {
  route: Route;
  params: URLSearchParams;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function routeOf(path: string): Route {
  const [first, second, third, fourth] = path.split('/').filter(Boolean).map(decode);
  if (first === undefined) return { page: 'start' };
  if (first === 'endpoints') {
    return second === undefined ? { page: 'start' } : { page: 'endpoint', name: second };
  }
  if (first === 'runs' && second !== undefined) return { page: 'run', id: second };
  if (first === 'experiments') {
    return second === undefined ? { page: 'experiments' } : { page: 'experiment', id: second };
  }
  if (first === 'compare') return { page: 'compare' };
  if (first === 'models') {
    if (second === undefined) return { page: 'models' };
    return third === 'versions' && fourth !== undefined
      ? { page: 'version', name: second, version: fourth } : { page: 'model', name: second };
  }
  if (first === 'account' && (second === 'password' || second === 'tokens')) return { page: second };
  if (first === 'admin' && (second === 'users' || second === 'audit')) return { page: second };
  return { page: 'unknown', path };
}

export function parse(hash: string): Address {
  const text = hash.replace(/^#/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  return {
    route: routeOf(path),
    params: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)),
  };
}

// The runs that a link of MLflow's page names as a JSON list: runs=["a","b"].
function listedRuns(text: string | null): string[] {
  try {
    const list: unknown = JSON.parse(text ?? '');
    return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

// The versions of a model that a link of MLflow's page names by their runs: runs={"ID":"3"}.
function listedVersions(query: URLSearchParams): string {
  try {
    const name: unknown = JSON.parse(query.get('name') ?? '');
    const runs: unknown = JSON.parse(query.get('runs') ?? '');
    if (typeof name === 'string' && typeof runs === 'object' && runs !== null) {
      return link.compareVersions(name, Object.entries(runs)
        .map(([run, version]) => ({ run, versions: [String(version)] })));
    }
  } catch {
    // no link of MLflow's
  }
  return link.compare([]);
}

// Our address for a link that MLflow's clients print or its page had; nothing for one of ours. A run
// is found by its id alone, so ours names no experiment.
export function ours(hash: string): string | undefined {
  const [path, query] = hash.replace(/^#/, '').split('?', 2);
  const [first, second, third, fourth, fifth] = path!.split('/').filter(Boolean).map(decode);
  if (first === 'experiments' && third === 'runs' && fourth !== undefined) return link.run(fourth);
  if (first === 'experiments' && second !== undefined && third !== undefined) {
    return link.experiment(second);
  }
  if (first === 'compare-runs') {
    return link.compare(listedRuns(new URLSearchParams(query ?? '').get('runs')));
  }
  if (first === 'compare-model-versions') return listedVersions(new URLSearchParams(query ?? ''));
  if (first === 'models' && second !== undefined && third !== undefined) {
    if (third !== 'versions' || fourth === undefined) return link.model(second);
    return fifth === undefined ? undefined : link.version(second, fourth);
  }
  return undefined;
}

export const link = {
  start: '#/',
  experiments: '#/experiments',
  endpoint: (name: string) => `#/endpoints/${encodeURIComponent(name)}`,
  experiment: (id: string) => `#/experiments/${encodeURIComponent(id)}`,
  run: (id: string) => `#/runs/${encodeURIComponent(id)}`,
  compare: (runs: readonly string[]) => `#/compare?runs=${runs.map(encodeURIComponent).join(',')}`,
  // The runs of versions, whose columns say which versions they are.
  compareVersions: (name: string, of: readonly { run: string; versions: readonly string[] }[]) =>
    `${link.compare(of.map(({ run }) => run))}&model=${encodeURIComponent(name)}${
      of.map(({ versions }) => `&of=${versions.map(encodeURIComponent).join(',')}`).join('')}`,
  models: '#/models',
  model: (name: string) => `#/models/${encodeURIComponent(name)}`,
  version: (name: string, version: string) =>
    `#/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`,
  password: '#/account/password',
  tokens: '#/account/tokens',
  users: '#/admin/users',
  user: (name: string) => `#/admin/users?user=${encodeURIComponent(name)}`,
  audit: '#/admin/audit',
};

const hash = signal(typeof location === 'undefined' ? '' : location.hash);
export const address = computed(() => parse(hash.value));

function arrive(): void {
  const better = ours(location.hash);
  if (better !== undefined) history.replaceState(null, '', better);
  hash.value = location.hash;
}

export function startRouter(): void {
  addEventListener('hashchange', arrive);
  arrive();
}

// Changes parameters of the address in place; undefined removes one, a list repeats it. No step in
// the history: the back button leads to the page before, not through every click on this one.
export function setParams(changes: Record<string, string | readonly string[] | undefined>): void {
  const [path, query] = location.hash.replace(/^#/, '').split('?', 2);
  const params = new URLSearchParams(query ?? '');
  for (const [key, value] of Object.entries(changes)) {
    params.delete(key);
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) params.append(key, one);
  }
  const text = params.toString();
  history.replaceState(null, '', `#${path || '/'}${text ? `?${text}` : ''}`);
  hash.value = location.hash;
}

export const param = (key: string) => address.value.params.get(key) ?? undefined;

// All values of a parameter that is repeated.
export const params = (key: string): string[] => address.value.params.getAll(key);

// A parameter that holds a list of numbers: "33.35".
export function numbersIn(key: string): Set<number> {
  return new Set((param(key) ?? '').split('.').filter(Boolean).map(Number));
}

export function toggleNumber(key: string, n: number): void {
  const numbers = numbersIn(key);
  if (!numbers.delete(n)) numbers.add(n);
  setParams({ [key]: numbers.size ? [...numbers].join('.') : undefined });
}
