// Quotas: how many znodes and bytes may be at and below a path. The limits and the present use of them are znodes
// below /zookeeper/quota. The former are written by clients; the latter every server keeps right by itself, without a
// transaction, a change of Stat or an event. Facts: client protocol, "System nodes and quotas".

import { parentOf, rootPath } from './paths.ts';

const quotaRoot = '/zookeeper/quota';
const limitsName = '/zookeeper_limits';
const statsName = '/zookeeper_stats';

export interface Usage {
  readonly count: number;
  readonly bytes: number;
}

/** What quotas need of the tree. */
export interface QuotaTree {
  get(path: string): { readonly data: Buffer | null } | undefined;
  /** Of a znode and everything below it. */
  usageOf(path: string): Usage;
  /** Replaces data, and nothing else of the znode. */
  rewrite(path: string, data: Buffer): void;
}

export class Quotas {
  readonly #tree: QuotaTree;
  /** Paths with limits. */
  readonly #limited = new Set<string>();

  constructor(tree: QuotaTree) {
    this.#tree = tree;
  }

  /** The closest of the path and its ancestors that has limits. The root can have none. */
  nearest(path: string): string | null {
    if (this.#limited.size === 0) return null;
    for (let at = path; at !== rootPath; at = parentOf(at)) if (this.#limited.has(at)) return at;
    return null;
  }

  limitsOf(limited: string): QuotaTrack {
    return new QuotaTrack(this.#tree.get(quotaRoot + limited + limitsName)?.data ?? null);
  }

  /** Null: nobody counts. */
  usageAt(limited: string): Usage | null {
    const stats = this.#tree.get(quotaRoot + limited + statsName);
    return stats === undefined ? null : new QuotaTrack(stats.data);
  }

  created(path: string, bytes: number): void {
    if (path.startsWith(quotaRoot)) this.#quotaCreated(path);
    this.#add(path, { count: 1, bytes });
  }

  deleted(path: string, bytes: number): void {
    if (isBelow(path, limitsName)) this.#limited.delete(limitedBy(path, limitsName));
    this.#add(path, { count: -1, bytes: -bytes });
  }

  dataChanged(path: string, byteDifference: number): void {
    this.#add(path, { count: 0, bytes: byteDifference });
  }

  /** A snapshot has been loaded. What it says of the use may be older than the rest of it, so that is counted anew. */
  restore(paths: Iterable<string>): void {
    for (const path of paths) if (isBelow(path, limitsName)) this.#limited.add(limitedBy(path, limitsName));
    for (const limited of this.#limited) this.#count(limited);
  }

  #quotaCreated(path: string): void {
    if (isBelow(path, limitsName)) this.#limited.add(limitedBy(path, limitsName));
    if (isBelow(path, statsName)) this.#count(limitedBy(path, statsName));
  }

  #count(limited: string): void {
    const stats = quotaRoot + limited + statsName;
    if (this.#tree.get(stats) === undefined) return;
    this.#tree.rewrite(stats, new QuotaTrack(null).with(this.#tree.usageOf(limited)));
  }

  #add(path: string, { count, bytes }: Usage): void {
    if (this.#limited.size === 0) return;
    const limited = this.nearest(path);
    if (limited === null) return;
    const stats = quotaRoot + limited + statsName;
    const znode = this.#tree.get(stats);
    if (znode === undefined) return;
    const track = new QuotaTrack(znode.data);
    this.#tree.rewrite(stats, track.with({ count: track.count + count, bytes: track.bytes + bytes }));
  }
}

function isBelow(path: string, name: string): boolean {
  return (
    path.startsWith(`${quotaRoot}/`) && path.endsWith(name) && path.length > quotaRoot.length + name.length
  );
}

function limitedBy(path: string, name: string): string {
  return path.slice(quotaRoot.length, -name.length);
}

/** The text of limits and of their use: `count=N,bytes=N`, and what newer servers write behind it. */
export class QuotaTrack implements Usage {
  readonly #values: ReadonlyMap<string, number>;

  constructor(data: Buffer | null) {
    const values = new Map<string, number>();
    for (const pair of (data?.toString() ?? '').split(/[,;]+/)) {
      const [key = '', value] = pair.split('=');
      if (value !== undefined) values.set(key, parseLimit(value));
    }
    this.#values = values;
  }

  /** Each −1 where nothing is said. */
  get count(): number {
    return this.#valueOf('count');
  }

  get bytes(): number {
    return this.#valueOf('bytes');
  }

  get hardCount(): number {
    return this.#valueOf('countHardLimit');
  }

  get hardBytes(): number {
    return this.#valueOf('byteHardLimit');
  }

  /** The text with other numbers. The `=` keeps readers that know only two of them away from the others. */
  with({ count, bytes }: Usage): Buffer {
    const others = [...this.#values].filter(([key]) => key !== 'count' && key !== 'bytes');
    const text = others
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, value]) => `;${key}=${value}`)
      .join('');
    return Buffer.from(`count=${count},bytes=${bytes}${text === '' ? '' : `=${text}`}`);
  }

  #valueOf(key: string): number {
    return this.#values.get(key) ?? -1;
  }
}

function parseLimit(text: string): number {
  return /^-?\d{1,19}$/.test(text) ? Number(text) : -1;
}
