// Strongly connected components (Tarjan 1972), without recursion: a history's graph is deeper than any stack.
// Every cycle lies within one component, so where each has a single node there is none.

import { at } from './edges.ts';
import type { Graph } from './edges.ts';

/** Those of more than one node, over edges of the given kinds between nodes that `isIn` admits. */
export function findComponents(
  graph: Graph,
  kinds: number,
  isIn: (node: number) => boolean = () => true,
): number[][] {
  const { nodeCount, first, edges, to, kind } = graph;
  const order = new Int32Array(nodeCount).fill(-1);
  const low = new Int32Array(nodeCount);
  const isOpen = new Uint8Array(nodeCount);
  /** Nodes of components that are not complete yet. */
  const open: number[] = [];
  /** The path from the root of the search, and where each of its nodes is in its own edges. */
  const path: number[] = [];
  const next = first.slice();
  const components: number[][] = [];
  let visited = 0;

  const enter = (node: number): void => {
    order[node] = visited;
    low[node] = visited;
    visited++;
    open.push(node);
    isOpen[node] = 1;
    path.push(node);
  };

  const leave = (node: number): void => {
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) low[parent] = Math.min(at(low, parent), at(low, node));
    if (at(low, node) !== at(order, node)) return;
    const component = open.splice(open.lastIndexOf(node));
    for (const member of component) isOpen[member] = 0;
    if (component.length > 1) components.push(component);
  };

  for (let root = 0; root < nodeCount; root++) {
    if (at(order, root) !== -1 || !isIn(root)) continue;
    enter(root);
    while (path.length > 0) {
      const node = path.at(-1) as number;
      const position = at(next, node);
      if (position === at(first, node + 1)) {
        leave(node);
        continue;
      }
      next[node] = position + 1;
      const edge = at(edges, position);
      const target = at(to, edge);
      if ((at(kind, edge) & kinds) === 0 || !isIn(target)) continue;
      if (at(order, target) === -1) enter(target);
      else if (isOpen[target] === 1) low[node] = Math.min(at(low, node), at(order, target));
    }
  }
  return components;
}
