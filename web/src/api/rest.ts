// Calls on the routes that MLflow keeps for pages.

import { asJson, request } from './client';

export const MLFLOW = '/ajax-api/2.0/mlflow';

// A list repeats its name.
export function query(parts: Record<string, string | number | readonly string[]>): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(parts)) {
    for (const one of Array.isArray(value) ? value : [value]) out.append(key, String(one));
  }
  return out.toString();
}

export const get = <T>(path: string, parts: Parameters<typeof query>[0]) =>
  request<T>(`${MLFLOW}/${path}?${query(parts)}`);
export const send = <T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, message: unknown) =>
  request<T>(`${MLFLOW}/${path}`, asJson(method, message));
export const post = <T>(path: string, message: unknown) => send<T>('POST', path, message);

// A text in a filter. What a pattern takes for any character stays one: the grammar has no escape.
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
