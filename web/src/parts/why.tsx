// "Why?": the server computes a decision again from the sealed bytes, and the page shows what it
// recorded then beside what comes out now.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { api } from '../api/client';
import { resource } from '../api/resource';
import type { Why } from '../api/types';
import { compare } from '../loop/flatten';
import { Problem, Skeleton } from './bits';

const FIRST_ROWS = 12;
const SHORT_DIGEST = 12;

function Verdict({ why }: { why: Why }) {
  const mark = !why.recomputed ? '–' : why.identical ? '✓' : '✕';
  const tone = !why.recomputed ? 'note' : why.identical ? 'good' : 'bad';
  return (
    <p class={`why-verdict tone-${tone}`}>
      <span aria-hidden="true">{mark}</span> {why.sentence}
    </p>
  );
}

function Numbers({ why }: { why: Why }) {
  const [all, setAll] = useState(false);
  const rows = useMemo(() => compare(why.recorded, why.again), [why]);
  const shown = all ? rows : rows.slice(0, FIRST_ROWS);
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label="Recorded and computed again">
        <table class="why-table">
          <thead>
            <tr><th scope="col">Number</th><th scope="col">Recorded</th><th scope="col">Again</th></tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.path} class={row.same ? '' : 'differs'}>
                <th scope="row">{row.path}</th>
                <td>{row.recorded ?? '–'}</td>
                <td>{row.same ? <span title={row.again ?? ''}>same</span> : row.again ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > FIRST_ROWS && (
        <button type="button" class="quiet-button" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${rows.length}`}
        </button>
      )}
    </>
  );
}

function Segments({ digests }: { digests: string[] }) {
  if (digests.length === 0) return null;
  return (
    <details>
      <summary>The sealed days it was read from ({digests.length})</summary>
      <ul class="digests">
        {digests.map((digest) => <li key={digest} title={digest}>{digest.slice(0, SHORT_DIGEST)}</li>)}
      </ul>
    </details>
  );
}

export function WhyPanel({ decision }: { decision: number }) {
  const why = useMemo(() => resource(() => api.why(decision)), [decision]);
  useEffect(() => void why.refresh(), [why]);
  const value = why.value.value;
  const error = why.error.value;
  return (
    <div class="why-panel" role="region" aria-label={`Why, decision ${decision}`} aria-live="polite">
      {error && <Problem error={error} retry={() => void why.refresh()} />}
      {!value && !error && <Skeleton height={120} label="Computing the decision again" />}
      {value && (
        <>
          <Verdict why={value} />
          {value.recomputed && <Numbers why={value} />}
          <Segments digests={value.inputs.segments} />
        </>
      )}
    </div>
  );
}
