import { describe, expect, it } from 'vitest';
import type { Outcome, Point, Rollout, Stage } from '../api/types';
import { mainPhase, phases } from './phases';

const CANARY: Stage = {
  mode: 'canary', share: 0.05, promote: { evidence: 20, min_days: 7, min_rows: 500 }, horizon: '42d',
};

function point(day: number, outcome: Outcome = 'go_on'): Point {
  return {
    tick: `2013-07-${String(day).padStart(2, '0')}T12:00:00Z`,
    days: 1, pairs: 1, rows: 1, coverage: 1, promote_e: 1, promote_limit: 20, safety_rows_e: 1,
    safety_units_e: 1, safety_limit: 40, mean_gain: 0, lower: 0, upper: 0,
    verdict: { outcome, reason: '' },
  };
}

function rollout(changes: Partial<Rollout>): Rollout {
  return {
    id: 1,
    spec: {
      loss: 'brier', paired: true, clip: 0.05, stages: [CANARY],
      safety: { alpha: 0.025, max_failed_share: 0.5, max_slow_share: 0.5, min_requests: 20 },
      watch: { time: '14d', share: 1 },
    },
    champion: 1, candidate: 2, state: 'running', stage: 0, stage_since: '2013-07-01T12:00:00Z',
    evidence: {
      rows: 0, labelled: 0, pairs: 0, days: { bets: { log_wealth: [], count: 0 } },
      better_units_peak: 1,
    },
    origin: 'loop', ending: 'open', started: '2013-07-01T12:00:00Z',
    ...changes,
  };
}

describe('phases', () => {
  it('begin with the first stage, before any tick', () => {
    const all = phases(rollout({}), []);
    expect(all.map((p) => [p.kind, p.name, p.points.length])).toEqual([['trial', '5\u00a0% canary', 0]]);
  });

  it('go on after a promotion, from the tick that said so', () => {
    const promoted = rollout({
      state: 'closed', ending: 'promoted', stage_since: '2013-07-03T12:00:00Z',
    });
    const all = phases(promoted,
      [point(2), point(3, 'promote'), point(4), point(5, 'promote')]);
    expect(all.map((p) => [p.kind, p.since, p.points.length])).toEqual([
      ['trial', '2013-07-01T12:00:00Z', 2], ['watch', '2013-07-03T12:00:00Z', 2],
    ]);
    expect(mainPhase(promoted, all)).toBe(0);
  });

  it('show a watch that has just begun', () => {
    const watching = rollout({ state: 'watching', stage_since: '2013-07-03T12:00:00Z' });
    const all = phases(watching, [point(2), point(3, 'promote')]);
    expect(all.map((p) => p.kind)).toEqual(['trial', 'watch']);
    expect(mainPhase(watching, all)).toBe(1);
  });

  it('count stages before the watch', () => {
    const shadow: Stage = { ...CANARY, mode: 'shadow', share: 1 };
    const staged = rollout({ stage: 1, stage_since: '2013-07-02T12:00:00Z' });
    staged.spec.stages = [shadow, CANARY];
    const all = phases(staged, [point(2, 'promote'), point(3)]);
    expect(all.map((p) => p.name)).toEqual(['Shadow', '5\u00a0% canary']);
    expect(mainPhase(staged, all)).toBe(1);
  });

  it('lead to the watch when it ended there', () => {
    const back = rollout({ state: 'closed', ending: 'rolled_back' });
    const all = phases(back, [point(2, 'promote'), point(3, 'roll_back')]);
    expect(mainPhase(back, all)).toBe(1);
    expect(mainPhase(back, phases(back, [point(2, 'roll_back')]))).toBe(0);
  });
});
