// The server's events as they happen. One connection for the page; whoever wants to know subscribes.
// The browser reconnects by itself and says which event it saw last, so that none is missed.

import { signal } from '@preact/signals';
import type { LiveEvent } from './types';

export type Connection = 'connecting' | 'live' | 'reconnecting';
export const connection = signal<Connection>('connecting');

// `undefined` after each (re)connect: look at everything again.
type Listener = (event: LiveEvent | undefined) => void;
const listeners = new Set<Listener>();

// A closed EventSource (the server refused once, while it started, say) is opened again.
const RETRY_MS = 2000;

function tell(event: LiveEvent | undefined): void {
  for (const listener of [...listeners]) listener(event);
}

let source: EventSource | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;

// `closed` is told when the server refuses the connection.
export function connect(closed: () => void): void {
  disconnect();
  const opened = new EventSource('/api/rondo/v1/events');
  source = opened;
  opened.onopen = () => {
    connection.value = 'live';
    tell(undefined);
  };
  opened.onmessage = (message: MessageEvent<string>) =>
    tell(JSON.parse(message.data) as LiveEvent);
  opened.onerror = () => {
    connection.value = 'reconnecting';
    if (opened.readyState !== EventSource.CLOSED) return;
    closed();
    retry = setTimeout(() => connect(closed), RETRY_MS);
  };
}

export function disconnect(): void {
  clearTimeout(retry);
  if (source) {
    source.onerror = null;
    source.close();
  }
  source = undefined;
  connection.value = 'connecting';
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
