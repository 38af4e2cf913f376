// Hash routes, so that one static file serves every address. All view state is in the address:
// what somebody sends to a colleague shows the same.

import { computed, signal } from '@preact/signals';

export type Route =
  | { page: 'start' }
  | { page: 'endpoint'; name: string }
  | { page: 'experiment'; id: string }
  | { page: 'run'; id: string }
  | { page: 'password' }
  | { page: 'tokens' }
  | { page: 'users' }
  | { page: 'audit' }
  | { page: 'unknown'; path: string };

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
  // The links that MLflow's clients print.
  if (first === 'experiments' && second !== undefined) {
    if (third === 'runs' && fourth !== undefined) return { page: 'run', id: fourth };
    return { page: 'experiment', id: second };
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

export const link = {
  start: '#/',
  endpoint: (name: string) => `#/endpoints/${encodeURIComponent(name)}`,
  experiment: (id: string) => `#/experiments/${encodeURIComponent(id)}`,
  run: (id: string) => `#/runs/${encodeURIComponent(id)}`,
  password: '#/account/password',
  tokens: '#/account/tokens',
  users: '#/admin/users',
  user: (name: string) => `#/admin/users?user=${encodeURIComponent(name)}`,
  audit: '#/admin/audit',
};

const hash = signal(typeof location === 'undefined' ? '' : location.hash);
export const address = computed(() => parse(hash.value));

export function startRouter(): void {
  addEventListener('hashchange', () => (hash.value = location.hash));
}

// Changes parameters of the address in place; undefined removes one. No step in the history: the
// back button leads to the page before, not through every click on this one.
export function setParams(changes: Record<string, string | undefined>): void {
  const [path, query] = location.hash.replace(/^#/, '').split('?', 2);
  const params = new URLSearchParams(query ?? '');
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) params.delete(key);
    else params.set(key, value);
  }
  const text = params.toString();
  history.replaceState(null, '', `#${path || '/'}${text ? `?${text}` : ''}`);
  hash.value = location.hash;
}

export const param = (key: string) => address.value.params.get(key) ?? undefined;

// A parameter that holds a list of numbers: "33.35".
export function numbersIn(key: string): Set<number> {
  return new Set((param(key) ?? '').split('.').filter(Boolean).map(Number));
}

export function toggleNumber(key: string, n: number): void {
  const numbers = numbersIn(key);
  if (!numbers.delete(n)) numbers.add(n);
  setParams({ [key]: numbers.size ? [...numbers].join('.') : undefined });
}
