// The drift of one feature over the windows as a strip of colour: faint while it is within the
// limits, stronger the further it is above them.

import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Drift } from '../api/types';
import { number } from '../format/number';
import { moment } from '../format/time';
import { colour, paint } from '../theme';
import { ratio } from './canvas';
import { Tip } from './tip';

export interface HeatCell {
  tick: string;
  drift: Drift | undefined;
}

// From the limit to three times the limit the colour goes all the way.
const FULL = 3;

interface Shade {
  fill: string;
  alpha: number;
  drifted: boolean;
}

function shade(drift: Drift | undefined): Shade {
  if (!drift?.enough_data) return { fill: colour('hairline'), alpha: 0.5, drifted: false };
  const { drifted } = drift;
  const share = drift.score / Math.max(drift.threshold, drift.noise);
  return drifted
    ? { fill: colour('heat'), alpha: 0.45 + 0.55 * Math.min(share / FULL, 1), drifted }
    : { fill: colour('line'), alpha: 0.08 + 0.2 * Math.min(share, 1), drifted };
}

const stronger = (a: Shade, b: Shade) =>
  (a.drifted === b.drifted ? a.alpha >= b.alpha : a.drifted) ? a : b;

export function HeatStrip({ cells }: { cells: readonly HeatCell[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hover = useSignal<{ index: number; left: number; width: number } | undefined>(undefined);
  const colours = paint.value;

  useEffect(() => {
    const target = canvas.current!;
    const draw = () => {
      const width = Math.round(target.clientWidth * ratio());
      const height = Math.round(target.clientHeight * ratio());
      target.width = width;
      target.height = height;
      const ctx = target.getContext('2d');
      if (!ctx || cells.length === 0) return;
      const { length } = cells;
      const step = Math.max(width / length, 1);
      for (let left = 0; left < width; left += step) {
        // Where there are more windows than pixels, the strongest one is seen.
        const first = Math.floor((left / width) * length);
        const part = cells.slice(first, Math.max(first + 1, Math.floor(((left + step) / width) * length)));
        const { fill, alpha } = part.map((c) => shade(c.drift)).reduce(stronger);
        ctx.globalAlpha = alpha;
        ctx.fillStyle = fill;
        ctx.fillRect(Math.round(left), 0, Math.round(left + step) - Math.round(left), height);
      }
    };
    const sizes = new ResizeObserver(draw);
    sizes.observe(target);
    return () => sizes.disconnect();
  }, [cells, colours]);

  const at = hover.value;
  const cell = at && cells[at.index];
  return (
    <div class="heat"
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const left = event.clientX - box.left;
        const index = Math.floor((left / box.width) * cells.length);
        hover.value = { index, left, width: box.width };
      }}
      onPointerLeave={() => (hover.value = undefined)}>
      <canvas ref={canvas} aria-hidden="true" />
      {at && cell?.drift && (
        <Tip left={at.left} width={at.width} content={{
          title: moment(cell.tick),
          rows: [
            ['score', number(cell.drift.score, 3), cell.drift.drifted ? 'heat' : 'line'],
            ['threshold', number(cell.drift.threshold, 3)],
            ['chance alone', number(cell.drift.noise, 3)],
          ],
          note: cell.drift.enough_data
            ? (cell.drift.drifted ? 'drifted' : 'within its limits')
            : 'too few rows to tell',
        }} />
      )}
    </div>
  );
}
