// The shortest cycle of the plainest kind in a component: one of data alone before one that needs sessions, real
// time or zxids, and among those one of writes before one with reads. So the story that is told is the simplest
// one there is. Edges through a point that is no transaction count once.

import { findComponents } from './components.ts';
import { at, EdgeKind } from './edges.ts';
import type { Graph } from './edges.ts';

/** Edge indices in order; the last one leads back to where the first began. */
export type Cycle = readonly number[];

const { WW, WR, RW, SESSION, REALTIME, ZXID, LINK } = EdgeKind;
const data = [WW, WW | WR, WW | WR | RW] as const;
const orders = [0, SESSION, SESSION | REALTIME, SESSION | REALTIME | ZXID] as const;
/** Edges that a search for the shortest may look at; a component of a hopeless history may be all of it. */
const mostSteps = 5_000_000;

export const allKinds = WW | WR | RW | SESSION | REALTIME | ZXID | LINK;

/** Every strongly connected component has one. */
export function findPlainestCycle(graph: Graph, component: readonly number[]): Cycle {
  const members = new Set(component);
  for (const order of orders) {
    for (const kinds of data) {
      const mask = kinds | order | LINK;
      const [within] = findComponents(graph, mask, (node) => members.has(node));
      if (within === undefined) continue;
      const search = new CycleSearch(graph, new Set(within), mask);
      return ((kinds & RW) === 0 ? null : search.withOneRw()) ?? search.shortest();
    }
  }
  throw new TypeError('a component of several nodes holds a cycle');
}

class CycleSearch {
  readonly #graph: Graph;
  readonly #nodes: ReadonlySet<number>;
  readonly #mask: number;
  #steps = 0;

  constructor(graph: Graph, nodes: ReadonlySet<number>, mask: number) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#mask = mask;
  }

  shortest(): Cycle {
    let best: Cycle | null = null;
    for (const node of this.#nodes) {
      const cycle = this.#path(node, node, this.#mask);
      if (cycle !== null && (best === null || this.#lengthOf(cycle) < this.#lengthOf(best))) best = cycle;
      if (best !== null && (this.#lengthOf(best) === 2 || this.#steps > mostSteps)) return best;
    }
    if (best === null) throw new TypeError('a component of several nodes holds a cycle');
    return best;
  }

  /** What Adya calls G-single; null where there is none, or none was found within the bound. */
  withOneRw(): Cycle | null {
    const { edges, to, kind, first } = this.#graph;
    let best: Cycle | null = null;
    for (const node of this.#nodes) {
      for (let position = at(first, node); position < at(first, node + 1); position++) {
        const edge = at(edges, position);
        const target = at(to, edge);
        if ((at(kind, edge) & RW) === 0 || !this.#nodes.has(target)) continue;
        const rest = this.#path(target, node, this.#mask & ~RW);
        const cycle = rest === null ? null : [edge, ...rest];
        if (cycle !== null && (best === null || this.#lengthOf(cycle) < this.#lengthOf(best))) best = cycle;
        if (this.#steps > mostSteps) return best;
      }
    }
    return best;
  }

  /** Breadth first, edges that are a part of the one before going first; at least one edge. */
  #path(from: number, to: number, mask: number): number[] | null {
    const cameBy = new Map<number, number>();
    const origin = new Map<number, number>();
    let level = [from];
    while (level.length > 0) {
      const next: number[] = [];
      // Grows while it is walked through: what a link leads to belongs to the same level.
      for (const node of level) {
        for (const { edge, target } of this.#edgesOf(node, mask)) {
          if (cameBy.has(target)) continue;
          cameBy.set(target, edge);
          origin.set(target, node);
          if (target === to) return traceBack(to, from, cameBy, origin);
          (at(this.#graph.kind, edge) === LINK ? level : next).push(target);
        }
      }
      level = next;
    }
    return null;
  }

  *#edgesOf(node: number, mask: number): Generator<{ readonly edge: number; readonly target: number }> {
    const { first, edges, to, kind } = this.#graph;
    for (let position = at(first, node); position < at(first, node + 1); position++) {
      const edge = at(edges, position);
      const target = at(to, edge);
      this.#steps++;
      if ((at(kind, edge) & mask) !== 0 && this.#nodes.has(target)) yield { edge, target };
    }
  }

  #lengthOf(cycle: Cycle): number {
    return cycle.filter((edge) => at(this.#graph.kind, edge) !== LINK).length;
  }
}

function traceBack(
  to: number,
  from: number,
  cameBy: ReadonlyMap<number, number>,
  origin: ReadonlyMap<number, number>,
): number[] {
  const path: number[] = [];
  let node = to;
  do {
    path.unshift(cameBy.get(node) as number);
    node = origin.get(node) as number;
  } while (node !== from);
  return path;
}
