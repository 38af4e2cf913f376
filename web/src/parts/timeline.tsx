// The causal timeline: what happened, and because of what. Each story begins with what had no cause
// and reads downwards; the newest story comes first.

import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { Entry } from '../api/types';
import { ago, moment, range, recentMoment, seconds } from '../format/time';
import { causesOf, effectsOf, stories, type Node, type Story } from '../loop/chain';
import { stepWords, type Tone } from '../loop/words';
import { link, numbersIn, param, setParams, toggleNumber } from '../router';
import { Moment, Pill } from './bits';
import { Gutter } from './gutter';
import { WhyPanel } from './why';

const FIRST_STORIES = 12;

// The entry that the pointer or the focus is on.
const regarded = signal<number | undefined>(undefined);

// What is bright: the causes of an entry. Its effects stay as they are, the rest of its story steps
// back while somebody points at the entry.
interface Light {
  causes: ReadonlySet<number>;
  effects: ReadonlySet<number>;
  pointed: boolean;
}
const NO_LIGHT: Light = { causes: new Set(), effects: new Set(), pointed: false };

function lightOf(at: number, pointed: boolean, entries: readonly Entry[]): Light {
  return { causes: causesOf(at, entries), effects: effectsOf(at, entries), pointed };
}

function stateOf(id: number, light: Light): string {
  if (light.causes.has(id)) return ' lit';
  return light.pointed && !light.effects.has(id) ? ' dim' : '';
}

export const entryId = (id: number) => `entry-${id}`;

function Times({ entry }: { entry: Entry }) {
  const now = Date.now();
  const server = recentMoment(entry.recorded, now);
  const oneClock = onServerClock(entry);
  const recently = oneClock ? ago(entry.recorded, now) : undefined;
  return (
    <p class="entry-times">
      {!oneClock && (
        <><Moment at={entry.happened} text={moment(entry.happened)} /><span class="soft"> · </span></>
      )}
      <span class="soft">
        server <Moment at={entry.recorded} text={server} />{recently && ` (${recently})`}
      </span>
    </p>
  );
}

function Links({ entry }: { entry: Entry }) {
  const { rollout, run_id: run } = entry.data;
  if (typeof rollout !== 'number' && typeof run !== 'string') return null;
  return (
    <span class="entry-links">
      {typeof rollout === 'number' && (
        <button type="button" class="link-button"
          onClick={() => {
            setParams({ rollout: String(rollout), phase: undefined });
            document.getElementById('rollouts')?.scrollIntoView({ block: 'start' });
          }}>
          evidence
        </button>
      )}
      {typeof run === 'string' && <a href={link.run(run)}>run</a>}
    </span>
  );
}

interface RowProps {
  node: Node;
  lanes: number;
  light: Light;
  brief?: boolean; // the detail goes on behind the title
}

function EntryRow({ node, lanes, light, brief = false }: RowProps) {
  const { entry, cause } = node;
  const open = numbersIn('open').has(entry.id);
  const why = numbersIn('why').has(entry.id);
  const regard = () => (regarded.value = entry.id);
  return (
    <li class={`entry${stateOf(entry.id, light)}`} id={entryId(entry.id)} data-entry={entry.id}
      data-cause={entry.cause} onPointerEnter={regard} onFocusCapture={regard}>
      <Gutter node={node} lanes={lanes} lit={light.causes} />
      <div class="entry-body">
        <div class="entry-head">
          <button type="button" class="entry-title" aria-expanded={open}
            onClick={() => {
              toggleNumber('open', entry.id);
              setParams({ entry: String(entry.id) });
            }}>
            {entry.title}
          </button>
          {brief && entry.detail && <span class="soft"> {entry.detail}</span>}
          {entry.decision !== undefined && (
            <button type="button" class="why-button" aria-expanded={why}
              aria-label={`Why: ${entry.title}`} onClick={() => toggleNumber('why', entry.id)}>
              why?
            </button>
          )}
        </div>
        <Times entry={entry} />
        {cause && <span class="unseen">Because of: {cause.title}</span>}
        {!brief && entry.detail && (
          <p class="entry-detail">{entry.detail} <Links entry={entry} /></p>
        )}
        {why && entry.decision !== undefined && <WhyPanel decision={entry.decision} />}
        {open && (
          <pre class="raw" tabIndex={0} aria-label={`Event ${entry.id} as it is stored`}>
            {JSON.stringify({ event: entry.id, kind: entry.kind, cause: entry.cause, ...entry.data },
              null, 2)}
          </pre>
        )}
      </div>
    </li>
  );
}

const onServerClock = ({ happened, recorded }: Entry) =>
  Math.abs(seconds(happened) - seconds(recorded)) < 1;

// When a story happened. What a person asked for stands on the server's clock, and a story on the
// endpoint's.
function timesOf(nodes: readonly Node[]): string[] {
  const entries = nodes.map((n) => n.entry);
  const own = entries.filter((e) => !onServerClock(e));
  return (own.length ? own : entries).map((e) => e.happened).sort();
}

// What came of a story: its last step.
function outcome(story: Story): { text: string; tone: Tone } | undefined {
  const steps = story.nodes.map((n) => stepWords(n.entry.kind)).filter((s) => s !== undefined);
  const last = steps.at(-1);
  return last && { text: last.step.toLowerCase(), tone: last.tone };
}

function StoryCard({ story, light }: { story: Story; light: Light }) {
  const { nodes } = story;
  const times = timesOf(nodes);
  const end = outcome(story);
  const lanes = Math.max(...nodes.map((n) => n.lane)) + 1;
  const own = nodes.some((n) => light.causes.has(n.entry.id)) ? light : NO_LIGHT;
  const when = range(times[0]!, times.at(-1)!);
  return (
    <section class="story" aria-label={`${nodes[0]!.entry.title}, ${when}`}>
      <header>
        <h3>{when}</h3>
        {end && <Pill tone={end.tone}>{end.text}</Pill>}
      </header>
      <ol class="entries">
        {nodes.map((node) => <EntryRow key={node.entry.id} node={node} lanes={lanes} light={own} />)}
      </ol>
    </section>
  );
}

// Notes of one kind that follow each other: the newest, and the others when asked for.
function Notes({ notes }: { notes: Story[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? notes : notes.slice(0, 1);
  const more = notes.length - shown.length;
  return (
    <section class="notes" aria-label="Notes">
      <ol class="entries">
        {shown.map(({ nodes: [node] }) => (
          <EntryRow key={node!.entry.id} node={node!} lanes={1} light={NO_LIGHT} brief />
        ))}
      </ol>
      {more > 0 && (
        <button type="button" class="link-button" onClick={() => setAll(true)}>
          {more} more like it
        </button>
      )}
    </section>
  );
}

const isNote = ({ nodes }: Story) => nodes.length === 1 && !stepWords(nodes[0]!.entry.kind);

// Stories, and runs of notes of one kind between them.
function groups(all: Story[]): Story[][] {
  const out: Story[][] = [];
  for (const story of all) {
    const before = out.at(-1);
    const alike = before && isNote(story) && isNote(before[0]!) &&
      before[0]!.nodes[0]!.entry.kind === story.nodes[0]!.entry.kind;
    if (alike) before.push(story);
    else out.push([story]);
  }
  return out;
}

// Moves the focus to the entry before or after; for j and k.
export function stepThrough(step: 1 | -1): void {
  const titles = [...document.querySelectorAll<HTMLElement>('.entry-title')];
  const at = titles.findIndex((t) => t.closest('.entry')?.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : titles.length - 1) : at + step;
  titles[next]?.focus();
}

export function askWhy(): void {
  document.activeElement?.closest('.entry')
    ?.querySelector<HTMLElement>('.why-button')?.click();
}

export function Timeline({ entries }: { entries: Entry[] }) {
  const [all, setAll] = useState(false);
  const parts = useMemo(() => groups(stories(entries)), [entries]);
  const selected = Number(param('entry'));
  const pointed = regarded.value;
  const at = pointed ?? selected;
  const light = useMemo(
    () => lightOf(at, pointed !== undefined, entries), [at, pointed, entries]);
  const shown = all ? parts : parts.slice(0, FIRST_STORIES);
  return (
    <div class="timeline" onPointerLeave={() => (regarded.value = undefined)}
      onBlurCapture={() => (regarded.value = undefined)}>
      {entries.length === 0 && <p class="soft">Nothing has happened yet.</p>}
      {shown.map((group) => (isNote(group[0]!)
        ? <Notes key={group.at(-1)!.id} notes={group} />
        : <StoryCard key={group[0]!.id} story={group[0]!} light={light} />))}
      {parts.length > shown.length && (
        <button type="button" class="quiet-button" onClick={() => setAll(true)}>
          Show {parts.length - shown.length} earlier
        </button>
      )}
    </div>
  );
}
