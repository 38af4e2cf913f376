// Who looks at the page. Asked when it opens, again whenever the server refuses something, and when
// somebody comes back to it: a session ends, an account is locked, a role changes elsewhere.

import { signal, type ReadonlySignal } from '@preact/signals';
import type { Me } from './accounts';
import { ask, ApiError, asJson, NATIVE, whenRefused } from './client';

export type Session =
  | { state: 'asking' }
  | { state: 'unreachable'; error: ApiError }
  | { state: 'open'; me: Me } // a server without accounts
  | { state: 'out'; ended: boolean } // nobody has signed in; `ended`: somebody had
  | { state: 'in'; me: Me & { name: string } };

const current = signal<Session>({ state: 'asking' });
export const session: ReadonlySignal<Session> = current;

function same(a: Session, b: Session): boolean {
  return a.state === b.state && a.state !== 'unreachable' &&
    JSON.stringify(a) === JSON.stringify(b);
}

// What an answer about who asks says, given what was known before.
export function sessionAfter(before: Session, answer: Me | ApiError): Session {
  const lost = before.state === 'in' || (before.state === 'out' && before.ended);
  let next: Session;
  if (answer instanceof ApiError) {
    if (answer.status === 401) next = { state: 'out', ended: lost };
    // A server that is away for a moment changes nobody's rights.
    else if (before.state === 'asking' || before.state === 'unreachable') {
      next = { state: 'unreachable', error: answer };
    } else next = before;
  } else if (!answer.accounts) next = { state: 'open', me: answer };
  else if (answer.name === undefined) next = { state: 'out', ended: lost };
  else next = { state: 'in', me: { ...answer, name: answer.name } };
  return same(before, next) ? before : next;
}

let running: Promise<void> | undefined;

export function askWhoIAm(): Promise<void> {
  running ??= ask<Me>(`${NATIVE}/me`)
    .catch((problem: unknown) =>
      problem instanceof ApiError ? problem : new ApiError(0, String(problem)))
    .then((answer) => {
      current.value = sessionAfter(current.peek(), answer);
    })
    .finally(() => (running = undefined));
  return running;
}

export async function signIn(name: string, password: string): Promise<void> {
  const me = await ask<Me>(`${NATIVE}/sign-in`, asJson('POST', { name, password }));
  current.value = sessionAfter(current.peek(), me);
}

export async function signOut(): Promise<void> {
  try {
    await ask(`${NATIVE}/sign-out`, asJson('POST', {}));
  } catch (problem) {
    // A session that has ended already is what was wanted.
    if (!(problem instanceof ApiError && problem.status === 401)) throw problem;
  }
  current.value = { state: 'out', ended: false };
}

export function startSession(): void {
  whenRefused(() => void askWhoIAm());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void askWhoIAm();
  });
  void askWhoIAm();
}
