// Reads JSON from the server that served the page. Every failure becomes an ApiError whose message
// is fit to be shown.

import type {
  EndpointStatus, Entry, MonitorWindow, Policy, Rollout, RolloutDetail, Why,
} from './types';

// As many entries and windows as the server gives at once.
const LIST_LIMIT = 10_000;

export class ApiError extends Error {
  readonly status: number; // 0: no answer at all

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function messageOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, message } = body as { error?: unknown; message?: unknown };
  if (typeof message === 'string') return message;
  if (typeof error === 'string') return error;
  return error === undefined ? undefined : messageOf(error);
}

// Told of answers 401 and 403: a session may have ended, or a role changed.
let refused = () => {};
export function whenRefused(act: () => void): void {
  refused = act;
}

async function answerTo(path: string, init?: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { cache: 'no-store', ...init });
  } catch {
    throw new ApiError(0, 'the server does not answer');
  }
  if (!answer.ok) {
    const body: unknown = await answer.json().catch(() => undefined);
    throw new ApiError(answer.status, messageOf(body) ?? `the server says ${answer.status}`);
  }
  return answer;
}

// Without telling of refusals, for who asks because of one.
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await answerTo(path, init);
  const body: unknown = await answer.json().catch(() => undefined);
  if (body === undefined) throw new ApiError(answer.status, 'the answer is no JSON');
  return body as T;
}

async function telling<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (problem) {
    if (problem instanceof ApiError && [401, 403].includes(problem.status)) refused();
    throw problem;
  }
}

export const request = <T>(path: string, init?: RequestInit): Promise<T> =>
  telling(ask<T>(path, init));

// The beginning of a file, which is not empty.
export const firstBytes = (path: string, count: number): Promise<Uint8Array> =>
  telling(answerTo(path, { headers: { range: `bytes=0-${count - 1}` } })
    .then((answer) => answer.arrayBuffer()).then((bytes) => new Uint8Array(bytes)));

export function asJson(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export const NATIVE = '/api/rondo/v1';
const endpoint = (name: string) => `${NATIVE}/endpoints/${encodeURIComponent(name)}`;

export const api = {
  endpoints: () =>
    request<{ endpoints: EndpointStatus[] }>(`${NATIVE}/endpoints`).then((a) => a.endpoints),
  endpoint: (name: string) => request<EndpointStatus>(endpoint(name)),
  policy: (name: string) => request<Policy>(`${endpoint(name)}/policy`),
  timeline: (name: string, after: number) =>
    request<{ entries: Entry[] }>(
      `${endpoint(name)}/timeline?after=${after}&limit=${LIST_LIMIT}`).then((a) => a.entries),
  windows: (name: string, after: string) =>
    request<{ windows: MonitorWindow[] }>(
      `${endpoint(name)}/windows?after=${encodeURIComponent(after)}&limit=${LIST_LIMIT}`)
      .then((a) => a.windows),
  rollouts: (name: string) =>
    request<{ rollouts: Rollout[] }>(`${endpoint(name)}/rollouts`).then((a) => a.rollouts),
  rollout: (id: number) => request<RolloutDetail>(`${NATIVE}/rollouts/${id}`),
  why: (decision: number) => request<Why>(`${NATIVE}/decisions/${decision}/why`),
};
