// The last windows of an endpoint in a thumbnail: the metric against its threshold.

import type { MonitorWindow } from '../api/types';

const WIDTH = 160;
const HEIGHT = 40;
const PAD = 4;

export function Spark({ windows }: { windows: readonly MonitorWindow[] }) {
  const judged = windows.filter((w) => w.labelled > 0);
  const last = judged.at(-1);
  if (!last || judged.length < 2) return <svg class="spark" aria-hidden="true" />;
  const levels = judged.flatMap((w) => [w.mean, w.threshold]);
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const x = (i: number) => PAD + (i / (judged.length - 1)) * (WIDTH - 2 * PAD);
  const y = (v: number) => HEIGHT - PAD - ((v - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
  const path = (value: (w: MonitorWindow) => number) => judged
    .map((w, i) => `${i && judged[i - 1]!.version === w.version ? 'L' : 'M'}` +
      `${x(i).toFixed(1)} ${y(value(w)).toFixed(1)}`)
    .join('');
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="spark-limit" d={path((w) => w.threshold)} />
      <path class="spark-line" d={path((w) => w.mean)} />
      <circle class={last.breached ? 'spark-bad' : 'spark-dot'} r="3"
        cx={x(judged.length - 1)} cy={y(last.mean)} />
    </svg>
  );
}
