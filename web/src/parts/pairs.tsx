// Names and values, of which a long one is cut and unfolds.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { whole } from '../format/number';

const MANY = 15; // from so many on they can be searched
const LONG = 300;
const MAX_SHOWN = 500; // the search finds the others

export function sortedPairs<T>(
  pairs: readonly { key: string; value: T }[] | undefined, text: (value: T) => string,
): [string, string][] {
  return (pairs ?? [])
    .map(({ key, value }): [string, string] => [key, text(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function Value({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  if (text.length <= LONG) return <>{text}</>;
  return (
    <>
      {whole ? text : `${text.slice(0, LONG)}…`}{' '}
      <button type="button" class="link-button" aria-expanded={whole}
        onClick={() => setWhole(!whole)}>
        {whole ? 'less' : 'all of it'}
      </button>
    </>
  );
}

export function Pairs({ title, rows, children }: {
  title: string; rows: [name: string, value: string][]; children?: ComponentChildren;
}) {
  const [wanted, setWanted] = useState('');
  if (rows.length === 0) return null;
  const word = wanted.toLowerCase();
  const shown = rows.filter(([name, value]) => `${name}\n${value}`.toLowerCase().includes(word));
  return (
    <section class="card">
      <h2>{title} <span class="soft">{rows.length}</span></h2>
      {children}
      {rows.length > MANY && (
        <input type="search" class="search" placeholder="Search" aria-label={`Search ${title}`}
          value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      )}
      <div class="scroll" tabIndex={0} role="group" aria-label={title}>
        <table class="pairs">
          <tbody>
            {shown.slice(0, MAX_SHOWN).map(([name, value]) => (
              <tr key={name}><th scope="row">{name}</th><td><Value text={value} /></td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > MAX_SHOWN && (
        <p class="soft">{whole(shown.length - MAX_SHOWN)} more: search for them.</p>
      )}
      {shown.length === 0 && <p class="soft">Nothing here has that.</p>}
    </section>
  );
}
