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

export function connect(): void {
  const source = new EventSource('/api/rondo/v1/events');
  source.onopen = () => {
    connection.value = 'live';
    tell(undefined);
  };
  source.onmessage = (message: MessageEvent<string>) => tell(JSON.parse(message.data) as LiveEvent);
  source.onerror = () => {
    connection.value = 'reconnecting';
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  };
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
