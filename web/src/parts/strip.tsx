// The latest turn of the loop at a glance: breach, retraining, gate, trial, and what came of it.

import type { Entry } from '../api/types';
import { eValue, number, plural, signed, toNumber } from '../format/number';
import { day } from '../format/time';
import type { Story } from '../loop/chain';
import { stepWords } from '../loop/words';
import { setParams } from '../router';
import { entryId } from './timeline';

function noteOf({ kind, data }: Entry): string {
  const version = data.version ?? data.candidate;
  if (kind === 'gate.passed' || kind === 'gate.failed') {
    return typeof data.gain === 'number' ? `gain ${signed(data.gain, 3)}` : '';
  }
  if (kind === 'rollout.started') {
    return data.mode === 'shadow'
      ? `v${version}, shadow`
      : `v${version}, ${number(Number(data.share) * 100)} % of units`;
  }
  if (kind === 'rollout.promoted' || kind === 'rollout.rolled_back') {
    if (typeof data.days !== 'number') return '';
    const evidence = kind === 'rollout.promoted' ? toNumber(String(data.promote_e)) : NaN;
    return Number.isNaN(evidence)
      ? `after ${plural(data.days, 'day')}`
      : `e-value ${eValue(evidence)}, ${plural(data.days, 'day')}`;
  }
  return version === undefined ? '' : `v${version}`;
}

export function LoopStrip({ story, open }: { story: Story; open: boolean }) {
  const steps = story.nodes.map((n) => n.entry).filter((e) => stepWords(e.kind));
  return (
    <ol class="strip" aria-label="The latest turn of the loop">
      {steps.map((entry) => {
        const { step, tone } = stepWords(entry.kind)!;
        return (
          <li key={entry.id} class={`tone-${tone}`}>
            <button type="button" title={entry.title}
              onClick={() => {
                setParams({ entry: String(entry.id) });
                document.getElementById(entryId(entry.id))?.scrollIntoView({ block: 'center' });
              }}>
              <b>{step}</b>
              <span>{day(entry.happened)}</span>
              <span>{noteOf(entry)}</span>
            </button>
          </li>
        );
      })}
      {open && <li class="tone-busy strip-now"><span><b>Under way</b></span></li>}
    </ol>
  );
}
