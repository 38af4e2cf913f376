// Drift of the features from what the champion was trained on. It is shown, and decides nothing.

import { useMemo } from 'preact/hooks';
import type { MonitorWindow } from '../api/types';
import { HeatStrip, type HeatCell } from '../charts/heat';
import { number } from '../format/number';
import { range } from '../format/time';

export function DriftTable({ windows }: { windows: MonitorWindow[] }) {
  const latest = windows.at(-1);
  const rows = useMemo(() => {
    const seen = windows.filter((w) => w.rows > 0);
    return [...(latest?.drift ?? [])]
      .sort((a, b) => Number(b.drifted) - Number(a.drifted) || b.score - a.score)
      .map((drift) => ({
        drift,
        cells: seen.map((w): HeatCell => ({
          tick: w.tick, drift: w.drift.find((d) => d.feature === drift.feature),
        })),
      }));
  }, [windows]);
  if (!latest || rows.length === 0) {
    return <p class="soft">No window has been compared with the reference yet.</p>;
  }
  const drifted = rows.filter((r) => r.drift.drifted).length;
  return (
    <>
      <p class="section-note">
        {drifted === 0 ? 'No feature has' : drifted === 1 ? 'One feature has' : `${drifted} features have`}
        {' '}moved away from the reference: a score (Jensen-Shannon distance) above what chance
        explains and above its limit. Drift is shown; by itself it decides nothing.
      </p>
      <table class="drift">
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col" class="drift-strip">{range(windows[0]!.tick, latest.tick)}</th>
            <th scope="col" title="Jensen-Shannon distance to the reference">Score</th>
            <th scope="col" title="What the score stays below without any drift">Chance</th>
            <th scope="col" title="What matters in practice">Limit</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ drift, cells }) => (
            <tr key={drift.feature} class={drift.drifted ? 'drifted' : ''}>
              <th scope="row" title={drift.feature}>{drift.feature}</th>
              <td class="drift-strip"><HeatStrip cells={cells} /></td>
              <td>{number(drift.score, 3)}{drift.drifted && <span class="unseen"> (drifted)</span>}</td>
              <td class="soft">{number(drift.noise, 2)}</td>
              <td class="soft">{number(drift.threshold, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
