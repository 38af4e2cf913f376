// What lists are searched and switched with.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { View } from '../api/mlflow';
import type { PagedList } from '../api/paged';
import { plural, whole } from '../format/number';
import { param, setParams } from '../router';
import { idOf, nextSort, sortText, type Column, type Sort } from '../tracking/columns';
import type { GridColumn } from './grid';

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

// A column of a table that the server sorts as the address says.
export function sortable(column: Column, text: string, sort: Sort | undefined):
  Pick<GridColumn, 'id' | 'head' | 'sorted'> {
  const sorted = sort === undefined || idOf(sort.column) !== idOf(column) ? undefined
    : sort.descending ? 'descending' : 'ascending';
  return {
    id: idOf(column), sorted,
    head: <SortHead text={text} title={idOf(column)} sorted={sorted} onClick={() => {
      const next = nextSort(column, sort);
      setParams({ sort: next && sortText(next) });
    }} />,
  };
}

// A filter in MLflow's grammar, which the server reads. `error`: what it says of this one.
export function Filter({ label, placeholder, error }: {
  label: string; placeholder: string; error: ApiError | undefined;
}) {
  const now = param('filter') ?? '';
  const [text, setText] = useState(now);
  useEffect(() => setText(now), [now]);
  return (
    <form class="filter" role="search" onSubmit={(event) => {
      event.preventDefault();
      setParams({ filter: text.trim() || undefined, selected: undefined });
    }}>
      <input type="search" class="search" value={text} aria-label={label} spellcheck={false}
        autocomplete="off" autocapitalize="none" maxLength={100_000}
        aria-invalid={error !== undefined} aria-describedby={error && 'filter-error'}
        placeholder={placeholder}
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (event.currentTarget.value === '') setParams({ filter: undefined });
        }} />
      <button type="submit" class="quiet-button">Filter</button>
      {error && <p class="refusal" id="filter-error" role="alert">{error.message}</p>}
    </form>
  );
}

// Above a list that the server searches: its filter, how many there are of `one`, and a way to what
// is new. `children` stand before the count.
export function ListTools<Query extends object, Item>({ list, one, placeholder, children }: {
  list: PagedList<Query, Item>; one: string; placeholder: string; children?: ComponentChildren;
}) {
  const read = list.read.value;
  const error = list.error.value;
  const count = read?.rows.length ?? 0;
  return (
    <>
      <Filter label={`Filter ${one}s`} placeholder={placeholder}
        error={error?.status === 400 ? error : undefined} />
      <div class="tools">
        {children}
        <span class="soft" role="status">
          {read && (read.next === undefined ? plural(count, one)
            : `${whole(count)} ${one}s, and more below`)}
        </span>
        {list.outdated.value && (
          <button type="button" class="link-button" onClick={() => void list.again()}>
            show what is new
          </button>
        )}
      </div>
    </>
  );
}
