// The monitored metric over event time: what the champion does, against what it is expected to do.
// Above it run the rollouts; a new champion begins a new line.

import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Entry, MonitorWindow, Rollout } from '../api/types';
import { eValue, number, percent, whole } from '../format/number';
import { moment, seconds } from '../format/time';
import { endingWords, metricName } from '../loop/words';
import { colour } from '../theme';
import { drawDown, drawText, ratio, timeAxis, tzDate, valueAxis } from './canvas';
import { Chart, type Zoom } from './chart';
import type { TipContent } from './tip';

interface Props {
  windows: MonitorWindow[];
  entries: Entry[];
  rollouts: Rollout[];
  metric: string | undefined;
  selected: Entry | undefined;
  zoom: Zoom | undefined;
  onZoom: (zoom: Zoom | undefined) => void;
}

const HEIGHT = 250;
const LANE = 16; // the rollouts' lane above the plot, with its gap
const NAMED_LANE = 84; // a bar has room for its name from this width on

type Row = { at: number; window: MonitorWindow | undefined };

// One row a tick, and an empty one where another version begins, so that no line joins the two.
function rowsOf(windows: readonly MonitorWindow[]): Row[] {
  const rows: Row[] = [];
  for (const window of windows) {
    const at = seconds(window.tick);
    const before = rows.at(-1);
    if (before?.window && before.window.version !== window.version) {
      rows.push({ at: (before.at + at) / 2, window: undefined });
    }
    rows.push({ at, window });
  }
  return rows;
}

function dataOf(rows: readonly Row[]): uPlot.AlignedData {
  const mean = (w: MonitorWindow | undefined) => (w && w.labelled > 0 ? w.mean : null);
  // The faint line of unfinished windows goes on to the first finished one, without a hole.
  const unfinished = (row: Row, i: number) => {
    const previous = rows[i - 1]?.window;
    return row.window && (!row.window.enough || (previous && !previous.enough));
  };
  return [
    rows.map((r) => r.at),
    rows.map((r, i) => (unfinished(r, i) ? mean(r.window) : null)),
    rows.map((r) => (r.window?.enough ? mean(r.window) : null)),
    rows.map((r) => r.window?.threshold ?? null),
    rows.map((r) => r.window?.reference ?? null),
  ];
}

function drawBreaches(u: uPlot, rows: readonly Row[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = colour('bad-wash');
  for (let i = 0; i < rows.length; ++i) {
    if (!rows[i]!.window?.breached) continue;
    const first = i;
    while (rows[i + 1]?.window?.breached) ++i;
    const left = Math.max(u.valToPos(rows[first]!.at, 'x', true), bbox.left);
    const right = Math.min(u.valToPos(rows[i + 1]?.at ?? rows[i]!.at, 'x', true),
      bbox.left + bbox.width);
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

function drawChampions(u: uPlot, rows: readonly Row[]): void {
  rows.forEach((row, i) => {
    const changed = row.window && i > 0 && rows[i - 1]!.window === undefined;
    if (!changed) return;
    const x = drawDown(u, row.at, { stroke: colour('good'), dash: [2, 3], width: 1.25 });
    if (x === undefined) return;
    const { left, top, width, height } = u.bbox;
    const fits = left + width - x > NAMED_LANE * ratio();
    drawText(u, `v${row.window!.version} champion`, x + (fits ? 6 : -6) * ratio(),
      top + height - 10 * ratio(), colour('good'), fits ? 'left' : 'right');
  });
}

function drawRollouts(u: uPlot, rollouts: readonly Rollout[]): void {
  const { ctx, bbox } = u;
  const top = bbox.top - LANE * ratio();
  const height = 6 * ratio();
  const end = bbox.left + bbox.width;
  for (const rollout of rollouts) {
    const from = u.valToPos(seconds(rollout.started), 'x', true);
    const to = rollout.ended ? u.valToPos(seconds(rollout.ended), 'x', true) : end;
    const left = Math.max(from, bbox.left);
    const width = Math.min(Math.max(to, from + 4 * ratio()), end) - left;
    if (width <= 0 || left > end) continue;
    const { tone } = endingWords(rollout.ending);
    ctx.save();
    ctx.fillStyle = colour(tone);
    ctx.beginPath();
    ctx.roundRect(left, top, width, height, height / 2);
    ctx.fill();
    ctx.restore();
    const room = width > NAMED_LANE * ratio();
    const name = room ? `v${rollout.candidate} on trial` : `v${rollout.candidate}`;
    drawText(u, name, left, top - 9 * ratio(), colour('ink-soft'));
  }
}

// Where decisions were made: a dot on the line.
function drawBreachMarks(u: uPlot, entries: readonly Entry[]): void {
  const { ctx, bbox } = u;
  for (const entry of entries) {
    if (entry.kind !== 'monitor.breach' || typeof entry.data.mean !== 'number') continue;
    const x = u.valToPos(seconds(entry.happened), 'x', true);
    const y = u.valToPos(entry.data.mean, 'y', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.fillStyle = colour('bad');
    ctx.strokeStyle = colour('surface');
    ctx.lineWidth = 2 * ratio();
    ctx.beginPath();
    ctx.arc(x, y, 5.5 * ratio(), 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
    ctx.restore();
    drawText(u, 'breach', x - 9 * ratio(), y - 9 * ratio(), colour('bad'), 'right', 600);
  }
}

function tipOf(row: Row | undefined, metric: string | undefined): TipContent | undefined {
  const w = row?.window;
  if (!w) return undefined;
  if (w.labelled === 0) return { title: moment(w.tick), rows: [], note: w.reason };
  return {
    title: moment(w.tick),
    rows: [
      [`mean ${metricName(metric)}`, number(w.mean), 'line'],
      ['threshold', number(w.threshold), 'limit'],
      ['reference', number(w.reference), 'reference'],
      ['e-value', eValue(w.e_value)],
      ['labels', `${whole(w.labelled)} (${percent(w.coverage)})`],
      ['version', String(w.version)],
    ],
    note: w.enough ? (w.breached ? 'breach' : 'quiet') : w.reason,
  };
}

export function MetricChart(props: Props) {
  const { windows, entries, rollouts, metric, selected } = props;
  const rows = useMemo(() => rowsOf(windows), [windows]);
  const data = useMemo(() => dataOf(rows), [rows]);
  const plan = useMemo(() => () => {
    const line = (stroke: string, width: number, dash?: number[]): uPlot.Series => ({
      stroke: colour(stroke), width, points: { show: false }, ...(dash ? { dash } : {}),
    });
    return {
      tzDate,
      padding: [34, 20, 0, 0] as uPlot.Padding,
      series: [
        {},
        line('line-faint', 1.5),
        line('line', 2),
        line('limit', 1.25, [5, 4]),
        line('reference', 1.25),
      ],
      scales: {
        y: {
          range: (_u: uPlot, min: number, max: number): uPlot.Range.MinMax => {
            const pad = Math.max((max - min) * 0.12, max * 0.02, 1e-6);
            return [Math.max(min - pad, 0), max + pad];
          },
        },
      },
      axes: [timeAxis(), valueAxis((splits) => splits.map((s) => number(s, 3)))],
      hooks: {
        drawClear: [(u: uPlot) => drawBreaches(u, rows)],
        draw: [(u: uPlot) => {
          drawRollouts(u, rollouts);
          drawChampions(u, rows);
          drawBreachMarks(u, entries);
          if (selected) {
            drawDown(u, seconds(selected.happened), { stroke: colour('accent'), width: 1.5 });
          }
        }],
      },
    };
  }, [rows, entries, rollouts, selected]);
  const tip = useMemo(() => (index: number) => tipOf(rows[index], metric), [rows, metric]);
  return (
    <Chart label={`${metricName(metric)} over event time. ${windows.at(-1)?.reason ?? ''}.`}
      height={HEIGHT} data={data} plan={plan} tip={tip} zoom={props.zoom} onZoom={props.onZoom} />
  );
}
