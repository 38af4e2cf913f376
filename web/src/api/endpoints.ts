// What the page keeps about endpoints, and when it reads it again. Events say what has changed;
// quiet ticks announce nothing, so the small status is also asked for now and then.

import { effect } from '@preact/signals';
import { durationSeconds } from '../format/number';
import { iso, seconds } from '../format/time';
import { api, ApiError } from './client';
import { subscribe } from './live';
import { poll } from './poll';
import { resource, type Resource } from './resource';
import type {
  EndpointStatus, Entry, MonitorWindow, Policy, Rollout, RolloutDetail,
} from './types';

// How far back the charts look: a year of daily ticks with some room.
const SHOWN_TICKS = 400;
const SPARK_TICKS = 60;

async function windowsOf(
  status: EndpointStatus, before: MonitorWindow[] | undefined, ticks: number,
): Promise<MonitorWindow[]> {
  const newest = status.window?.tick;
  if (newest === undefined) return [];
  const last = before?.at(-1)?.tick;
  const first = seconds(newest) - ticks * durationSeconds(status.spec.tick_every);
  const after = last ?? iso(first);
  const more = await api.windows(status.spec.name, after);
  return [...(before ?? []), ...more].slice(-ticks);
}

export class EndpointStore {
  readonly status: Resource<EndpointStatus>;
  readonly policy: Resource<Policy | null>; // null: there is none
  readonly timeline: Resource<Entry[]>;
  readonly windows: Resource<MonitorWindow[]>;
  readonly rollouts: Resource<Rollout[]>;
  private readonly details = new Map<number, Resource<RolloutDetail>>();

  constructor(readonly name: string) {
    this.status = resource(() => api.endpoint(name));
    this.policy = resource(() => api.policy(name).catch((problem: unknown) => {
      if (problem instanceof ApiError && problem.status === 404) return null;
      throw problem;
    }));
    this.timeline = resource(async (before) =>
      [...(before ?? []), ...await api.timeline(name, before?.at(-1)?.id ?? 0)]);
    this.windows = resource(async (before) =>
      windowsOf(this.status.value.peek() ?? await api.endpoint(name), before, SHOWN_TICKS));
    this.rollouts = resource(() => api.rollouts(name));
  }

  // A rollout with its evidence; read when first asked for.
  detail(id: number): Resource<RolloutDetail> {
    let found = this.details.get(id);
    if (!found) {
      found = resource(() => api.rollout(id));
      this.details.set(id, found);
      void found.refresh();
    }
    return found;
  }

  // Reads everything, then follows what happens until it is stopped.
  follow(): () => void {
    const everything = [this.status, this.policy, this.timeline, this.windows, this.rollouts];
    for (const part of everything) void part.refresh();
    const stops = [
      subscribe((event) => {
        void this.status.refresh();
        if (event && event.subject !== `endpoint/${this.name}`) return;
        void this.timeline.refresh();
        if (!event || event.kind === 'policy.applied') void this.policy.refresh();
        if (!event || event.kind.startsWith('rollout.')) this.refreshRollouts();
      }),
      poll(() => void this.status.refresh()),
      this.whenChanged((s) => s.window?.tick, () => void this.windows.refresh()),
      this.whenChanged(
        ({ rollout: r }) => r && [r.id, r.stage, r.state, r.evidence.rows].join(),
        () => this.refreshRollouts()),
    ];
    return () => stops.forEach((stop) => stop());
  }

  private refreshRollouts(): void {
    void this.rollouts.refresh();
    for (const detail of this.details.values()) {
      if (detail.value.peek()?.rollout.state !== 'closed') void detail.refresh();
    }
  }

  private whenChanged(
    key: (status: EndpointStatus) => string | undefined, act: () => void,
  ): () => void {
    let known: { key: string | undefined } | undefined;
    return effect(() => {
      const status = this.status.value.value;
      if (!status) return;
      const now = { key: key(status) };
      if (known && known.key !== now.key) act();
      known = now;
    });
  }
}

export class EndpointListStore {
  readonly list = resource(() => api.endpoints());
  private readonly sparks = new Map<string, Resource<MonitorWindow[]>>();

  // The latest windows of an endpoint, for its small picture.
  spark(name: string): Resource<MonitorWindow[]> {
    let found = this.sparks.get(name);
    if (!found) {
      found = resource(async (before) => windowsOf(
        this.list.value.peek()?.find((s) => s.spec.name === name) ?? await api.endpoint(name),
        before, SPARK_TICKS));
      this.sparks.set(name, found);
    }
    return found;
  }

  follow(): () => void {
    void this.list.refresh();
    const look = () => void this.list.refresh();
    const stops = [subscribe(look), poll(look)];
    return () => stops.forEach((stop) => stop());
  }
}
