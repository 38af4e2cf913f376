// Dark or light: what the system says, unless somebody chose.

import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'rondo.theme';
const ORDER: Theme[] = ['system', 'light', 'dark'];

// A browser that keeps nothing for us throws; the system's choice is then the only one.
function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

function store(value: Theme): void {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // It holds for this visit.
  }
}

export const theme = signal<Theme>('system');
// Counts up whenever colours or fonts have changed: charts draw again.
export const paint = signal(0);

export function startTheme(): void {
  theme.value = stored();
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    paint.value = paint.peek() + 1;
  });
  const again = () => (paint.value = paint.peek() + 1);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  void document.fonts.ready.then(again);
}

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.peek()) + 1) % ORDER.length]!;
  store(theme.value);
}

// A colour of the style sheet as canvases take it. The probe resolves var() and light-dark().
const probe = document.createElement('i');

export function colour(name: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
