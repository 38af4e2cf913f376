// One metric of one or several runs: along steps or time, smoothed or not, with marks where a value
// is no number.

import { useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { number, whole } from '../format/number';
import { exactMoment } from '../format/time';
import { at, drawn, lonely, sinceBegin, type Axis, type Line, type Mark } from '../tracking/series';
import { isoOf, stepText } from '../tracking/words';
import { colour } from '../theme';
import { drawText, ratio, timeAxis, tzDate, valueAxis } from './canvas';
import { Chart, type Zoom } from './chart';
import { logRange } from './log';
import type { TipContent } from './tip';

const HEIGHT = 220;
const FEW = 2; // so few points are drawn as dots, too; of more only those that no line reaches
const FAINT = 0.28;

function place(x: number, axis: Axis): string {
  if (axis === 'step') return `step ${whole(x)}`;
  return axis === 'time' ? exactMoment(isoOf(x * 1000)) : `after ${sinceBegin(x)}`;
}

function xAxis(axis: Axis): uPlot.Axis {
  if (axis === 'time') return timeAxis();
  const text = axis === 'step' ? stepText : sinceBegin;
  return {
    ...valueAxis((splits) => splits.map(text)),
    size: 32, space: 70, grid: { show: false },
    ticks: { stroke: colour('hairline'), width: 1, size: 5 },
    ...(axis === 'step' ? { incrs: [1, 2, 5].flatMap((n) => powers(n)).sort((a, b) => a - b) } : {}),
  };
}

// Steps are whole: no axis of them is divided more finely.
const powers = (n: number) => Array.from({ length: 15 }, (_, i) => n * 10 ** i);

function drawMarks(u: uPlot, marks: readonly Mark[], lines: readonly Line[]): void {
  const { ctx, bbox } = u;
  const size = 4.5 * ratio();
  let lastText = -Infinity;
  for (const { x, line, kind } of marks) {
    const left = u.valToPos(x, 'x', true);
    if (left < bbox.left || left > bbox.left + bbox.width) continue;
    const up = kind === '∞';
    const edge = up ? bbox.top : bbox.top + bbox.height;
    const inwards = up ? size : -size;
    ctx.save();
    ctx.fillStyle = colour(lines.length > 1 ? lines[line]!.colour : 'bad');
    ctx.beginPath();
    ctx.moveTo(left - size, edge + inwards * 2);
    ctx.lineTo(left + size, edge + inwards * 2);
    ctx.lineTo(left, edge);
    ctx.fill();
    ctx.restore();
    if (left - lastText < 40 * ratio()) continue;
    drawText(u, kind, left, edge + inwards * 4, colour('bad'), 'center');
    lastText = left;
  }
}

// Room around what is drawn, also around a line that never changes.
function heights(min: number | null, max: number | null, log: boolean): uPlot.Range.MinMax {
  if (min === null || max === null || !Number.isFinite(min + max)) return log ? [0.1, 10] : [0, 1];
  if (log) return logRange(min / 1.1, max * 1.1);
  const pad = (max - min) * 0.08 || Math.abs(max) * 0.1 || 1;
  return [min - pad, max + pad];
}

export function LinesChart({ label, lines, axis, log, smooth, zoom, onZoom, height = HEIGHT }: {
  label: string;
  lines: readonly Line[];
  axis: Axis;
  log: boolean;
  smooth: number;
  zoom: Zoom | undefined;
  onZoom: (zoom: Zoom | undefined) => void;
  height?: number;
}) {
  const { xs, raw, smooth: means, marks } = useMemo(
    () => drawn(lines, { axis, log, smooth }), [lines, axis, log, smooth]);
  const data = useMemo(
    () => [xs, ...raw, ...means] as unknown as uPlot.AlignedData, [xs, raw, means]);
  const few = xs.length <= FEW;
  const colours = lines.map((l) => l.colour).join();
  // What is appended changes the data, not the plan: a chart is not made anew for it.
  const marked = useRef({ marks, lines });
  marked.current = { marks, lines };

  const plan = useMemo(() => () => {
    const alone: uPlot.Series.Points.Filter = (u, series, all) => {
      const found = all ? [] : lonely(u.data[series] as (number | null | undefined)[]);
      return found.length > 0 ? found : null;
    };
    const bold = lines.map(({ colour: tone }): uPlot.Series => ({
      stroke: colour(tone), width: 1.75,
      points: { show: few, filter: alone, size: 6, fill: colour(tone), stroke: colour(tone) },
    }));
    const faint = lines.map(({ colour: tone }): uPlot.Series => ({
      stroke: colour(tone), width: 1, alpha: FAINT, points: { show: false },
    }));
    return {
      tzDate,
      padding: [14, 20, 0, 0] as uPlot.Padding,
      series: [{}, ...(smooth > 0 ? [...faint, ...bold] : bold)],
      scales: {
        y: {
          ...(log ? { distr: 3 as const, log: 10 as const } : {}),
          range: (_u: uPlot, min: number | null, max: number | null) => heights(min, max, log),
        },
      },
      axes: [xAxis(axis), {
        ...valueAxis((splits) => splits.map((s) => (s === null ? null : number(s, 3)))),
        size: 58,
      }],
      hooks: { draw: [(u: uPlot) => drawMarks(u, marked.current.marks, marked.current.lines)] },
    };
  }, [colours, few, smooth > 0, log, axis]);

  const tip = useMemo(() => (index: number): TipContent | undefined => {
    const x = xs[index];
    if (x === undefined) return undefined;
    const read = (line: Line, i: number): [string, string, string, number] | undefined => {
      const value = at(raw[i]!, index);
      if (value === undefined) return undefined;
      const odd = marks.find((mark) => mark.line === i && mark.x === x);
      const text = value === null ? (odd?.kind ?? 'no number') : number(value, 6);
      const mean = means[i] && at(means[i], index);
      return [line.name, mean == null ? text : `${number(mean, 6)} (${text})`, line.colour,
        value ?? -Infinity];
    };
    const rows = lines.map(read).filter((row) => row !== undefined)
      .sort((a, b) => b[3] - a[3])
      .map(([name, value, swatch]): [string, string, string] => [name, value, swatch]);
    return rows.length > 0 ? { title: place(x, axis), rows } : undefined;
  }, [xs, raw, means, lines, marks, axis]);

  return (
    <Chart label={label} height={height} data={data} plan={plan} tip={tip} zoom={zoom}
      onZoom={onZoom} timed={axis === 'time'} />
  );
}
