// Which columns a run table shows: every metric, param and tag that its runs have, by search.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Run } from '../api/mlflow';
import { whole } from '../format/number';
import { columnsOf, idOf, type Column, type Scope } from '../tracking/columns';
import { useFlap } from './flap';

const MAX_CHOSEN = 40;
const MAX_SHOWN = 100; // of one kind; the search finds the others
const KINDS: [Scope, string][] = [['metrics', 'Metrics'], ['params', 'Params'], ['tags', 'Tags']];

export function ColumnPicker({ runs, chosen, choose, standard }: {
  runs: readonly Run[];
  chosen: readonly Column[];
  choose: (columns: readonly Column[]) => void;
  standard: () => void; // back to what nobody chose
}) {
  const { open, setOpen, root } = useFlap();
  const button = useRef<HTMLButtonElement>(null);
  return (
    <div class="picker" ref={root} onKeyDown={(event) => {
      if (event.key !== 'Escape' || !open) return;
      setOpen(false);
      button.current?.focus();
    }}>
      <button type="button" class="quiet-button" ref={button} aria-expanded={open}
        aria-controls="columns" onClick={() => setOpen(!open)}>
        Columns <span class="soft">{chosen.length}</span>
      </button>
      {open && (
        <div id="columns" class="picker-panel" role="group" aria-label="Columns">
          <Choices runs={runs} chosen={chosen} choose={choose} standard={standard} />
        </div>
      )}
    </div>
  );
}

function Choices({ runs, chosen, choose, standard }: {
  runs: readonly Run[];
  chosen: readonly Column[];
  choose: (columns: readonly Column[]) => void;
  standard: () => void;
}) {
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const known = useMemo(() => columnsOf(runs), [runs]);
  const ids = new Set(chosen.map(idOf));
  // What is chosen and no run has, which a link may bring, can be taken away all the same.
  const strange = chosen.filter((c) => !known.some((k) => idOf(k.column) === idOf(c)));
  const word = text.toLowerCase();
  const matching = [...strange.map((column) => ({ column, runs: 0 })), ...known]
    .filter(({ column }) => column.key.toLowerCase().includes(word));
  const full = chosen.length >= MAX_CHOSEN;
  const toggle = (column: Column) => choose(ids.has(idOf(column))
    ? chosen.filter((c) => idOf(c) !== idOf(column)) : [...chosen, column]);
  return (
    <>
      <input type="search" ref={field} class="search" placeholder="Search columns"
        aria-label="Search columns" value={text}
        onInput={(event) => setText(event.currentTarget.value)} />
      <div class="picker-lists">
        {KINDS.map(([scope, title]) => {
          const of = matching.filter(({ column }) => column.scope === scope);
          if (of.length === 0) return null;
          return (
            <fieldset key={scope}>
              <legend>{title} <span class="soft">{whole(of.length)}</span></legend>
              {of.slice(0, MAX_SHOWN).map(({ column, runs: count }) => {
                const id = idOf(column);
                const on = ids.has(id);
                const why = full && !on ? `${MAX_CHOSEN} columns are the most.` : undefined;
                return (
                  <label key={id} class={`check${why ? ' off' : ''}`} title={why ?? column.key}>
                    <input type="checkbox" checked={on} disabled={why !== undefined}
                      onChange={() => toggle(column)} />
                    <span class="picker-name">{column.key}</span>
                    <span class="soft picker-count">{whole(count)}</span>
                  </label>
                );
              })}
              {of.length > MAX_SHOWN && <p class="soft">Search for the other ones.</p>}
            </fieldset>
          );
        })}
        {matching.length === 0 && <p class="soft">No run that was read has that.</p>}
      </div>
      <div class="buttons">
        <button type="button" class="link-button" onClick={() => choose([])}>none</button>
        <button type="button" class="link-button" onClick={standard}>as at first</button>
      </div>
    </>
  );
}
