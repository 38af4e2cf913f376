// A uPlot chart with what all of ours share: the width of its place, the colours of the theme, a
// tooltip that also speaks, arrow keys, and zoom by dragging.

import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import uPlot from 'uplot';
import { paint } from '../theme';
import { Tip, tipText, type TipContent } from './tip';

export interface Zoom {
  from: number;
  to: number;
}

export interface ChartProps {
  label: string; // what it shows, for those who do not see it
  height: number;
  data: uPlot.AlignedData;
  // Called again whenever it is another function or the colours have changed: memoize it.
  plan: () => Omit<uPlot.Options, 'width' | 'height'>;
  tip: (index: number) => TipContent | undefined;
  until?: number | undefined; // the axis reaches at least this far
  zoom?: Zoom | undefined;
  onZoom?: (zoom: Zoom | undefined) => void;
  timed?: boolean; // the xs are seconds since 1970, which is what they are unless it says no
}

// Fewer pixels than this are a click, not a selection.
const MIN_DRAG = 8;
// Around a single point: half a day, or half a step.
const HALF_DAY = 43200;
const HALF_STEP = 0.5;

// From the first to the last moment, and on to where the chart is meant to reach.
function extent({ data: [xs], zoom, until, timed = true }: ChartProps): [number, number] {
  if (zoom) return [zoom.from, zoom.to];
  const first = xs[0] ?? 0;
  const last = Math.max(xs.at(-1) ?? 0, until ?? first);
  const half = timed ? HALF_DAY : HALF_STEP;
  return first < last ? [first, last] : [first - half, first + half];
}

export function Chart(props: ChartProps) {
  const { label, height, data, plan, tip, zoom, until, onZoom, timed = true } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const hover = useSignal<{ index: number; left: number; width: number } | undefined>(undefined);
  const spoken = useSignal('');
  const colours = paint.value;
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const target = place.current!;
    const own = plan();
    const chart = new uPlot(
      {
        ...own,
        width: target.clientWidth || 320,
        height,
        legend: { show: false },
        scales: {
          ...own.scales,
          x: {
            time: timed,
            range: () => extent(latest.current),
          },
        },
        cursor: {
          y: false,
          points: { size: 7 },
          drag: { x: onZoom !== undefined, y: false, setScale: false },
          bind: {
            dblclick: () => () => {
              latest.current.onZoom?.(undefined);
              return null;
            },
          },
          ...own.cursor,
        },
        hooks: {
          ...own.hooks,
          setCursor: [(u) => {
            const { idx, left } = u.cursor;
            hover.value = idx == null || left === undefined || left < 0
              ? undefined
              : { index: idx, left: left + u.over.offsetLeft, width: target.clientWidth };
          }],
          setSelect: [(u) => {
            const { left, width } = u.select;
            if (width >= MIN_DRAG) {
              latest.current.onZoom?.({
                from: u.posToVal(left, 'x'),
                to: u.posToVal(left + width, 'x'),
              });
            }
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          }],
        },
      },
      latest.current.data,
      target,
    );
    plot.current = chart;
    const sizes = new ResizeObserver(() => {
      const width = target.clientWidth;
      if (width > 0 && width !== chart.width) chart.setSize({ width, height });
    });
    sizes.observe(target);
    return () => {
      sizes.disconnect();
      chart.destroy();
      plot.current = undefined;
      hover.value = undefined;
    };
  }, [plan, height, colours, timed]);

  useEffect(() => plot.current?.setData(data), [data, zoom?.from, zoom?.to, until]);

  const move = (event: KeyboardEvent) => {
    const u = plot.current;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!u || step === undefined) return;
    event.preventDefault();
    // Among what is seen: the cursor has no place beyond.
    const [xs] = u.data;
    const { min = -Infinity, max = Infinity } = u.scales.x!;
    const first = xs.findIndex((x) => x >= min);
    const last = xs.findLastIndex((x) => x <= max);
    if (first < 0 || last < first) return;
    const from = u.cursor.idx ?? (step < 0 ? last + 1 : first - 1);
    let index = Math.min(Math.max(from + step, first), last);
    while (tip(index) === undefined && index > first && index < last) index += step;
    u.setCursor({ left: u.valToPos(u.data[0][index]!, 'x'), top: u.over.clientHeight / 2 });
    const content = tip(index);
    spoken.value = content ? tipText(content) : '';
  };

  const at = hover.value;
  const content = useMemo(() => at && tip(at.index), [at?.index, tip]);
  return (
    <div class="chart" tabIndex={0} role="group" aria-label={`${label} Arrow keys read values.`}
      onKeyDown={move} onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}>
      <div class="chart-place" ref={place} style={{ height: `${height}px` }} aria-hidden="true" />
      {at && content && <Tip content={content} left={at.left} width={at.width} />}
      <span class="unseen" aria-live="polite">{spoken.value}</span>
    </div>
  );
}
