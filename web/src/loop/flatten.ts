// Evidence as a list of named values, so that two readings of it can be held against each other.

export type Leaf = [path: string, value: string];

// In lists of objects the name of the thing says more than its position.
function nameOf(item: unknown, index: number): string {
  if (typeof item === 'object' && item !== null) {
    for (const key of ['feature', 'name'] as const) {
      const name = (item as Record<string, unknown>)[key];
      if (typeof name === 'string') return name;
    }
  }
  return String(index);
}

export function flatten(value: unknown, path = ''): Leaf[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => flatten(item, `${path}[${nameOf(item, i)}]`));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .flatMap(([key, item]) => flatten(item, path ? `${path}.${key}` : key));
  }
  // The shortest text that reads back as the same double: equal text, equal bits.
  return [[path, typeof value === 'string' ? value : JSON.stringify(value) ?? '']];
}

export interface Compared {
  path: string;
  recorded: string | undefined;
  again: string | undefined;
  same: boolean;
}

// Differences first, then in the order of the record.
export function compare(recorded: unknown, again: unknown): Compared[] {
  const second = new Map(flatten(again));
  const rows: Compared[] = flatten(recorded).map(([path, value]) => ({
    path, recorded: value, again: second.get(path), same: second.get(path) === value,
  }));
  const known = new Set(rows.map((row) => row.path));
  for (const [path, value] of second) {
    if (!known.has(path)) rows.push({ path, recorded: undefined, again: value, same: false });
  }
  return [...rows.filter((row) => !row.same), ...rows.filter((row) => row.same)];
}
