// The charts of all metrics of one or several runs. How they are drawn stands in the address; only
// those that are seen are read and drawn.

import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { Histories } from '../api/history';
import type { Run } from '../api/mlflow';
import type { Zoom } from '../charts/chart';
import { LinesChart } from '../charts/lines';
import { param, setParams } from '../router';
import { valueOf } from '../tracking/columns';
import { lineColour, MAX_LINES } from '../tracking/compare';
import { AXES, groupsOf, type Axis, type Line } from '../tracking/series';
import { metricText, nameOf } from '../tracking/words';
import { Problem } from './bits';
import { Check, Select } from './form';

const HEIGHT = 220;
const NEAR = '300px'; // so far from the window a chart is made ready
const MAX_SMOOTH = 0.99;

const axisShown = (): Axis => AXES.find((axis) => axis === param('x')) ?? 'step';
const AXIS_WORDS: Record<Axis, string> = {
  step: 'step', time: 'time', relative: 'time since the beginning',
};

function smoothShown(): number {
  const by = Number(param('smooth') ?? 0);
  return by > 0 && by <= MAX_SMOOTH ? by : 0;
}

// "10..250" in the address.
function zoomOf(text: string | undefined): Zoom | undefined {
  const [from, to] = (text ?? '').split('..').map(Number);
  return from !== undefined && to !== undefined && from < to ? { from, to } : undefined;
}

const setZoom = (zoom: Zoom | undefined) => setParams({
  zoom: zoom && [zoom.from, zoom.to].map((n) => Number(n.toPrecision(13))).join('..'),
});

// Whether an element is near the window, or has been.
function useNear() {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(
      ([entry]) => setNear(entry!.isIntersecting), { rootMargin: NEAR });
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  return { place, near };
}

interface Drawing {
  axis: Axis;
  log: boolean;
  smooth: number;
  zoom: Zoom | undefined;
}

function Lines({ runs, metric, histories, drawing }: {
  runs: readonly Run[]; metric: string; histories: Histories; drawing: Drawing;
}) {
  const history = histories.of(runs, metric);
  const { axis, zoom } = drawing;
  const close = zoom && axis === 'step'
    ? histories.between(runs, metric, zoom.from, zoom.to)?.value.value : undefined;
  const points = close ?? history.value.value;
  const error = history.error.value;
  const lines = useMemo(() => runs.map((run, i): Line => ({
    name: runs.length === 1 ? metric : nameOf(run), colour: lineColour(i),
    points: points?.get(run.info.run_id) ?? [],
  })), [points, runs.map(nameOf).join()]);
  if (!points) {
    return error ? <Problem error={error} retry={() => void history.refresh()} /> : null;
  }
  return (
    <LinesChart label={`${metric} by ${AXIS_WORDS[drawing.axis]}.`} lines={lines} height={HEIGHT}
      {...drawing} onZoom={setZoom} />
  );
}

function Panel({ runs, metric, histories, drawing }: Parameters<typeof Lines>[0]) {
  const { place, near } = useNear();
  const value = runs.length === 1
    ? valueOf(runs[0]!, { scope: 'metrics', key: metric }) : undefined;
  return (
    <section class="card metric" aria-label={metric} ref={place}>
      <h3>
        <span class="metric-name" title={metric}>{metric}</span>
        {value !== undefined && <b>{metricText(value)}</b>}
      </h3>
      <div class="metric-place">
        {near && <Lines runs={runs} metric={metric} histories={histories} drawing={drawing} />}
      </div>
    </section>
  );
}

function Tools({ drawing, metrics }: { drawing: Drawing; metrics: number }) {
  const { axis, log, smooth, zoom } = drawing;
  const id = useId();
  const [by, setBy] = useState(smooth);
  useEffect(() => setBy(smooth), [smooth]);
  const keep = (value: number) => setParams({ smooth: value > 0 ? String(value) : undefined });
  return (
    <div class="tools chart-tools">
      <input type="search" class="search" placeholder="Search metrics" aria-label="Search metrics"
        value={param('metric') ?? ''} maxLength={250}
        onInput={(event) => setParams({ metric: event.currentTarget.value || undefined })} />
      <Select label="Along" value={axis} options={AXES.map((of) => [of, AXIS_WORDS[of]] as const)}
        onChange={(of) => setParams({ x: of === 'step' ? undefined : of, zoom: undefined })} />
      <div class="slider">
        <label for={id}>Smoothing</label>
        <output for={id}>{by.toFixed(2)}</output>
        <input id={id} type="range" min="0" max={MAX_SMOOTH} step="0.01" value={by}
          onInput={(event) => setBy(Number(event.currentTarget.value))}
          onChange={(event) => keep(Number(event.currentTarget.value))} />
      </div>
      <Check label="Logarithmic" checked={log}
        onChange={(on) => setParams({ log: on ? '1' : undefined })} />
      {zoom && (
        <button type="button" class="link-button" onClick={() => setZoom(undefined)}>show all</button>
      )}
      <span class="unseen" role="status">{metrics} metrics</span>
    </div>
  );
}

export function MetricCharts({ runs: all }: { runs: readonly Run[] }) {
  const runs = all.slice(0, MAX_LINES);
  const ids = runs.map((run) => run.info.run_id).join();
  const histories = useMemo(() => new Histories(), [ids]);
  const zoomText = param('zoom');
  const zoom = useMemo(() => zoomOf(zoomText), [zoomText]);
  const drawing: Drawing = {
    axis: axisShown(), log: param('log') === '1', smooth: smoothShown(), zoom,
  };
  const keys = [...new Set(runs.flatMap((run) => (run.data.metrics ?? []).map((m) => m.key)))];
  const word = (param('metric') ?? '').toLowerCase();
  const shown = keys.filter((key) => key.toLowerCase().includes(word));
  if (keys.length === 0) return <p class="soft">Nothing has been measured yet.</p>;
  return (
    <div class="metrics">
      <Tools drawing={drawing} metrics={shown.length} />
      {runs.length > 1 && (
        <p class="legend">
          {runs.map((run, i) => (
            <span key={run.info.run_id} class="legend-run" title={nameOf(run)}>
              <i class={`swatch ${lineColour(i)}`} />{nameOf(run)}
            </span>
          ))}
          {all.length > runs.length && <span>of {all.length} runs the first {MAX_LINES} are drawn</span>}
        </p>
      )}
      {groupsOf(shown).map(([group, metrics]) => (
        <section key={group} aria-label={group || 'Metrics'}>
          {group !== '' && <h2>{group}</h2>}
          <div class="metric-panels">
            {metrics.map((metric) => (
              <Panel key={metric} runs={runs} metric={metric} histories={histories}
                drawing={drawing} />
            ))}
          </div>
        </section>
      ))}
      {shown.length === 0 && <p class="soft">No metric has that in its name.</p>}
    </div>
  );
}
