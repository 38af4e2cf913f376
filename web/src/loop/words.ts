// Names of the field for what the server says in short.

import type { Ending } from '../api/types';

// What the eye is told before it reads. Every tone also has words beside it.
export type Tone = 'quiet' | 'good' | 'bad' | 'warm' | 'busy' | 'trial' | 'note';

// Without a policy, nobody has said which loss matters.
export function metricName(metric: string | undefined): string {
  if (metric === undefined) return 'loss';
  return metric === 'brier' ? 'Brier loss' : metric === 'zero_one' ? 'error rate' : metric;
}

const ENDINGS: Record<Ending, { text: string; tone: Tone }> = {
  open: { text: 'on trial', tone: 'trial' },
  promoted: { text: 'promoted', tone: 'good' },
  rolled_back: { text: 'rolled back', tone: 'bad' },
  inconclusive: { text: 'inconclusive', tone: 'note' },
  aborted: { text: 'aborted', tone: 'note' },
};

export const endingWords = (ending: Ending) => ENDINGS[ending];

const KINDS: Record<string, { step: string; tone: Tone }> = {
  'monitor.breach': { step: 'Breach', tone: 'bad' },
  'retrain.due': { step: 'Schedule', tone: 'note' },
  'retrain.asked': { step: 'Asked for', tone: 'note' },
  'retrain.started': { step: 'Retraining', tone: 'busy' },
  'retrain.failed': { step: 'Training failed', tone: 'bad' },
  'retrain.candidate': { step: 'Candidate', tone: 'busy' },
  'gate.passed': { step: 'Gate passed', tone: 'good' },
  'gate.failed': { step: 'Gate failed', tone: 'bad' },
  'champion.set': { step: 'Champion', tone: 'good' },
  'rollout.started': { step: 'On trial', tone: 'trial' },
  'rollout.next_stage': { step: 'Next stage', tone: 'good' },
  'rollout.promoted': { step: 'Promoted', tone: 'good' },
  'rollout.rolled_back': { step: 'Rolled back', tone: 'bad' },
  'rollout.tripped': { step: 'Tripped', tone: 'bad' },
  'rollout.inconclusive': { step: 'Inconclusive', tone: 'note' },
  'rollout.aborted': { step: 'Aborted', tone: 'note' },
  'rollout.watch_passed': { step: 'Watch passed', tone: 'good' },
  'rollout.watch_rolled_back': { step: 'Rolled back', tone: 'bad' },
  'predictions.lost': { step: 'Lost', tone: 'bad' },
};

// What kinds of entries are steps of the loop; others are notes beside it.
export const stepWords = (kind: string) => KINDS[kind];
export const toneOf = (kind: string): Tone => KINDS[kind]?.tone ?? 'note';
