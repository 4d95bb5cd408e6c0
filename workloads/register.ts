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
import { placeOf } from './placed-request.ts';
import type { PlacedRequest } from './placed-request.ts';
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
  readonly #lastSeen: (Sighting | undefined)[] = [];

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
    return this.#choose(this.#random.below(100), key, place);
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [key, argument] = readPair(request);
    const answer = await ask(client, request.f, key, argument);
    const outcome = outcomeOf(request, key, answer);
    const place = placeOf(request);
    if (place !== undefined) this.#lastSeen[place] = { key, version: outcome.version };
    return outcome;
  }

  finalReads(): readonly Request[] {
    return this.#keys.map((key) => ({ f: 'final-read', value: [key, null] }));
  }

  #choose(draw: number, key: string, place: number): PlacedRequest {
    if (draw < readPercent) return { f: 'read', value: [key, null], place };
    if (draw < readPercent + syncReadPercent) return { f: 'sync-read', value: [key, null], place };
    const value = ++this.#lastValue;
    if (draw < readPercent + syncReadPercent + writePercent)
      return { f: 'write', value: [key, value], place };
    const seen = this.#lastSeen[place] ?? { key, version: 0 };
    return { f: 'cas', value: [seen.key, { version: seen.version, value }], place };
  }
}

interface Sighting {
  readonly key: string;
  readonly version: number;
}

/** What a read, a write or a look at a register comes back with. */
type Answer =
  | { readonly zxid: number; readonly stat: Stat; readonly data?: Buffer }
  | { readonly zxid: number; readonly absent: true };

/** The client's own promise: one more of them for every operation would be felt. */
function ask(client: Client, f: string, key: string, argument: unknown): Promise<Answer> {
  switch (f) {
    case 'read':
      return client.getData(key);
    case 'final-read':
      return unlessAbsent(client.getData(key));
    case 'sync-read':
      return client.syncAndGetData(key);
    case 'write':
      return client.setData(key, encode(argument as number), -1);
    case 'cas': {
      const { version, value } = argument as { version: number; value: number };
      return client.setData(key, encode(value), version);
    }
    default:
      throw new Error(`the register workload knows no operation ${f}`);
  }
}

function outcomeOf(request: Request, key: string, answer: Answer): Outcome & { readonly version: number } {
  // Setup was acknowledged, so this server lost the znode: an answer to be judged, and no failed read.
  if ('absent' in answer) return { value: [key, null], version: absentVersion, zxid: answer.zxid };
  const { zxid, stat, data } = answer;
  const value = data === undefined ? request.value : [key, Number(data.toString())];
  return { value, zxid, version: stat.version, stat: recordStat(stat) };
}

function encode(value: number): Buffer {
  return Buffer.from(String(value));
}
