// Znodes that the server removes by itself: containers, once they have had children and have none, and znodes with
// a time to live, once they have no children and were not written for that time. Some get what keeps them, children
// or writes, and are looked at all the while; in the end each is left alone, and looked at until it has gone.

import { containers } from '../checkers/containers.ts';
import type { Perishable } from '../checkers/perishable-calls.ts';
import { recovery } from '../checkers/recovery.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { timeToLive } from '../checkers/time-to-live.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import { ensureZnode, readPair, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';

const root = '/container-ttl';
const nothing = Buffer.alloc(0);
const mostEntries = 8;
/** Times to live; long enough that writes at random keep most of them. */
const ttlTicks = [10, 20, 40] as const;
/** Only for the sake of those who drive the workload without sessions. */
const usualTickMs = 100;
/** How often an entry is used before it is left alone, and how often it is looked at from then on. */
const turns = { least: 20, most: 60, afterwards: 25 } as const;

export const containerTtlWorkload: Workload = {
  name: 'container-ttl',
  description: 'containers and znodes with a time to live: kept by children or writes, then left alone',
  checkers: [containers, timeToLive, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new ContainerTtlRun(options),
};

/** A znode that was acknowledged, as far as its own run knows. */
interface Entry {
  readonly path: string;
  readonly kind: Perishable['kind'];
  /** Its first child stays; only children keep it. */
  readonly isHeld: boolean;
  /** Acknowledged, and nobody asked to delete them. */
  readonly children: string[];
  turnsLeft: number;
}

class ContainerTtlRun implements WorkloadRun {
  readonly #random: Random;
  readonly #tickMs: number;
  #entries: Entry[] = [];
  #lastId = 0;
  #hasTtl = true;

  constructor({ random, sessions }: WorkloadOptions) {
    this.#random = random;
    this.#tickMs = sessions?.tickMs ?? usualTickMs;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    const { children } = await client.getChildren(root);
    for (const child of children) {
      const path = `${root}/${child}`;
      const found = await unlessAbsent(client.getChildren(path));
      if ('absent' in found) continue;
      for (const name of found.children) await unlessAbsent(client.delete(`${path}/${name}`, -1));
      // The server may be faster.
      await unlessAbsent(client.delete(path, -1));
    }
  }

  next(): Request {
    const mayCreate = this.#entries.length < mostEntries;
    if (this.#entries.length === 0 || (mayCreate && this.#random.chance(0.15))) return this.#create();
    const entry = this.#random.pick(this.#entries);
    entry.turnsLeft--;
    if (entry.turnsLeft < -turns.afterwards) this.#forget(entry.path);
    return entry.turnsLeft > 0 ? this.#use(entry) : this.#leave(entry);
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path, argument] = readPair(request);
    switch (request.f) {
      case 'container-create': {
        const { zxid } = await client.create(path, nothing, { container: true });
        this.#keep(path, 'container');
        return { value: [path, null], zxid };
      }
      case 'ttl-create':
        return this.#createTtl(client, path, argument as number);
      case 'ttl-write': {
        const { zxid, stat } = await client.setData(path, nothing, -1);
        return { value: [path, null], zxid, version: stat.version };
      }
      case 'child-create': {
        const { zxid } = await client.create(`${path}/${argument as string}`, nothing);
        this.#find(path)?.children.push(argument as string);
        return { value: [path, argument], zxid };
      }
      case 'child-delete': {
        const { zxid } = await client.delete(`${path}/${argument as string}`, -1);
        return { value: [path, argument], zxid };
      }
      case 'perishable-look': {
        const found = await unlessAbsent(client.getChildren(path));
        if (!('absent' in found)) return { value: [path, found.children.length], zxid: found.zxid };
        this.#forget(path);
        return { value: [path, null], zxid: found.zxid };
      }
      case 'final-perishables': {
        const found = await unlessAbsent(client.getChildren(root));
        const names = 'absent' in found ? [] : found.children.toSorted();
        return { value: [path, names], zxid: found.zxid };
      }
      default:
        throw new Error(`the container-ttl workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return [{ f: 'final-perishables', value: [root, null] }];
  }

  #create(): Request {
    const path = `${root}/p${String(++this.#lastId).padStart(7, '0')}`;
    if (!this.#hasTtl || this.#random.chance(0.5)) return { f: 'container-create', value: [path, null] };
    return { f: 'ttl-create', value: [path, this.#random.pick(ttlTicks) * this.#tickMs] };
  }

  /** An ensemble without extended types refuses every time to live, which is an answer and no failure. */
  async #createTtl(client: Client, path: string, ttlMs: number): Promise<Outcome> {
    try {
      const { zxid } = await client.create(path, nothing, { ttlMs });
      this.#keep(path, 'ttl');
      return { value: [path, { ttlMs }], zxid };
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== ErrorCode.UNIMPLEMENTED) throw error;
      this.#hasTtl = false;
      return { value: [path, { isRefused: true }] };
    }
  }

  #use(entry: Entry): Request {
    const draw = this.#random.below(10);
    const { path, kind, isHeld, children } = entry;
    if (isHeld && children.length === 0) return this.#createChild(path);
    if (draw < 3) return look(path);
    if (kind === 'ttl' && !isHeld) {
      return draw < 9 ? { f: 'ttl-write', value: [path, null] } : this.#changeChildren(entry);
    }
    return kind === 'container' || draw < 5 ? this.#changeChildren(entry) : look(path);
  }

  #changeChildren(entry: Entry): Request {
    const spare = entry.children.length - Number(entry.isHeld);
    return spare > 0 && this.#random.chance(0.6) ? this.#deleteChild(entry) : this.#createChild(entry.path);
  }

  #leave(entry: Entry): Request {
    return entry.children.length > 0 ? this.#deleteChild(entry) : look(entry.path);
  }

  #createChild(path: string): Request {
    return { f: 'child-create', value: [path, `c${++this.#lastId}`] };
  }

  /** The youngest; what a held one has in the first place goes last. */
  #deleteChild({ path, children }: Entry): Request {
    return { f: 'child-delete', value: [path, children.pop() ?? ''] };
  }

  #keep(path: string, kind: Entry['kind']): void {
    const isHeld = this.#random.chance(0.4);
    const turnsLeft = this.#random.between(turns.least, turns.most);
    this.#entries.push({ path, kind, isHeld, children: [], turnsLeft });
  }

  #forget(path: string): void {
    this.#entries = this.#entries.filter((entry) => entry.path !== path);
  }

  #find(path: string): Entry | undefined {
    return this.#entries.find((entry) => entry.path === path);
  }
}

function look(path: string): Request {
  return { f: 'perishable-look', value: [path, null] };
}
