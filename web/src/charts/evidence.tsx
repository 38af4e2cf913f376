// The evidence of one phase of a rollout, tick by tick: e-values on a logarithmic axis against what
// they have to reach, and the daily gain with its confidence sequence against zero.

import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import type { Point } from '../api/types';
import { eValue, number, plural, signed, toNumber } from '../format/number';
import { moment, seconds } from '../format/time';
import { colour } from '../theme';
import {
  drawAcross, drawLimit, drawText, ratio, timeAxis, tzDate, valueAxis,
} from './canvas';
import { Chart } from './chart';
import { logRange } from './log';
import type { TipContent } from './tip';

const HEIGHT = 190;
const GAIN_HEIGHT = 200;
const FEW = 4; // so few points are drawn as dots, too
// Canvases count in 32-bit floats; beyond this an e-value is "enormous" whatever it is.
const LARGEST = 1e12;

export interface Process {
  name: string;
  tone: string; // its colour
  value: (point: Point) => number | string;
}

const drawn = (value: number | string) => Math.min(Math.max(toNumber(value), 1e-3), LARGEST);

// One line and one label for each power of ten.
const decades = (_u: uPlot, splits: number[]) =>
  splits.map((s) => (Math.abs(Math.log10(s) % 1) < 1e-9 ? s : null));

function dots(count: number, tone: string): uPlot.Series.Points {
  return { show: count <= FEW, size: 6, fill: colour(tone), stroke: colour(tone) };
}

export interface Course {
  since: string; // all e-values are 1 here
  until: number; // the axis reaches at least this far
  points: Point[];
}

export function EvidenceChart({ label, course, processes, limit, limitName, limitTone }: {
  label: string;
  course: Course;
  processes: Process[];
  limit: number;
  limitName: string;
  limitTone: string;
}) {
  const { since, points, until } = course;
  const data = useMemo((): uPlot.AlignedData => [
    [seconds(since), ...points.map((p) => seconds(p.tick))],
    ...processes.map((process) => [1, ...points.map((p) => drawn(process.value(p)))]),
  ], [since, points, processes]);

  const plan = useMemo(() => () => ({
    tzDate,
    padding: [10, 20, 0, 0] as uPlot.Padding,
    series: [
      {},
      ...processes.map(({ tone }): uPlot.Series => ({
        stroke: colour(tone), width: 2, points: dots(points.length, tone),
      })),
    ],
    scales: {
      y: {
        distr: 3 as const,
        log: 10 as const,
        range: (_u: uPlot, min: number, max: number): uPlot.Range.MinMax =>
          logRange(Math.min(min / 1.5, 0.4), Math.max(max * 1.8, limit * 2.6)),
      },
    },
    axes: [
      timeAxis(),
      {
        ...valueAxis((splits) => splits.map((s) => (s === null ? null : number(s)))),
        grid: { stroke: colour('grid'), width: 1, filter: decades },
        filter: decades,
        size: 44,
      },
    ],
    hooks: {
      drawClear: [(u: uPlot) => {
        // Beyond the limit lies the decision.
        const y = u.valToPos(limit, 'y', true);
        const { ctx, bbox } = u;
        ctx.save();
        ctx.fillStyle = colour(`${limitTone}-wash`);
        ctx.fillRect(bbox.left, bbox.top, bbox.width, Math.max(y - bbox.top, 0));
        ctx.restore();
      }],
      draw: [(u: uPlot) => {
        drawAcross(u, 1, { stroke: colour('reference') });
        drawLimit(u, limit, `${number(limit)} ${limitName}`, colour(limitTone));
      }],
    },
  }), [points.length, processes, limit, limitName, limitTone]);

  const tip = useMemo(() => (index: number): TipContent | undefined => {
    const point = points[index - 1];
    if (!point) return { title: moment(since), rows: [], note: 'evidence starts at 1' };
    return {
      title: moment(point.tick),
      rows: [
        ...processes.map((p): [string, string, string] =>
          [p.name, eValue(p.value(point)), p.tone]),
        ['limit', number(limit), limitTone],
      ],
      note: `${plural(point.days, 'day')}, ${plural(point.pairs || point.rows, 'row')}`,
    };
  }, [since, points, processes, limit, limitTone]);

  return <Chart label={label} height={HEIGHT} data={data} plan={plan} tip={tip} until={until} />;
}

export interface Gain {
  mean: number;
  lower: number;
  upper: number;
}

export function GainChart({ label, course, gain, unit }: {
  label: string;
  course: Course;
  gain: (point: Point) => Gain;
  unit: string;
}) {
  const { since, points, until } = course;
  // It begins where the evidence does, so that both axes agree.
  const data = useMemo((): uPlot.AlignedData => {
    const gains = points.map(gain);
    return [
      [seconds(since), ...points.map((p) => seconds(p.tick))],
      [null, ...gains.map((g) => g.upper)],
      [null, ...gains.map((g) => g.lower)],
      [null, ...gains.map((g) => g.mean)],
    ];
  }, [since, points, gain]);

  const plan = useMemo(() => () => ({
    tzDate,
    padding: [10, 20, 0, 0] as uPlot.Padding,
    series: [
      {},
      { stroke: colour('band-edge'), width: 1, points: dots(points.length, 'band-edge') },
      { stroke: colour('band-edge'), width: 1, points: dots(points.length, 'band-edge') },
      { stroke: colour('trial'), width: 2, points: dots(points.length, 'trial') },
    ],
    bands: [{ series: [1, 2] as [number, number], fill: colour('band') }],
    scales: {
      y: {
        range: (_u: uPlot, min: number, max: number): uPlot.Range.MinMax => {
          // Room above and below for the words.
          const size = Math.max(Math.abs(min), Math.abs(max), 1e-6) * 1.32;
          return [min < 0 ? -size : -size * 0.25, size];
        },
      },
    },
    axes: [timeAxis(), valueAxis((splits) => splits.map((s) => signed(s, 3)))],
    hooks: {
      draw: [(u: uPlot) => {
        drawAcross(u, 0, { stroke: colour('ink-soft'), width: 1.25 });
        const { left, top, height } = u.bbox;
        drawText(u, '↑ better', left + 8 * ratio(), top + 7 * ratio(), colour('good'));
        drawText(u, '↓ worse', left + 8 * ratio(), top + height - 7 * ratio(), colour('bad'));
      }],
    },
  }), [points.length]);

  const tip = useMemo(() => (index: number): TipContent | undefined => {
    const point = points[index - 1];
    if (!point) return undefined;
    const g = gain(point);
    return {
      title: moment(point.tick),
      rows: [
        ['mean daily gain', signed(g.mean), 'trial'],
        ['at most', signed(g.upper), 'band-edge'],
        ['at least', signed(g.lower), 'band-edge'],
      ],
      note: `${unit}, ${plural(point.days, 'day')}`,
    };
  }, [points, gain, unit]);

  return <Chart label={label} height={GAIN_HEIGHT} data={data} plan={plan} tip={tip} until={until} />;
}
