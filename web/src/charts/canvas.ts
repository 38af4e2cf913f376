// Small pieces that the charts draw with.

import uPlot from 'uplot';
import { axisLabels } from '../format/time';
import { colour } from '../theme';

const font = (px: number, weight = 400) =>
  `${weight} ${px}px ${getComputedStyle(document.body).fontFamily}`;

// uPlot draws in device pixels.
export const ratio = () => devicePixelRatio || 1;

export function timeAxis(): uPlot.Axis {
  return {
    stroke: colour('ink-soft'),
    font: font(11),
    size: 38,
    gap: 6,
    space: 64,
    grid: { show: false },
    ticks: { stroke: colour('hairline'), width: 1, size: 5 },
    values: (_u, splits, _axis, _space, step) => axisLabels(splits, step),
  };
}

export function valueAxis(values: (splits: number[]) => (string | null)[]): uPlot.Axis {
  return {
    stroke: colour('ink-soft'),
    font: font(11),
    size: 52,
    gap: 6,
    space: 36,
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { show: false },
    values: (_u, splits) => values(splits),
  };
}

export const tzDate = (secondsSinceEpoch: number): Date =>
  uPlot.tzDate(new Date(secondsSinceEpoch * 1000), 'Etc/UTC');

interface LineStyle {
  stroke: string;
  dash?: number[];
  width?: number;
}

export function drawAcross(u: uPlot, value: number, style: LineStyle, scale = 'y'): void {
  const { ctx, bbox } = u;
  const y = Math.round(u.valToPos(value, scale, true));
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = style.stroke;
  ctx.lineWidth = (style.width ?? 1) * ratio();
  ctx.setLineDash((style.dash ?? []).map((d) => d * ratio()));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

export function drawDown(u: uPlot, seconds: number, style: LineStyle): number | undefined {
  const { ctx, bbox } = u;
  const x = Math.round(u.valToPos(seconds, 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return undefined;
  ctx.save();
  ctx.strokeStyle = style.stroke;
  ctx.lineWidth = (style.width ?? 1) * ratio();
  ctx.setLineDash((style.dash ?? []).map((d) => d * ratio()));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
  return x;
}

export function drawText(
  u: uPlot, text: string, x: number, y: number, fill: string,
  align: CanvasTextAlign = 'left', weight = 500,
): void {
  const { ctx } = u;
  ctx.save();
  ctx.font = font(11 * ratio(), weight);
  ctx.fillStyle = fill;
  ctx.textAlign = align;
  ctx.textBaseline = 'middle';
  ctx.fillText(text, x, y);
  ctx.restore();
}

// A line across with its name above its beginning: what reaches a limit does so at the end.
export function drawLimit(u: uPlot, value: number, name: string, stroke: string): void {
  drawAcross(u, value, { stroke, dash: [5, 4], width: 1.25 });
  const y = u.valToPos(value, 'y', true);
  drawText(u, name, u.bbox.left + 8 * ratio(), y - 9 * ratio(), stroke);
}
