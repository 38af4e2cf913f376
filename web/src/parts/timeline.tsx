// The causal timeline: what happened, and because of what. Each story begins with what had no cause
// and reads downwards; the newest story comes first.

import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { Entry } from '../api/types';
import { ago, range } from '../format/time';
import { causesOf, stories, type Node, type Story } from '../loop/chain';
import { stepWords, type Tone } from '../loop/words';
import { link, numbersIn, param, setParams, toggleNumber } from '../router';
import { Moment, Pill } from './bits';
import { Gutter } from './gutter';
import { WhyPanel } from './why';

const FIRST_STORIES = 12;

// The entry that the pointer or the focus is on.
const regarded = signal<number | undefined>(undefined);

export const entryId = (id: number) => `entry-${id}`;

function Times({ entry }: { entry: Entry }) {
  const same = Math.abs(Date.parse(entry.happened) - Date.parse(entry.recorded)) < 1000;
  const recently = ago(entry.recorded, Date.now());
  return (
    <p class="entry-times">
      <Moment at={entry.happened} exact={same} />
      <span class="soft">
        {same ? ' server time' : <> · recorded <Moment at={entry.recorded} exact /></>}
        {recently && `, ${recently}`}
      </span>
    </p>
  );
}

function Links({ entry }: { entry: Entry }) {
  const { rollout, run_id: run } = entry.data;
  return (
    <>
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
    </>
  );
}

function EntryRow({ node, lanes, lit }: { node: Node; lanes: number; lit: ReadonlySet<number> }) {
  const { entry, cause } = node;
  const open = numbersIn('open').has(entry.id);
  const why = numbersIn('why').has(entry.id);
  const state = lit.size === 0 ? '' : lit.has(entry.id) ? ' lit' : ' dim';
  const regard = () => (regarded.value = entry.id);
  return (
    <li class={`entry${state}`} id={entryId(entry.id)} data-entry={entry.id}
      data-cause={entry.cause} onPointerEnter={regard} onFocusCapture={regard}>
      <Gutter node={node} lanes={lanes} lit={lit} />
      <div class="entry-body">
        <div class="entry-head">
          <button type="button" class="entry-title" aria-expanded={open}
            onClick={() => {
              toggleNumber('open', entry.id);
              setParams({ entry: String(entry.id) });
            }}>
            {entry.title}
          </button>
          {entry.decision !== undefined && (
            <button type="button" class="why-button" aria-expanded={why}
              aria-label={`Why: ${entry.title}`} onClick={() => toggleNumber('why', entry.id)}>
              why?
            </button>
          )}
        </div>
        <Times entry={entry} />
        {cause && <span class="unseen">Because of: {cause.title}</span>}
        {entry.detail && <p class="entry-detail">{entry.detail}</p>}
        <div class="entry-links"><Links entry={entry} /></div>
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

function EntryList({ nodes, lit }: { nodes: Node[]; lit: ReadonlySet<number> }) {
  const lanes = Math.max(...nodes.map((n) => n.lane)) + 1;
  const chain = nodes.some((n) => lit.has(n.entry.id)) ? lit : new Set<number>();
  return (
    <ol class="entries">
      {nodes.map((node) => <EntryRow key={node.entry.id} node={node} lanes={lanes} lit={chain} />)}
    </ol>
  );
}

// What came of a story: its last step.
function outcome(story: Story): { text: string; tone: Tone } | undefined {
  const steps = story.nodes.map((n) => stepWords(n.entry.kind)).filter((s) => s !== undefined);
  const last = steps.at(-1);
  return last && { text: last.step.toLowerCase(), tone: last.tone };
}

function StoryCard({ story, lit }: { story: Story; lit: ReadonlySet<number> }) {
  const times = story.nodes.map((n) => n.entry.happened).sort();
  const end = outcome(story);
  return (
    <section class="story" aria-label={`${story.nodes[0]!.entry.title}, ${range(times[0]!, times.at(-1)!)}`}>
      <header>
        <h3>{range(times[0]!, times.at(-1)!)}</h3>
        {end && <Pill tone={end.tone}>{end.text}</Pill>}
      </header>
      <EntryList nodes={story.nodes} lit={lit} />
    </section>
  );
}

// Stories worth a card, and runs of notes between them.
function cards(all: Story[]): Story[][] {
  const out: Story[][] = [];
  const isNote = (s: Story) => s.nodes.length === 1 && !stepWords(s.nodes[0]!.entry.kind);
  for (const story of all) {
    const before = out.at(-1);
    if (before && isNote(story) && isNote(before[0]!)) before.push(story);
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
  const groups = useMemo(() => cards(stories(entries)), [entries]);
  const selected = Number(param('entry'));
  const at = regarded.value ?? (selected || undefined);
  const lit = useMemo(
    () => (at === undefined ? new Set<number>() : causesOf(at, entries)), [at, entries]);
  const shown = all ? groups : groups.slice(0, FIRST_STORIES);
  return (
    <div class="timeline" onPointerLeave={() => (regarded.value = undefined)}
      onBlurCapture={() => (regarded.value = undefined)}>
      {entries.length === 0 && <p class="soft">Nothing has happened yet.</p>}
      {shown.map((group) => (group.length === 1 && group[0]!.nodes.length > 1
        ? <StoryCard key={group[0]!.id} story={group[0]!} lit={lit} />
        : (
          <section key={group[0]!.id} class="story notes" aria-label="Notes">
            {group.map((story) => <EntryList key={story.id} nodes={story.nodes} lit={lit} />)}
          </section>
        )))}
      {groups.length > shown.length && (
        <button type="button" class="quiet-button" onClick={() => setAll(true)}>
          Show {groups.length - shown.length} earlier
        </button>
      )}
    </div>
  );
}
