// The edges of a dependency graph in typed arrays, first in the order in which they are found, then by the node
// that they leave. Millions of them must fit.

/** Bits, so that a search can be told which kinds to follow. */
export const EdgeKind = {
  /** One appended to a list before the other did. */
  WW: 1,
  /** The other read what the one appended. */
  WR: 2,
  /** One read a list before the other appended to it. */
  RW: 4,
  /** One was acknowledged before the other was asked for, in one session. */
  SESSION: 8,
  /** One was acknowledged before the other was asked for, by whomever. */
  REALTIME: 16,
  /** One has the lower zxid. */
  ZXID: 32,
  /** Through a node that is no transaction; part of the edge before it. */
  LINK: 64,
} as const;

/** What an edge is about, for those that are about an element. */
export interface EdgeSubject {
  /** Index of the list's version order; −1: none. */
  readonly list: number;
  /** Position in it of the element that the later one appended or read; its length: behind the longest read. */
  readonly position: number;
}

const noSubject: EdgeSubject = { list: -1, position: -1 };

export class EdgeList {
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);
  #kind = new Uint8Array(1024);
  #list = new Int32Array(1024);
  #position = new Int32Array(1024);
  #count = 0;

  add(from: number, to: number, kind: number, subject: EdgeSubject = noSubject): void {
    if (from === to) return;
    if (this.#count === this.#from.length) this.#grow();
    this.#from[this.#count] = from;
    this.#to[this.#count] = to;
    this.#kind[this.#count] = kind;
    this.#list[this.#count] = subject.list;
    this.#position[this.#count] = subject.position;
    this.#count++;
  }

  /** Edge indices go on to mean what they did, for `subjectOf`. */
  toGraph(nodeCount: number): Graph {
    const first = new Int32Array(nodeCount + 1);
    for (let edge = 0; edge < this.#count; edge++) bump(first, at(this.#from, edge) + 1);
    for (let node = 0; node < nodeCount; node++) first[node + 1] = at(first, node + 1) + at(first, node);
    const next = first.slice();
    const edges = new Int32Array(this.#count);
    for (let edge = 0; edge < this.#count; edge++) edges[bump(next, at(this.#from, edge))] = edge;
    return { nodeCount, first, edges, to: this.#to, kind: this.#kind };
  }

  subjectOf(edge: number): EdgeSubject {
    return { list: this.#list[edge] ?? -1, position: this.#position[edge] ?? -1 };
  }

  #grow(): void {
    const size = this.#count * 2;
    this.#from = copyInto(new Int32Array(size), this.#from);
    this.#to = copyInto(new Int32Array(size), this.#to);
    this.#kind = copyInto(new Uint8Array(size), this.#kind);
    this.#list = copyInto(new Int32Array(size), this.#list);
    this.#position = copyInto(new Int32Array(size), this.#position);
  }
}

export interface Graph {
  readonly nodeCount: number;
  /** Of node n: `edges[first[n]]` to `edges[first[n + 1] − 1]`. */
  readonly first: Int32Array;
  readonly edges: Int32Array;
  readonly to: Int32Array;
  readonly kind: Uint8Array;
}

/** An index that is known to be inside. */
export function at(array: Int32Array | Uint8Array, index: number): number {
  return array[index] as number;
}

/** What it was before. */
function bump(array: Int32Array, index: number): number {
  const before = at(array, index);
  array[index] = before + 1;
  return before;
}

function copyInto<T extends Int32Array | Uint8Array>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}
