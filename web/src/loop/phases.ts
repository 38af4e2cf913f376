// The course of a rollout in phases: one for each stage, then the watch. Evidence starts anew in
// each, and in the watch the roles are turned around.

import type { Point, Rollout, Stage } from '../api/types';
import { percent } from '../format/number';
import { seconds } from '../format/time';

export interface Phase {
  kind: 'trial' | 'watch';
  name: string; // "5 % canary"
  since: string;
  points: Point[];
  stage: Stage | undefined; // of a trial
}

export function stageName(stage: Stage): string {
  return stage.mode === 'shadow'
    ? (stage.share === 1 ? 'Shadow' : `Shadow on ${percent(stage.share)}`)
    : `${percent(stage.share)} canary`;
}

// A point that says "promote" is the last one of its phase.
export function phases(rollout: Rollout, points: readonly Point[]): Phase[] {
  const groups: Point[][] = [[]];
  const starts = [rollout.started];
  for (const point of points) {
    groups.at(-1)!.push(point);
    if (point.verdict.outcome === 'promote') {
      groups.push([]);
      starts.push(point.tick);
    }
  }
  const { stages } = rollout.spec;
  const begun = (index: number) => index === 0 || groups[index]!.length > 0 ||
    (rollout.state !== 'closed' && seconds(starts[index]!) === seconds(rollout.stage_since));
  return groups.flatMap((group, index): Phase[] => {
    if (!begun(index)) return [];
    const stage = stages[index];
    return [{
      kind: stage ? 'trial' : 'watch',
      name: stage ? stageName(stage) : 'Watch',
      since: starts[index]!,
      points: group,
      stage,
    }];
  });
}

// The phase to show first: where the rollout is now, or where it was decided.
export function mainPhase(rollout: Rollout, all: readonly Phase[]): number {
  const trials = all.filter((phase) => phase.kind === 'trial').length;
  const inWatch = trials < all.length;
  const endedInWatch = rollout.state === 'watching' ||
    (inWatch && (rollout.ending === 'rolled_back' || rollout.ending === 'aborted'));
  return endedInWatch ? all.length - 1 : Math.max(trials - 1, 0);
}
