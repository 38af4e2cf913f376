// A table of any length: only the rows that are seen are in the document. Rows have one height, and
// what is above and below them is one empty row each. More is asked for before the end is seen.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export const ROW_HEIGHT = 36;
const BEYOND = 8; // rows that are kept ready above and below
const AHEAD = 60; // rows before the end at which more is asked for

export interface GridColumn {
  id: string;
  width: number; // pixels
  head: ComponentChildren;
  sorted?: 'ascending' | 'descending' | undefined;
  kind?: 'number' | 'name' | 'check';
}

// A column with what it shows of an item.
export interface ItemColumn<Item> extends GridColumn {
  of: (item: Item) => ComponentChildren;
}

export interface GridHandle {
  atTop: () => boolean;
}

export function Grid({ label, of, columns, count, rowKey, cell, rowClass, ended, more, handle }: {
  label: string;
  of: unknown; // what the rows answer: another one is looked at from its beginning
  columns: readonly GridColumn[];
  count: number;
  rowKey: (row: number) => string;
  cell: (row: number, column: number) => ComponentChildren;
  rowClass?: (row: number) => string;
  ended: boolean; // there are no more rows than these
  more: () => void;
  handle?: (grid: GridHandle) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ first: 0, rows: 30 });
  const wanted = useRef<{ row: number; control: number } | undefined>(undefined);

  const look = () => {
    if (!box.current) return; // scrolled by its own end
    const { scrollTop, clientHeight } = box.current;
    const first = Math.floor(scrollTop / ROW_HEIGHT);
    const rows = Math.ceil(clientHeight / ROW_HEIGHT) + 1;
    setSeen((now) => (now.first === first && now.rows === rows ? now : { first, rows }));
  };
  useEffect(() => {
    handle?.({ atTop: () => (box.current?.scrollTop ?? 0) === 0 });
    const sizes = new ResizeObserver(look);
    sizes.observe(box.current!);
    return () => sizes.disconnect();
  }, []);
  useLayoutEffect(() => {
    box.current!.scrollTop = 0;
  }, [of]);
  useLayoutEffect(look, [of, count]);

  const from = Math.max(Math.min(seen.first, count) - BEYOND, 0);
  const to = Math.min(seen.first + seen.rows + BEYOND, count);
  useEffect(() => {
    if (!ended && seen.first + seen.rows + AHEAD > count) more();
  }, [seen, count, ended]);

  // The arrow keys lead from a row to the next one, in the same column, and the page follows.
  const controls = (row: number) =>
    [...box.current!.querySelectorAll<HTMLElement>(`tr[data-row="${row}"] :is(a, button, input)`)];
  useLayoutEffect(() => {
    if (!wanted.current) return;
    const { row, control } = wanted.current;
    const found = controls(row);
    if (found.length === 0) return;
    wanted.current = undefined;
    found[Math.min(control, found.length - 1)]!.focus({ preventScroll: true });
  });
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = (event.target as HTMLElement).closest<HTMLElement>('tr[data-row]');
    if (step === undefined || !here) return;
    event.preventDefault();
    const row = Math.min(Math.max(Number(here.dataset.row) + step, 0), count - 1);
    wanted.current = {
      row, control: controls(Number(here.dataset.row)).indexOf(event.target as HTMLElement),
    };
    const place = box.current!;
    const top = row * ROW_HEIGHT;
    const room = place.clientHeight - 2 * ROW_HEIGHT; // below the head
    if (top < place.scrollTop) place.scrollTop = top;
    else if (top > place.scrollTop + room) place.scrollTop = top - room;
    setSeen((now) => ({ ...now })); // also when nothing had to scroll
  };

  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const gap = (rows: number) => rows > 0 && (
    <tr class="grid-gap" aria-hidden="true">
      <td colSpan={columns.length} style={{ height: `${rows * ROW_HEIGHT}px` }} />
    </tr>
  );
  return (
    <div class="grid" ref={box} tabIndex={0} role="group" aria-label={label} onScroll={look}
      onKeyDown={onKey}>
      <table aria-label={label} aria-rowcount={ended ? count + 1 : -1} style={{ width: `${width}px` }}>
        <colgroup>
          {columns.map((c) => <col key={c.id} style={{ width: `${c.width}px` }} />)}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((c) => (
              <th key={c.id} scope="col" class={c.kind ? `grid-${c.kind}` : ''}
                aria-sort={c.sorted}>{c.head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {gap(from)}
          {Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i).map((row) => (
            <tr key={rowKey(row)} data-row={row} aria-rowindex={row + 2} class={rowClass?.(row) ?? ''}>
              {columns.map((c, i) => (c.kind === 'name'
                ? <th key={c.id} scope="row" class="grid-name">{cell(row, i)}</th>
                : <td key={c.id} class={c.kind ? `grid-${c.kind}` : ''}>{cell(row, i)}</td>))}
            </tr>
          ))}
          {gap(count - to)}
        </tbody>
      </table>
    </div>
  );
}

// A text of which a cell shows what it has room for, and all to whoever points at it.
export const cut = (text: string | undefined) => text && <span title={text}>{text}</span>;
