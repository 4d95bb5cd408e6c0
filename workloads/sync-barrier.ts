// What `sync` is used for: somebody writes and tells somebody else, who reads behind a sync and must find it. Every
// barrier covers several znodes at once. Some readers lose their connection between the barrier and the reads, and
// go on with another server, which must not be behind the barrier either.

import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { syncBarrier } from '../checkers/sync-barrier.ts';
import type { BarrierRead, BarrierSighting } from '../checkers/sync-barrier.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ensureZnode, readPair, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';

const parent = '/sync-barrier';
const znodeCount = 4;
const initialData = Buffer.from('0');

export const syncBarrierWorkload: Workload = {
  name: 'sync-barrier',
  description: `writes of ${znodeCount} znodes, read behind a sync by other sessions, also across a reconnect`,
  checkers: [syncBarrier, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: (options) => new SyncBarrierRun(options),
};

class SyncBarrierRun implements WorkloadRun {
  readonly #random: Random;
  readonly #paths = Array.from({ length: znodeCount }, (_, index) => `${parent}/${index}`);
  #lastValue = 0;

  constructor({ random }: WorkloadOptions) {
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, parent, Buffer.alloc(0));
    for (const path of this.#paths) await ensureZnode(client, path, initialData, { pristine: true });
  }

  next(): Request {
    const draw = this.#random.below(100);
    if (draw < 45) {
      return { f: 'barrier-write', value: [this.#random.pick(this.#paths), ++this.#lastValue] };
    }
    const count = this.#random.between(1, znodeCount);
    const paths = this.#random.shuffle(this.#paths).slice(0, count);
    const f = draw < 85 ? 'barrier-read' : draw < 92 ? 'barrier-reconnect-read' : 'plain-reads';
    return { f, value: [parent, paths] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [key, argument] = readPair(request);
    switch (request.f) {
      case 'barrier-write': {
        const data = Buffer.from(String(argument as number));
        const { zxid, stat } = await client.setData(key, data, -1);
        return { value: [key, argument], zxid, version: stat.version };
      }
      case 'plain-reads':
        return outcomeOf(null, await readAll(client, argument as readonly string[]));
      case 'barrier-read':
        return readBehindBarrier(client, argument as readonly string[]);
      case 'barrier-reconnect-read': {
        const { zxid } = await client.sync(parent);
        const syncedBy = client.server;
        client.drop();
        const seen = await readAll(client, argument as readonly string[]);
        return outcomeOf(syncedBy, { ...seen, zxid: Math.max(zxid, seen.zxid) });
      }
      case 'final-barrier': {
        const found = await unlessAbsent(client.getData(key));
        if ('absent' in found) return { value: [key, null], zxid: found.zxid };
        const { data, stat, zxid } = found;
        return { value: [key, Number(data.toString())], zxid, version: stat.version };
      }
      default:
        throw new Error(`the sync-barrier workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return this.#paths.map((path) => ({ f: 'final-barrier', value: [path, null] }));
  }
}

interface Seen {
  readonly seen: readonly BarrierSighting[];
  readonly zxid: number;
}

/** All are sent at once: the reads wait behind the sync, and for no answer of it. */
async function readBehindBarrier(client: Client, paths: readonly string[]): Promise<Outcome> {
  const synced = client.sync(parent).then(({ zxid }) => ({ zxid, syncedBy: client.server }));
  const [sync, reads] = await Promise.allSettled([synced, readAll(client, paths)]);
  if (sync.status === 'rejected') throw sync.reason;
  if (reads.status === 'rejected') throw reads.reason;
  return outcomeOf(sync.value.syncedBy, reads.value);
}

async function readAll(client: Client, paths: readonly string[]): Promise<Seen> {
  const replies = await Promise.allSettled(paths.map((path) => client.getData(path)));
  const seen: BarrierSighting[] = [];
  let highest = 0;
  for (const [index, reply] of replies.entries()) {
    if (reply.status === 'rejected') throw reply.reason;
    const { data, stat, zxid } = reply.value;
    highest = Math.max(highest, zxid);
    seen.push({ path: paths[index] ?? '', value: Number(data.toString()), version: stat.version });
  }
  return { seen, zxid: highest };
}

function outcomeOf(syncedBy: number | null, { seen, zxid }: Seen): Outcome {
  const value: BarrierRead = { syncedBy, seen };
  return { value: [parent, value], zxid };
}
