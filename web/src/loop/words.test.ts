import { describe, expect, it } from 'vitest';
import type { EndpointStatus, MonitorWindow, Rollout } from '../api/types';
import { safetyProcesses, whatBetterMeans, whatWatchMeans, whatWorseMeans } from './explain';
import { compare, flatten } from './flatten';
import { mixture, stateOf } from './state';

const ROLLOUT: Rollout = {
  id: 3,
  spec: {
    loss: 'brier', paired: true, clip: 0.05,
    stages: [{
      mode: 'canary', share: 0.05, promote: { evidence: 20, min_days: 7, min_rows: 500 },
      horizon: '42d',
    }],
    safety: { alpha: 0.025, max_failed_share: 0.5, max_slow_share: 0.5, min_requests: 20 },
    watch: { time: '14d', share: 1 },
  },
  champion: 1, candidate: 4, state: 'running', stage: 0, stage_since: '2013-07-02T12:00:00Z',
  evidence: {
    rows: 9, labelled: 9, pairs: 9, better_units_peak: 3,
    days: { bets: { log_wealth: [0, Math.log(3)], count: 5 } },
  },
  origin: 'loop', ending: 'open', started: '2013-07-02T12:00:00Z',
};
const STAGE = ROLLOUT.spec.stages[0]!;
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

const WINDOW: MonitorWindow = {
  tick: '2013-08-31T12:00:00Z', first_day: '2013-08-03', last_day: '2013-08-30', version: 4,
  days: 28, rows: 26648, labelled: 26648, coverage: 1, mean: 0.17077, reference: 0.17552,
  threshold: 0.21552, e_value: 0, enough: true, breached: false, reason: 'quiet', drift: [],
};

function status(changes: Partial<EndpointStatus> = {}): EndpointStatus {
  const arm = { answered: 0, logged: 0, lost: 0 };
  return {
    spec: { name: 'flights', model: 'models:/flights@champion', clock: 'event', tick_every: '1d' },
    route: { number: 1, effective: '', mode: 'single', champion: 4, candidate: 0 },
    engine: 'native trees', waiting_for: '', champion: arm, candidate: arm, late: 0, repeated: 0,
    labels_late: 0, labels_contradictory: 0, labels_unmatched: 0, window: WINDOW, ...changes,
  };
}

describe('the state of a loop', () => {
  it.each<[string, Partial<EndpointStatus>]>([
    ['Quiet', {}],
    ['Breach', { window: { ...WINDOW, breached: true, mean: 0.23 } }],
    ['Gathering', { window: { ...WINDOW, enough: false } }],
    ['5\u00a0% canary', { rollout: ROLLOUT }],
    ['Watching', { rollout: { ...ROLLOUT, state: 'watching' } }],
    ['Retraining', {
      latest_case: { id: 2, reason: 'breach', tick: '', state: 'training', outcome: '' },
    }],
    ['At the gate', {
      latest_case: { id: 2, reason: 'breach', tick: '', state: 'gating', outcome: '' },
    }],
  ])('is %s', (label, changes) => expect(stateOf(status(changes)).label).toBe(label));

  it('is said with its numbers', () => {
    expect(stateOf(status(), 'brier').sentence).toBe('Version 4 answers everybody. All is quiet: mean Brier ' +
      'loss 0.1708 over 26,648 labels, below the threshold of 0.2155.');
    expect(plain(stateOf(status({ rollout: ROLLOUT })).sentence)).toContain('2 of 20 after 5 days');
  });

  it('has numbers before it has a verdict', () => {
    const window = { ...WINDOW, days: 4, enough: false, reason: 'the window has 4 of 28 days so far' };
    expect(stateOf(status({ window }), 'brier').sentence).toBe('Version 4 answers everybody. ' +
      'No verdict yet: the window has 4 of 28 days so far; mean Brier loss 0.1708, threshold ' +
      '0.2155.');
  });

  it('is known without a model, too', () => {
    const { route: _route, window: _window, ...bare } = status();
    expect(stateOf(bare).label).toBe('No model');
  });
});

describe('evidence', () => {
  it('is the mean wealth of all bets', () => {
    expect(mixture([0, Math.log(3)])).toBeCloseTo(2, 12);
    expect(mixture([])).toBe(1);
    expect(mixture([800, 0])).toBe(Infinity);
  });

  it('promises what the limits say', () => {
    expect(plain(whatBetterMeans(ROLLOUT, STAGE))).toContain('promoted with probability at most 5 %');
    expect(plain(whatWorseMeans(ROLLOUT, STAGE))).toContain('at most 5 % (2 × 2.5 %)');
    expect(plain(whatWatchMeans(ROLLOUT))).toContain('at most 2.5 %');
  });

  it('counts only the bets that are made', () => {
    const shadow = { ...STAGE, mode: 'shadow' as const };
    expect(safetyProcesses(ROLLOUT, shadow)).toEqual(['rows']);
    expect(plain(whatWorseMeans(ROLLOUT, shadow))).toMatch(/at most 2\.5 %\.$/);
    const unpaired = { ...ROLLOUT, spec: { ...ROLLOUT.spec, paired: false } };
    expect(safetyProcesses(unpaired, STAGE)).toEqual(['units']);
    expect(whatWorseMeans(unpaired, STAGE)).toContain('unit by unit');
  });
});

describe('two readings of the evidence', () => {
  const recorded = { mean: 0.1, drift: [{ feature: 'precip', score: 2 }], days: [1, 2] };

  it('are lists of named values', () => {
    expect(flatten(recorded)).toEqual([
      ['mean', '0.1'], ['drift[precip].feature', 'precip'], ['drift[precip].score', '2'],
      ['days[0]', '1'], ['days[1]', '2'],
    ]);
  });

  it('show what differs first', () => {
    const rows = compare(recorded, { ...recorded, days: [1, 2.5], more: true });
    expect(rows.slice(0, 2)).toEqual([
      { path: 'days[1]', recorded: '2', again: '2.5', same: false },
      { path: 'more', recorded: undefined, again: 'true', same: false },
    ]);
    expect(rows.slice(2).every((row) => row.same)).toBe(true);
  });
});
