// Registers: plain reads, sync-then-reads, unconditional writes and compare-and-set by version over a few
// znodes. Written values are unique in the whole run, so that a value that was read names the write that made
// it. A compare-and-set is about the znode that its process saw last and expects the version seen there, so
// that about as many succeed as are refused.

import { durability } from '../checkers/durability.ts';
import { linearizableWrites } from '../checkers/linearizable-writes.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import type { Stat } from '../harness/wire/records.ts';
import { recordStat } from './recorded-stat.ts';
import { ensureZnode, readPair, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const parent = '/register';
/** Few enough that processes meet on a znode, many enough that each znode's history stays quick to search. */
const registerCount = 8;
/** Known to the checkers: every register starts with this value at version 0. */
const initialData = Buffer.from('0');

/** What a register that is not there has in place of a version, below that of any write and of setup. */
const absentVersion = -1;

/** Shares of the requests, in percent; the rest are compare-and-sets. */
const readPercent = 25;
const syncReadPercent = 25;
const writePercent = 30;

export const registerWorkload: Workload = {
  name: 'register',
  description: `reads, sync-reads, writes and compare-and-set by version over ${registerCount} znodes`,
  checkers: [linearizableWrites, sessionMonotonic, durability, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: ({ random, processes }) => new RegisterRun(random, processes),
};

class RegisterRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #keys = Array.from({ length: registerCount }, (_, index) => `${parent}/${index}`);
  #lastValue = 0;
  /** By process (renumbered ones share a place): what a compare-and-set will be about. */
  readonly #lastSeen = new Map<number, Sighting>();
  /** Requests under way, so that `invoke` knows whose knowledge to update. */
  readonly #askedBy = new WeakMap<Request, number>();

  constructor(random: Random, processes: number) {
    this.#random = random;
    this.#processes = processes;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, parent, Buffer.alloc(0));
    for (const key of this.#keys) await ensureZnode(client, key, initialData, { pristine: true });
  }

  next(process: number): Request {
    const place = process % this.#processes;
    const key = this.#random.pick(this.#keys);
    const draw = this.#random.below(100);
    const request = this.#choose(draw, key, place);
    this.#askedBy.set(request, place);
    return request;
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [key, argument] = readPair(request);
    const outcome = await perform(client, request.f, key, argument);
    const place = this.#askedBy.get(request);
    if (place !== undefined && outcome.version !== undefined)
      this.#lastSeen.set(place, { key, version: outcome.version });
    return outcome;
  }

  finalReads(): readonly Request[] {
    return this.#keys.map((key) => ({ f: 'final-read', value: [key, null] }));
  }

  #choose(draw: number, key: string, place: number): Request {
    if (draw < readPercent) return { f: 'read', value: [key, null] };
    if (draw < readPercent + syncReadPercent) return { f: 'sync-read', value: [key, null] };
    const value = ++this.#lastValue;
    if (draw < readPercent + syncReadPercent + writePercent) return { f: 'write', value: [key, value] };
    const seen = this.#lastSeen.get(place) ?? { key, version: 0 };
    return { f: 'cas', value: [seen.key, { version: seen.version, value }] };
  }
}

interface Sighting {
  readonly key: string;
  readonly version: number;
}

async function perform(client: Client, f: string, key: string, argument: unknown): Promise<Outcome> {
  switch (f) {
    case 'read':
      return outcomeOfRead(key, await client.getData(key));
    case 'final-read': {
      const found = await unlessAbsent(client.getData(key));
      // Setup was acknowledged, so this server lost the znode: an answer to be judged, and no failed read.
      if ('absent' in found) return { value: [key, null], version: absentVersion, zxid: found.zxid };
      return outcomeOfRead(key, found);
    }
    case 'sync-read':
      return outcomeOfRead(key, await client.syncAndGetData(key));
    case 'write': {
      const { zxid, stat } = await client.setData(key, encode(argument as number), -1);
      return { value: [key, argument], zxid, version: stat.version, stat: recordStat(stat) };
    }
    case 'cas': {
      const { version, value } = argument as { version: number; value: number };
      const { zxid, stat } = await client.setData(key, encode(value), version);
      return { value: [key, argument], zxid, version: stat.version, stat: recordStat(stat) };
    }
    default:
      throw new Error(`the register workload knows no operation ${f}`);
  }
}

function outcomeOfRead(
  key: string,
  { data, stat, zxid }: { data: Buffer; stat: Stat; zxid: number },
): Outcome {
  return { value: [key, Number(data.toString())], zxid, version: stat.version, stat: recordStat(stat) };
}

function encode(value: number): Buffer {
  return Buffer.from(String(value));
}
