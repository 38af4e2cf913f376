// Asking again and again while somebody looks.

import { ApiError } from './client';

export const POLL_MS = 2000;

// Calls now and then while the page is visible; returns how to stop. What takes long is asked for
// less often: the next call waits ten times as long as the last one took, so that no page is what
// keeps its server busy. What the server refuses is asked for again like everything else.
export function poll(look: () => unknown, every = POLL_MS): () => void {
  const PATIENCE = 10;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const next = (wait: number) => {
    timer = setTimeout(async () => {
      const begun = performance.now();
      try {
        if (document.visibilityState === 'visible') await look();
      } catch (problem) {
        if (!(problem instanceof ApiError)) throw problem;
      } finally {
        if (!stopped) next(Math.max(every, PATIENCE * (performance.now() - begun)));
      }
    }, wait);
  };
  next(every);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
