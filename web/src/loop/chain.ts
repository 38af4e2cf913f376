// Cause and effect: entries of the timeline as trees, laid out like `git log --graph`.
//
// A story is everything that one entry without a cause led to. In a story every entry stands below
// its cause; an only effect keeps its cause's lane, several effects share the lane to the right.

import type { Entry } from '../api/types';

export interface Rail {
  lane: number;
  from: number; // the cause whose line passes by
  to: number[]; // its effects further down
}

export interface Node {
  entry: Entry;
  cause: Entry | undefined;
  lane: number;
  // How the line from the cause arrives: from above, or from the lane to the left.
  arrives: 'root' | 'straight' | 'branch';
  effects: number[];
  // Lines of earlier entries that pass this row, on other lanes or on to later branches.
  passing: Rail[];
}

export interface Story {
  id: number; // of the root
  nodes: Node[];
  last: number; // the newest id in it
}

const MAX_LANE = 4;

// Every cause before its effects, and each branch whole before the next.
function walk(entry: Entry, effects: Map<number, Entry[]>, visit: (e: Entry) => void): void {
  const open = [entry];
  for (let next = open.pop(); next; next = open.pop()) {
    visit(next);
    open.push(...(effects.get(next.id) ?? []).toReversed());
  }
}

function layOut(root: Entry, effects: Map<number, Entry[]>): Story {
  const nodes: Node[] = [];
  const byId = new Map<number, Node>();
  walk(root, effects, (entry) => {
    const cause = entry === root ? undefined : byId.get(entry.cause!);
    const branches = cause !== undefined && cause.effects.length > 1;
    const node: Node = {
      entry,
      cause: cause?.entry,
      lane: Math.min(cause ? cause.lane + (branches ? 1 : 0) : 0, MAX_LANE),
      arrives: cause === undefined ? 'root' : branches ? 'branch' : 'straight',
      effects: (effects.get(entry.id) ?? []).map((e) => e.id),
      passing: [],
    };
    byId.set(entry.id, node);
    nodes.push(node);
  });
  const row = new Map(nodes.map((node, index) => [node.entry.id, index]));
  for (const node of nodes) {
    const below = node.effects.map((id) => ({ id, row: row.get(id)! }));
    const end = Math.max(row.get(node.entry.id)!, ...below.map((b) => b.row));
    for (let r = row.get(node.entry.id)! + 1; r < end; ++r) {
      const to = below.filter((b) => b.row > r).map((b) => b.id);
      nodes[r]!.passing.push({ lane: node.lane, from: node.entry.id, to });
    }
  }
  return { id: root.id, nodes, last: Math.max(...nodes.map((n) => n.entry.id)) };
}

// Stories by their newest entry, newest first. An entry whose cause is not among the entries is a
// root.
export function stories(entries: readonly Entry[]): Story[] {
  const known = new Set(entries.map((e) => e.id));
  const roots: Entry[] = [];
  const effects = new Map<number, Entry[]>();
  for (const entry of entries) {
    // A cause is older than its effect; anything else would be a circle.
    if (entry.cause === undefined || !known.has(entry.cause) || entry.cause >= entry.id) {
      roots.push(entry);
      continue;
    }
    const list = effects.get(entry.cause);
    if (list) list.push(entry);
    else effects.set(entry.cause, [entry]);
  }
  return roots.map((root) => layOut(root, effects)).sort((a, b) => b.last - a.last);
}

// Everything that came of an entry, without itself.
export function effectsOf(id: number, entries: readonly Entry[]): Set<number> {
  const effects = new Set<number>();
  // Entries are in the order of their ids, so a cause has been seen before its effects.
  for (const entry of entries) {
    const { cause } = entry;
    if (cause !== undefined && cause < entry.id && (cause === id || effects.has(cause))) {
      effects.add(entry.id);
    }
  }
  return effects;
}

// The entry and everything that led to it.
export function causesOf(id: number, entries: readonly Entry[]): Set<number> {
  const byId = new Map(entries.map((e) => [e.id, e]));
  const chain = new Set<number>();
  for (let at = byId.get(id); at && !chain.has(at.id);
    at = at.cause === undefined ? undefined : byId.get(at.cause)) {
    chain.add(at.id);
  }
  return chain;
}
