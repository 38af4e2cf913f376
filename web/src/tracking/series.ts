// Points of metrics as lines: along which axis, smoothed how, and what cannot be drawn as a height.

import type { RunChart } from '../api/mlflow';
import { metricValue } from './words';

export const AXES = ['step', 'time', 'relative'] as const;
export type Axis = (typeof AXES)[number];

export interface Point {
  step: number;
  ms: number;
  value: number; // NaN and infinities as such
}

// Points of one run that are drawn as one line.
export interface Line {
  name: string;
  colour: string; // a colour of the style sheet
  points: readonly Point[];
}

export interface Mark {
  x: number;
  line: number;
  kind: 'NaN' | '∞' | '−∞' | '≤ 0';
}

export interface Drawn {
  xs: number[];
  raw: (number | null | undefined)[][]; // one row a line; undefined: that line has no point there
  smooth: (number | null | undefined)[][]; // empty without smoothing
  marks: Mark[];
}

const later = (a: Point, b: Point) => a.step - b.step || a.ms - b.ms;

export const pointsOf = ({ steps, timestamps, values }: RunChart): Point[] =>
  steps.map((step, i) => ({ step, ms: timestamps[i]!, value: metricValue(values[i]!) }));

// What was known, and what was read from a step on: that step and all after it are read anew.
export function appended(before: readonly Point[], from: number, more: readonly Point[]): Point[] {
  return [...before.filter((p) => p.step < from), ...more];
}

function xOf(point: Point, axis: Axis, begin: number): number {
  if (axis === 'step') return point.step;
  return axis === 'time' ? point.ms / 1000 : (point.ms - begin) / 1000;
}

// One point an x: the latest of those that share it.
function along(points: readonly Point[], axis: Axis): { x: number; value: number }[] {
  const begin = points.reduce((least, p) => Math.min(least, p.ms), Infinity);
  const at = new Map<number, Point>();
  for (const point of points) {
    const x = xOf(point, axis, begin);
    const there = at.get(x);
    if (!there || later(there, point) <= 0) at.set(x, point);
  }
  return [...at].map(([x, { value }]) => ({ x, value })).sort((a, b) => a.x - b.x);
}

// An exponential mean that forgets by distance along the axis, so that dense and sparse parts of a
// line are smoothed alike; without the bias of its beginning. Evenly spaced points get the usual one.
export function smoothed(
  line: readonly { x: number; value: number }[], by: number,
): (number | null)[] {
  const finite = line.filter((p) => Number.isFinite(p.value));
  const span = (finite.at(-1)?.x ?? 0) - (finite[0]?.x ?? 0);
  const spacing = finite.length > 1 && span > 0 ? span / (finite.length - 1) : 1;
  let mean = 0;
  let weight = 0;
  let last: number | undefined;
  return line.map(({ x, value }) => {
    if (!Number.isFinite(value)) return null;
    const keep = last === undefined ? 0 : by ** ((x - last) / spacing);
    mean = keep * mean + (1 - by) * value;
    weight = keep * weight + (1 - by);
    last = x;
    return mean / weight;
  });
}

function kindOf(value: number, log: boolean): Mark['kind'] | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  return log && value <= 0 ? '≤ 0' : undefined;
}

// Lines on one common row of xs, as uPlot wants them.
export function drawn(
  lines: readonly Line[], { axis, log, smooth }: { axis: Axis; log: boolean; smooth: number },
): Drawn {
  const each = lines.map((line) => along(line.points, axis));
  const xs = [...new Set(each.flatMap((line) => line.map((p) => p.x)))].sort((a, b) => a - b);
  const index = new Map(xs.map((x, i) => [x, i]));
  const marks: Mark[] = [];
  const row = () => new Array<number | null | undefined>(xs.length).fill(undefined);
  const raw = each.map((line, at) => {
    const out = row();
    for (const { x, value } of line) {
      const kind = kindOf(value, log);
      if (kind) marks.push({ x, line: at, kind });
      out[index.get(x)!] = kind ? null : value;
    }
    return out;
  });
  const smooths = smooth > 0 ? each.map((line) => {
    const out = row();
    smoothed(line, smooth).forEach((value, i) => {
      out[index.get(line[i]!.x)!] = value === null || (log && value <= 0) ? null : value;
    });
    return out;
  }) : [];
  return { xs, raw, smooth: smooths, marks };
}

// The points that no line reaches: with nothing, or a gap, on both sides.
export function lonely(row: readonly (number | null | undefined)[]): number[] {
  const found: number[] = [];
  let before: number | undefined; // the index of a point that may be alone
  let joined = false; // whether the place before was a point
  row.forEach((value, i) => {
    if (value === undefined) return;
    if (value !== null) {
      before = joined ? undefined : i;
      joined = true;
      return;
    }
    if (before !== undefined) found.push(before);
    before = undefined;
    joined = false;
  });
  if (before !== undefined) found.push(before);
  return found;
}

// What a line has at an index, or at the nearest one before; nothing before its beginning.
export function at<T>(row: readonly (T | null | undefined)[], index: number): T | null | undefined {
  for (let i = index; i >= 0; --i) {
    if (row[i] !== undefined) return row[i];
  }
  return undefined;
}

// "loss/train" belongs with "loss/test"; names without a slash stand first, what was measured on the
// machine last.
export function groupsOf(keys: readonly string[]): [group: string, keys: string[]][] {
  const groups = new Map<string, string[]>();
  for (const key of [...keys].sort()) {
    const slash = key.indexOf('/');
    const group = slash > 0 ? key.slice(0, slash) : '';
    groups.set(group, [...(groups.get(group) ?? []), key]);
  }
  const rank = (group: string) => (group === '' ? 0 : group === 'system' ? 2 : 1);
  return [...groups].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

// "1 h 2 m": places on an axis that counts from the beginning.
export function sinceBegin(s: number): string {
  const sign = s < 0 ? '−' : '';
  const size = Math.abs(s);
  if (size < 60) return `${sign}${Number(size.toPrecision(3))} s`;
  const whole = Math.round(size);
  const pair = (unit: number, less: number, first: string, second: string) => {
    const rest = Math.floor((whole % unit) / less);
    return `${sign}${Math.floor(whole / unit)} ${first}${rest ? ` ${rest} ${second}` : ''}`;
  };
  if (whole < 3600) return pair(60, 1, 'min', 's');
  return whole < 86400 ? pair(3600, 60, 'h', 'min') : pair(86400, 3600, 'd', 'h');
}
