// Rollouts and their evidence: is the candidate better, is it worse, and by how much?

import { useMemo } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { EndpointStore } from '../api/endpoints';
import type { Entry, Point, Rollout, RolloutDetail } from '../api/types';
import {
  EvidenceChart, GainChart, type Course, type Gain, type Process,
} from '../charts/evidence';
import { durationSeconds, eValue, number, signed, toNumber } from '../format/number';
import { range, seconds } from '../format/time';
import {
  requirements, safetyProcesses, whatBetterMeans, whatGainMeans, whatTripsMean, whatWatchMeans,
  whatWorseMeans,
} from '../loop/explain';
import { mainPhase, phases, stageName, type Phase } from '../loop/phases';
import { endingWords, metricName } from '../loop/words';
import { param, setParams } from '../router';
import { Pill, Problem, Skeleton } from './bits';

const BETTER: Process[] = [{ name: 'e-value', tone: 'good', value: (p) => p.promote_e }];
const OLD_BETTER: Process[] = [{ name: 'e-value', tone: 'bad', value: (p) => p.promote_e }];
const WORSE: Record<'rows' | 'units', Process> = {
  rows: { name: 'by rows', tone: 'bad', value: (p) => p.safety_rows_e },
  units: { name: 'by units', tone: 'warm', value: (p) => p.safety_units_e },
};
const WORSE_SETS = {
  rows: [WORSE.rows],
  units: [WORSE.units],
  both: [WORSE.rows, WORSE.units],
};

const gainOfCandidate = (p: Point): Gain => ({ mean: p.mean_gain, lower: p.lower, upper: p.upper });
// In the watch the server counts the gain of the old champion.
const gainInWatch = (p: Point): Gain => ({ mean: -p.mean_gain, lower: -p.upper, upper: -p.lower });

function Panel({ title, value, of, reached, children, meaning }: {
  title: string;
  value: string;
  of: string;
  reached?: 'good' | 'bad' | undefined;
  children: ComponentChildren;
  meaning: string;
}) {
  return (
    <div class="panel">
      <h4>{title}</h4>
      <p class={`figure${reached ? ` tone-${reached}` : ''}`}><b>{value}</b> <span>{of}</span></p>
      {children}
      <p class="meaning">{meaning}</p>
    </div>
  );
}

// While a phase goes on, its charts reach to where it can end at the earliest.
function useCourse(rollout: Rollout, phase: Phase): Course {
  const ended = rollout.state === 'closed' || phase.points.at(-1)?.verdict.outcome === 'promote';
  const time = phase.stage
    ? phase.stage.promote.min_days * 86400
    : durationSeconds(rollout.spec.watch?.time ?? '');
  return useMemo(() => ({
    since: phase.since,
    until: ended || Number.isNaN(time) ? 0 : seconds(phase.since) + time,
    points: phase.points,
  }), [phase, ended, time]);
}

function Trial({ rollout, phase }: { rollout: Rollout; phase: Phase }) {
  const course = useCourse(rollout, phase);
  const stage = phase.stage!;
  const last = phase.points.at(-1);
  const { champion, candidate } = rollout;
  const used = safetyProcesses(rollout, stage);
  const worse = WORSE_SETS[used.length > 1 ? 'both' : used[0] ?? 'units'];
  const better = last ? toNumber(last.promote_e) : 1;
  const worst = last ? Math.max(...worse.map((p) => toNumber(p.value(last)))) : 1;
  const { evidence } = stage.promote;
  const safety = 1 / rollout.spec.safety.alpha;
  return (
    <>
      <ul class="needs" aria-label="What a promotion needs besides">
        {requirements(rollout, stage, last?.days ?? 0,
          (rollout.spec.paired ? last?.pairs : last?.rows) ?? 0).map((r) => <li key={r}>{r}</li>)}
      </ul>
      <div class="panels">
        <Panel title={`Is version ${candidate} better?`} value={eValue(better)}
          of={`of ${number(evidence)} that promote`}
          reached={better >= evidence ? 'good' : undefined}
          meaning={whatBetterMeans(rollout, stage)}>
          <EvidenceChart label={`Evidence that version ${candidate} is better: ${eValue(better)} ` +
            `of ${number(evidence)}.`}
            course={course} processes={BETTER} limit={evidence} limitName="promotes"
            limitTone="good" />
        </Panel>
        <Panel title={`Is version ${candidate} worse?`} value={eValue(worst)}
          of={`of ${number(safety)} that roll back`}
          reached={worst >= safety ? 'bad' : undefined}
          meaning={whatWorseMeans(rollout, stage)}>
          <EvidenceChart label={`Evidence that version ${candidate} is worse: ${eValue(worst)} ` +
            `of ${number(safety)}.`}
            course={course} processes={worse} limit={safety} limitName="rolls back"
            limitTone="bad" />
          {worse.length > 1 && (
            <p class="legend">
              {worse.map((p) => <span key={p.name}><i class={`swatch ${p.tone}`} />{p.name}</span>)}
            </p>
          )}
        </Panel>
      </div>
      {rollout.spec.paired && (
        <GainPanel rollout={rollout} course={course} gain={gainOfCandidate}
          title={`By how much is version ${candidate} better than version ${champion}?`} />
      )}
      <p class="meaning">{whatTripsMean(rollout)}</p>
    </>
  );
}

function Watch({ rollout, phase }: { rollout: Rollout; phase: Phase }) {
  const course = useCourse(rollout, phase);
  const last = phase.points.at(-1);
  const { champion, candidate } = rollout;
  const e = last ? toNumber(last.promote_e) : 1;
  const limit = 1 / rollout.spec.safety.alpha;
  return (
    <>
      <div class="panels">
        <Panel title={`Would version ${champion} have been better?`} value={eValue(e)}
          of={`of ${number(limit)} that bring it back`} reached={e >= limit ? 'bad' : undefined}
          meaning={whatWatchMeans(rollout)}>
          <EvidenceChart label={`Evidence that version ${champion} would be better: ${eValue(e)} ` +
            `of ${number(limit)}.`}
            course={course} processes={OLD_BETTER} limit={limit} limitName="brings it back"
            limitTone="bad" />
        </Panel>
        <GainPanel rollout={rollout} course={course} gain={gainInWatch}
          title={`By how much is version ${candidate} better?`} />
      </div>
    </>
  );
}

function GainPanel({ rollout, course, gain, title }: {
  rollout: Rollout; course: Course; gain: (p: Point) => Gain; title: string;
}) {
  const last = course.points.at(-1);
  const now = last && gain(last);
  const unit = metricName(rollout.spec.loss);
  return (
    <Panel title={title} value={now ? signed(now.mean, 3) : '–'}
      of={now ? `between ${signed(now.lower, 3)} and ${signed(now.upper, 3)}, ${unit}` : ''}
      meaning={whatGainMeans(rollout)}>
      {now
        ? <GainChart label={`${title} ${signed(now.mean)}.`} course={course} gain={gain} unit={unit} />
        : <p class="empty-chart">No day is decided yet.</p>}
    </Panel>
  );
}

// Why it ended, in the server's words: of the last tick, or of the person or trip that ended it.
function reasonOf({ rollout, points }: RolloutDetail, entries: readonly Entry[]): string {
  const ended = entries.find((e) => e.data.rollout === rollout.id &&
    (e.kind === 'rollout.aborted' || e.kind === 'rollout.tripped'));
  if (typeof ended?.data.reason === 'string') return ended.data.reason;
  // A rollout that was promoted is judged by its trial, not by what the watch said later.
  const decisive = rollout.ending === 'promoted'
    ? points.find((p) => p.verdict.outcome === 'promote')
    : points.at(-1);
  return decisive?.verdict.reason ?? 'no tick has judged it yet';
}

function Detail({ detail, entries }: { detail: RolloutDetail; entries: Entry[] }) {
  const { rollout, points } = detail;
  const all = useMemo(() => phases(rollout, points), [rollout, points]);
  const wanted = param('phase');
  const index = wanted === undefined ? mainPhase(rollout, all) : Number(wanted);
  const phase = all[index] ?? all[0];
  return (
    <div class="rollout-detail">
      <p class="verdict">
        <Standing rollout={rollout} />{' '}
        {reasonOf(detail, entries)}
      </p>
      {all.length > 1 && (
        <div class="segments" role="group" aria-label="Phases of the rollout">
          {all.map((p, i) => (
            <button key={p.name + i} type="button" aria-pressed={i === index}
              onClick={() => setParams({ phase: String(i) })}>
              {p.name}
              <span class="soft"> {range(p.since, p.points.at(-1)?.tick ?? p.since)}</span>
            </button>
          ))}
        </div>
      )}
      {phase && (phase.kind === 'watch'
        ? <Watch key="watch" rollout={rollout} phase={phase} />
        : <Trial key={index} rollout={rollout} phase={phase} />)}
    </div>
  );
}

function Standing({ rollout }: { rollout: Rollout }) {
  const { tone, text } = endingWords(rollout.ending);
  return <Pill tone={tone}>{rollout.state === 'watching' ? 'promoted, watched' : text}</Pill>;
}

function stagesOf({ spec }: Rollout): string {
  return [...spec.stages.map(stageName), ...(spec.watch ? ['watch'] : [])].join(', ').toLowerCase();
}

function Choice({ rollout, chosen }: { rollout: Rollout; chosen: boolean }) {
  return (
    <li>
      <button type="button" class="choice" aria-pressed={chosen}
        onClick={() => setParams({ rollout: String(rollout.id), phase: undefined })}>
        <b>v{rollout.candidate} <span class="soft">against v{rollout.champion}</span></b>
        <Standing rollout={rollout} />
        <span class="soft">{stagesOf(rollout)}</span>
        <span class="soft">
          {rollout.ended ? range(rollout.started, rollout.ended) : `since ${range(rollout.started, rollout.started)}`}
        </span>
      </button>
    </li>
  );
}

const FIRST_ROLLOUTS = 6;

function chosenRollout(rollouts: readonly Rollout[]): Rollout | undefined {
  const wanted = Number(param('rollout'));
  return rollouts.find((r) => r.id === wanted) ?? rollouts[0];
}

export function Rollouts({ store }: { store: EndpointStore }) {
  const rollouts = store.rollouts.value.value;
  const error = store.rollouts.error.value;
  if (!rollouts) {
    return error
      ? <Problem error={error} retry={() => void store.rollouts.refresh()} />
      : <Skeleton height={640} />;
  }
  const chosen = chosenRollout(rollouts);
  if (!chosen) {
    return (
      <p class="soft">
        None yet. A candidate that passes its gate is tried on a share of the units; its evidence is
        shown here.
      </p>
    );
  }
  const detail = store.detail(chosen.id);
  const shown = param('all') ? rollouts : rollouts.slice(0, Math.max(FIRST_ROLLOUTS,
    rollouts.indexOf(chosen) + 1));
  return (
    <>
      <ul class="choices">
        {shown.map((r) => <Choice key={r.id} rollout={r} chosen={r.id === chosen.id} />)}
      </ul>
      {rollouts.length > shown.length && (
        <button type="button" class="quiet-button" onClick={() => setParams({ all: '1' })}>
          Show {rollouts.length - shown.length} earlier
        </button>
      )}
      {detail.error.value && (
        <Problem error={detail.error.value} retry={() => void detail.refresh()} />
      )}
      {detail.value.value
        ? <Detail key={chosen.id} detail={detail.value.value}
            entries={store.timeline.value.value ?? []} />
        : !detail.error.value && <Skeleton height={560} />}
    </>
  );
}
