// The audit trail for people: what was asked and how it ended in one place, and details in words.

import type { AuditRow } from '../api/accounts';

// One deed. Some are written in two rows: what was asked before its effect, and how it ended.
export interface Deed extends AuditRow {
  ended?: AuditRow;
}

// Newest first, as the rows are. An ending whose beginning is not among the rows stays for itself.
export function deedsOf(rows: readonly AuditRow[]): Deed[] {
  const endings = new Map<number, AuditRow>();
  const known = new Set(rows.map((row) => row.id));
  for (const row of rows) if (row.of !== undefined) endings.set(row.of, row);
  return rows
    .filter((row) => row.of === undefined || !known.has(row.of))
    .map((row) => {
      const ended = endings.get(row.id);
      return ended ? { ...row, outcome: ended.outcome, ended } : row;
    });
}

export const FILTERS = ['actor', 'action', 'outcome'] as const;
export type Filter = (typeof FILTERS)[number];
export type Wanted = Partial<Record<Filter, string | undefined>>;

export function matching(deeds: readonly Deed[], wanted: Wanted): Deed[] {
  return deeds.filter((deed) =>
    FILTERS.every((by) => wanted[by] === undefined || deed[by] === wanted[by]));
}

// What there is to choose from; what is chosen stays, even where nothing matches it.
export function choicesOf(deeds: readonly Deed[], by: Filter, chosen: string | undefined): string[] {
  const found = new Set(deeds.map((deed) => deed[by]).filter(Boolean));
  if (chosen !== undefined) found.add(chosen);
  return [...found].sort();
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function word(value: unknown): string {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

// "role: viewer → editor" of a change, "name: ci, scope: write" of what was made; text as it is.
export function detailWords(detail: string): string {
  let value: unknown;
  try {
    value = JSON.parse(detail);
  } catch {
    return detail;
  }
  if (!isObject(value)) return detail;
  const { before, after } = value;
  if (isObject(before) && isObject(after)) {
    return Object.keys(after)
      .map((key) => `${key}: ${word(before[key])} → ${word(after[key])}`).join(', ');
  }
  return Object.entries(value).map(([key, item]) => `${key}: ${word(item)}`).join(', ');
}

// "create_user", "model.delete" as words.
export const actionWords = (action: string) => action.replaceAll('_', ' ').replaceAll('.', ': ');
