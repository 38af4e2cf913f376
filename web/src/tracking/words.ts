// How runs are spoken of.

import type { Run } from '../api/mlflow';
import { number, toNumber, whole } from '../format/number';
import { exactMoment } from '../format/time';
import type { Tone } from '../loop/words';

const STATUS: Record<string, Tone> = {
  FINISHED: 'good', FAILED: 'bad', KILLED: 'bad', RUNNING: 'busy', SCHEDULED: 'note',
};

export const statusTone = (status: string): Tone => STATUS[status] ?? 'note';
export const goesOn = ({ info }: Run) => info.status === 'RUNNING' || info.status === 'SCHEDULED';
export const nameOf = ({ info }: Run) => info.run_name || info.run_id;

export const isoOf = (milliseconds: number) => new Date(milliseconds).toISOString();
export const timeText = (milliseconds: number | undefined) =>
  milliseconds ? exactMoment(isoOf(milliseconds)) : '–';

// Until its end; of a run that goes on until now.
export function lastingMs(run: Run, now: number): number | undefined {
  const { start_time: start, end_time: end } = run.info;
  if (!start) return undefined;
  if (end) return end - start;
  return goesOn(run) ? Math.max(now - start, 0) : undefined;
}

// "1.2 s", "3 min 5 s", "2 h 4 min", "3 d 1 h"
export function lasting(ms: number | undefined): string {
  if (ms === undefined) return '–';
  const exact = ms / 1000;
  if (exact < 9.95) return `${Math.round(exact * 10) / 10} s`;
  const s = Math.round(exact);
  const pair = (large: number, small: number, first: string, second: string) =>
    `${large} ${first}${small ? ` ${small} ${second}` : ''}`;
  if (s < 60) return `${s} s`;
  if (s < 3600) return pair(Math.floor(s / 60), s % 60, 'min', 's');
  if (s < 86400) return pair(Math.floor(s / 3600), Math.floor((s % 3600) / 60), 'h', 'min');
  return pair(Math.floor(s / 86400), Math.floor((s % 86400) / 3600), 'd', 'h');
}

// The server keeps infinities as the largest numbers there are.
export function metricValue(value: number | string): number {
  const x = toNumber(value);
  return Math.abs(x) === Number.MAX_VALUE ? Math.sign(x) * Infinity : x;
}

export const metricText = (value: number | string, digits = 6) => number(metricValue(value), digits);

// Steps along an axis: "20,000", "1.5M"
export function stepText(step: number): string {
  const short = [[1e9, 'G'], [1e6, 'M']] as const;
  const found = short.find(([size]) => Math.abs(step) >= size);
  return found ? `${Number((step / found[0]).toPrecision(8))}${found[1]}`.replace('-', '−')
    : whole(step);
}

// "1.5 KB": sizes of files for people.
export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let at = 0;
  let value = n;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${value < 10 && at > 0 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[at]}`;
}
