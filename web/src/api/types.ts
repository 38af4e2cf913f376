// What the server answers, as far as the page reads it. /openapi.json is the full description.
// Times are ISO 8601 in UTC; numbers that JSON cannot write ("Infinity") come as strings.

export type RouteMode = 'single' | 'shadow' | 'canary' | 'watch';
export type CaseState = 'collecting' | 'training' | 'gating' | 'rolling_out' | 'closed';
export type RolloutState = 'running' | 'watching' | 'closed';
export type Ending = 'open' | 'promoted' | 'rolled_back' | 'inconclusive' | 'aborted';
export type Outcome = 'go_on' | 'promote' | 'roll_back' | 'inconclusive';

export interface ArmCounts {
  answered: number;
  logged: number;
  lost: number;
}

export interface Drift {
  feature: string;
  score: number;
  noise: number;
  threshold: number;
  rows: number;
  enough_data: boolean;
  drifted: boolean;
}

export interface MonitorWindow {
  tick: string;
  first_day: string;
  last_day: string;
  version: number;
  days: number;
  rows: number;
  labelled: number;
  coverage: number;
  mean: number;
  reference: number;
  threshold: number;
  e_value: number | string;
  enough: boolean;
  breached: boolean;
  reason: string;
  drift: Drift[];
}

export interface Stage {
  mode: 'shadow' | 'canary';
  share: number;
  promote: { evidence: number; min_days: number; min_rows: number };
  horizon: string;
}

export interface RolloutSpec {
  loss: string;
  paired: boolean;
  clip: number;
  stages: Stage[];
  safety: {
    alpha: number;
    max_failed_share: number;
    max_slow_share: number;
    min_requests: number;
    slow_above?: string;
  };
  watch?: { time: string; share: number };
}

export interface Rollout {
  id: number;
  spec: RolloutSpec;
  champion: number;
  candidate: number;
  state: RolloutState;
  stage: number;
  stage_since: string;
  evidence: {
    rows: number;
    labelled: number;
    pairs: number;
    days: { bets: { log_wealth: number[]; count: number } };
    better_units_peak: number;
  };
  origin: string;
  ending: Ending;
  started: string;
  ended?: string;
}

export interface Point {
  tick: string;
  days: number;
  pairs: number;
  rows: number;
  coverage: number;
  promote_e: number | string;
  promote_limit: number;
  safety_rows_e: number | string;
  safety_units_e: number | string;
  safety_limit: number;
  mean_gain: number;
  lower: number;
  upper: number;
  verdict: { outcome: Outcome; reason: string };
}

export interface RolloutDetail {
  rollout: Rollout;
  points: Point[];
}

export interface LoopCase {
  id: number;
  reason: string;
  tick: string;
  state: CaseState;
  candidate?: number;
  rollout_id?: number;
  outcome: string;
  ended?: string;
}

export interface EndpointStatus {
  spec: { name: string; model: string; clock: string; tick_every: string };
  route?: {
    number: number;
    effective: string;
    mode: RouteMode;
    champion: number;
    candidate: number;
  };
  engine: string;
  settled?: string;
  waiting_for: string;
  champion: ArmCounts;
  candidate: ArmCounts;
  late: number;
  repeated: number;
  labels_late: number;
  labels_contradictory: number;
  labels_unmatched: number;
  window?: MonitorWindow;
  rollout?: Rollout;
  latest_case?: LoopCase;
}

export interface Entry {
  id: number;
  cause?: number;
  decision?: number;
  happened: string;
  recorded: string;
  kind: string;
  title: string;
  detail: string;
  data: Record<string, unknown>;
}

export interface Policy {
  version: number;
  spec: { monitor: { metric: string; window: string; evidence: number } };
}

export interface Why {
  decision: number;
  kind: string;
  tick: string;
  recomputed: boolean;
  identical: boolean;
  rows_read: number;
  segments_read: number;
  sentence: string;
  inputs: { segments: string[] };
  recorded: unknown;
  again: unknown;
}

export interface LiveEvent {
  id: number;
  kind: string;
  subject: string;
}
