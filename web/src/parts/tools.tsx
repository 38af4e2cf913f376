// What lists are searched and switched with.

import type { ComponentChildren } from 'preact';
import type { View } from '../api/mlflow';
import { param, setParams } from '../router';

// The key "/" leads to the first search field of a page.
export function focusSearch(): void {
  document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus();
}

export function Segments<T extends string>({ label, value, options, choose }: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, text: ComponentChildren])[];
  choose: (value: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([of, text]) => (
        <button key={of} type="button" aria-pressed={of === value} onClick={() => choose(of)}>
          {text}
        </button>
      ))}
    </div>
  );
}

const VIEWS = [['ACTIVE_ONLY', 'Active'], ['DELETED_ONLY', 'Deleted']] as const;

// "view=deleted" in the address.
export const viewShown = (): View => (param('view') === 'deleted' ? 'DELETED_ONLY' : 'ACTIVE_ONLY');

export function ViewChoice({ label }: { label: string }) {
  return (
    <Segments label={label} value={viewShown()} options={VIEWS as readonly (readonly [View, string])[]}
      choose={(view) => setParams({
        view: view === 'DELETED_ONLY' ? 'deleted' : undefined, selected: undefined,
      })} />
  );
}

// The head of a column that the server sorts by.
export function SortHead({ text, title, sorted, onClick }: {
  text: string;
  title?: string;
  sorted: 'ascending' | 'descending' | undefined;
  onClick: () => void;
}) {
  return (
    <button type="button" class="sort-head" title={title ?? text} onClick={onClick}>
      <span class="sort-text">{text}</span>
      {sorted && <span aria-hidden="true">{sorted === 'ascending' ? '↑' : '↓'}</span>}
    </button>
  );
}
