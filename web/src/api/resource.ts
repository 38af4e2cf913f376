// A value that is read from the server again and again. What was read last stays visible while the
// next reading is under way or fails, so that nothing flickers.

import { batch, signal, type ReadonlySignal } from '@preact/signals';
import { ApiError } from './client';

export interface Resource<T> {
  readonly value: ReadonlySignal<T | undefined>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  // Reads again. Calls during a reading lead to one more reading after it.
  refresh(): Promise<void>;
}

export function resource<T>(read: (before: T | undefined) => Promise<T>): Resource<T> {
  const value = signal<T | undefined>(undefined);
  const error = signal<ApiError | undefined>(undefined);
  let running: Promise<void> | undefined;
  let again = false;

  async function run(): Promise<void> {
    do {
      again = false;
      try {
        const next = await read(value.peek());
        batch(() => {
          value.value = next;
          error.value = undefined;
        });
      } catch (problem) {
        error.value = problem instanceof ApiError ? problem : new ApiError(0, String(problem));
      }
    } while (again);
  }

  return {
    value,
    error,
    refresh() {
      if (running) again = true;
      else running = run().finally(() => (running = undefined));
      return running;
    },
  };
}
