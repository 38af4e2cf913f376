// The lines of cause and effect to the left of an entry.

import type { Node } from '../loop/chain';
import { toneOf } from '../loop/words';

const LANE = 18;
const centre = (lane: number) => `${lane * LANE + LANE / 2}px`;

export function Gutter({ node, lanes, lit }: {
  node: Node; lanes: number; lit: ReadonlySet<number>;
}) {
  const { entry, lane, effects, arrives, passing } = node;
  const on = (...ids: number[]) => (ids.every((id) => lit.has(id)) ? ' lit' : '');
  const leaves = effects.some((id) => lit.has(id)) ? on(entry.id) : '';
  return (
    <span class="gutter" style={{ width: `${lanes * LANE}px` }} aria-hidden="true">
      {passing.map((rail) => (
        <i key={rail.from} class={`rail${rail.to.some((id) => lit.has(id)) ? on(rail.from) : ''}`}
          style={{ left: centre(rail.lane) }} />
      ))}
      {arrives === 'straight' && (
        <i class={`rail rail-in${on(entry.id, entry.cause!)}`} style={{ left: centre(lane) }} />
      )}
      {arrives === 'branch' && (
        <i class={`elbow${on(entry.id, entry.cause!)}`}
          style={{ left: centre(lane - 1), width: `${LANE}px` }} />
      )}
      {effects.length > 0 && (
        <i class={`rail rail-out${leaves}`} style={{ left: centre(lane) }} />
      )}
      <b class={`dot tone-${toneOf(entry.kind)}`} style={{ left: centre(lane) }} />
    </span>
  );
}
