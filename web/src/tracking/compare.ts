// Runs side by side: one row for each thing that any of them has.

import type { Run } from '../api/mlflow';
import { valueOf, type Column } from './columns';

// More columns than this nobody compares by eye, and more lines nobody tells apart.
export const MAX_COMPARED = 25;
export const MAX_LINES = 10;

export interface CompareRow {
  key: string;
  values: (string | number | undefined)[]; // one a run
  differs: boolean;
}

// The rows of one scope by name; MLflow's own tags only tell about the machine, and are left out.
export function rowsOf(runs: readonly Run[], scope: 'metrics' | 'params' | 'tags'): CompareRow[] {
  const keys = new Set(runs.flatMap((run) => (run.data[scope] ?? []).map((p) => p.key)));
  return [...keys]
    .filter((key) => scope !== 'tags' || !key.startsWith('mlflow.'))
    .sort()
    .map((key) => {
      const column: Column = { scope, key };
      const values = runs.map((run) => valueOf(run, column));
      return { key, values, differs: values.some((value) => !Object.is(value, values[0])) };
    });
}

// The colour of a line in charts; more lines than colours begin anew.
export const lineColour = (index: number) => `line-${index % MAX_LINES}`;
