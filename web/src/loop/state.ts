// The state of an endpoint's loop as a person would say it.

import type { EndpointStatus, Rollout } from '../api/types';
import { duration, eValue, number, percent, plural, whole } from '../format/number';
import { day } from '../format/time';
import { metricName, type Tone } from './words';

export interface LoopState {
  label: string; // a word or two
  tone: Tone;
  sentence: string;
}

// The e-value of a mixture of bets, from the logarithms of their wealth.
export function mixture(logWealth: readonly number[]): number {
  if (logWealth.length === 0) return 1;
  const top = Math.max(...logWealth);
  const sum = logWealth.reduce((s, w) => s + Math.exp(w - top), 0);
  return Math.exp(top) * (sum / logWealth.length);
}

export function promotionEvidence(rollout: Rollout): number {
  return rollout.spec.paired
    ? mixture(rollout.evidence.days.bets.log_wealth)
    : rollout.evidence.better_units_peak;
}

function onTrial(rollout: Rollout): LoopState {
  const { champion, candidate, spec } = rollout;
  const days = plural(rollout.evidence.days.bets.count, 'day');
  const e = eValue(promotionEvidence(rollout));
  if (rollout.state === 'watching') {
    return {
      label: 'Watching',
      tone: 'trial',
      sentence: `Version ${candidate} is the new champion. Version ${champion} still scores along ` +
        `for ${duration(spec.watch?.time ?? '')}; evidence that it would be better is ${e} of ` +
        `${number(1 / spec.safety.alpha)} after ${days}.`,
    };
  }
  const stage = spec.stages[rollout.stage];
  const promote = stage ? number(stage.promote.evidence) : '';
  if (stage?.mode === 'shadow') {
    return {
      label: 'Shadow',
      tone: 'trial',
      sentence: `Version ${candidate} scores along with champion ${champion} and answers nobody. ` +
        `Evidence that it is better: ${e} of ${promote} after ${days}.`,
    };
  }
  return {
    label: `${percent(stage?.share ?? 0)} canary`,
    tone: 'trial',
    sentence: `Version ${candidate} answers ${percent(stage?.share ?? 0)} of units, champion ` +
      `${champion} the rest. Evidence that it is better: ${e} of ${promote} after ${days}.`,
  };
}

const CASES: Record<string, { label: string; words: string }> = {
  collecting: { label: 'Retraining', words: 'Collecting the labelled predictions to train on' },
  training: { label: 'Retraining', words: 'Training a new version' },
  gating: { label: 'At the gate', words: 'A new version is being held against the champion' },
};

export function stateOf(status: EndpointStatus, metric?: string): LoopState {
  if (status.rollout) return onTrial(status.rollout);
  const open = status.latest_case && CASES[status.latest_case.state];
  const champion = status.route
    ? `Version ${status.route.champion} answers everybody.`
    : 'Nobody answers yet.';
  if (open) {
    return {
      label: open.label,
      tone: 'busy',
      sentence: `${open.words} (${status.latest_case!.reason}). ${champion}`,
    };
  }
  if (!status.route) {
    return {
      label: 'No model',
      tone: 'note',
      sentence: `${status.spec.model} names no version that can answer. Register one, or ask for ` +
        'training.',
    };
  }
  const { window } = status;
  if (!window) {
    return {
      label: 'Not watched',
      tone: 'note',
      sentence: `${champion} Its predictions have not been judged yet.`,
    };
  }
  const bare = `mean ${metricName(metric)} ${number(window.mean)}`;
  const mean = `${bare} over ${whole(window.labelled)} labels`;
  if (window.breached) {
    return {
      label: 'Breach',
      tone: 'bad',
      sentence: `${champion} It does worse than it should: ${mean}, above ` +
        `${number(window.threshold)} in the days up to ${day(window.last_day)}.`,
    };
  }
  if (!window.enough) {
    const soFar = window.labelled > 0
      ? `; ${bare}, threshold ${number(window.threshold)}`
      : '';
    return {
      label: 'Gathering',
      tone: 'note',
      sentence: `${champion} No verdict yet: ${window.reason}${soFar}.`,
    };
  }
  return {
    label: 'Quiet',
    tone: 'quiet',
    sentence: `${champion} All is quiet: ${mean}, ` +
      `${window.mean < window.threshold ? 'below' : 'not clearly above'} the threshold of ` +
      `${number(window.threshold)}.`,
  };
}
