// What each piece of evidence says, in plain words. The probabilities are Ville's inequality: an
// e-value whose null hypothesis is true ever reaches 1/alpha with probability at most alpha.

import type { Rollout, Stage } from '../api/types';
import { duration, NBSP, number, percent, plural, whole } from '../format/number';

export function whatBetterMeans(rollout: Rollout, stage: Stage): string {
  const { champion, candidate, spec } = rollout;
  const null_ = spec.paired
    ? `A bet, day by day, against “version ${candidate} is on average no better than version ` +
      `${champion}”.`
    : `A bet, unit by unit, against “units of version ${candidate} fail at least as often as ` +
      `those of version ${champion}”.`;
  return `${null_} It grows only while that looks wrong. An equally good candidate is ever ` +
    `promoted with probability at most ${percent(1 / stage.promote.evidence)}, however often one ` +
    `looks.`;
}

// Which safety processes take entries: pairs by rows, and units that were assigned at random.
export function safetyProcesses(rollout: Rollout, stage: Stage): ('rows' | 'units')[] {
  return [
    ...(rollout.spec.paired ? ['rows' as const] : []),
    ...(stage.mode === 'canary' ? ['units' as const] : []),
  ];
}

export function whatWorseMeans(rollout: Rollout, stage: Stage): string {
  const { champion, candidate, spec } = rollout;
  const processes = safetyProcesses(rollout, stage);
  const count = processes.length;
  const { alpha } = spec.safety;
  const risk = count > 1
    ? `${percent(count * alpha)} (${count}${NBSP}×${NBSP}${percent(alpha)})`
    : percent(alpha);
  const bets = count > 1
    ? 'Two bets, by rows and by units,'
    : `A bet, ${processes[0] === 'rows' ? 'row by row' : 'unit by unit'},`;
  return `${bets} against “version ${candidate} is at no time worse than version ${champion}”. ` +
    `Reaching ${number(1 / alpha)} rolls it back at once. An equally good candidate is ever rolled ` +
    `back with probability at most ${risk}.`;
}

export function whatGainMeans(rollout: Rollout): string {
  return `What a day gains on average; no day counts more than ±${number(rollout.spec.clip)}. ` +
    'Each edge of the band is ever wrong with probability at most 5 %, however often one looks.';
}

export function whatWatchMeans(rollout: Rollout): string {
  const { champion, candidate, spec } = rollout;
  return `The old champion still scores along. A bet, day by day, against “version ${champion} is ` +
    `on average no better than version ${candidate}”. Reaching ${number(1 / spec.safety.alpha)} ` +
    `brings version ${champion} back; if it is no better, that ever happens with probability at ` +
    `most ${percent(spec.safety.alpha)}.`;
}

// What a promotion needs beside the evidence.
export function requirements(rollout: Rollout, stage: Stage, days: number, rows: number): string[] {
  const { promote, horizon } = stage;
  return [
    ...(rollout.spec.paired
      ? [`${plural(days, 'day')} (at least ${whole(promote.min_days)})`]
      : []),
    `${plural(rows, 'row')} (at least ${whole(promote.min_rows)})`,
    `inconclusive after ${duration(horizon)}`,
  ];
}

export function whatTripsMean(rollout: Rollout): string {
  const { max_failed_share, max_slow_share, min_requests, slow_above } = rollout.spec.safety;
  const slow = slow_above
    ? `, or ${percent(max_slow_share)} of them slower than ${duration(slow_above)}`
    : '';
  return `Outside of these probabilities: if ${percent(max_failed_share)} of its answers fail` +
    `${slow}, after ${plural(min_requests, 'request')}, it is rolled back at once.`;
}
