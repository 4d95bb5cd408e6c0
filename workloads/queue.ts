// Queues as people build them on ZooKeeper: producers create sequential znodes, consumers list them, take the one with
// the lowest number and delete it, and whose delete is carried out has the element. An element carries an id in its
// name and in its data, so that it is known again when the reply to its create was lost. A consumer goes through its
// list before it asks for another one, so that consumers meet.

import { queue } from '../checkers/queue.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { isInDoubt } from './ephemeral-reads.ts';
import { placeOf } from './placed-request.ts';
import type { PlacedRequest } from './placed-request.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';

const root = '/queue';
const queueCount = 2;
/** Above it elements are taken rather than offered, so that lists stay short. */
const fullLength = 20;
const offerChance = 0.5;
/** Of a list, so many are gone through: the rest is likely to be others' by then. */
const batchLength = 3;
const nothing = Buffer.alloc(0);

export const queueWorkload: Workload = {
  name: 'queue',
  description: `${queueCount} queues of sequential znodes, filled by producers and emptied by consumers that meet`,
  checkers: [queue, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new QueueRun(options),
};

/** What a consumer found last, to be taken in this order. */
interface Batch {
  readonly parent: string;
  readonly names: string[];
}

class QueueRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #parents = Array.from({ length: queueCount }, (_, index) => `${root}/${index}`);
  /** By place of a process. */
  readonly #batches = new Map<number, Batch>();
  /** By parent, as listed last. */
  readonly #lengths = new Map<string, number>();
  #lastId = 0;

  constructor({ random, processes }: WorkloadOptions) {
    this.#random = random;
    this.#processes = processes;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    for (const parent of this.#parents) {
      await ensureZnode(client, parent, nothing);
      await removeChildren(client, parent);
    }
  }

  next(process: number): Request | PlacedRequest {
    const place = process % this.#processes;
    const batch = this.#batches.get(place);
    const name = batch?.names.shift();
    if (batch !== undefined && name !== undefined) return { f: 'take', value: [batch.parent, name] };
    const parent = this.#random.pick(this.#parents);
    const isFull = (this.#lengths.get(parent) ?? 0) >= fullLength;
    if (!isFull && this.#random.chance(offerChance)) {
      return { f: 'offer', value: [parent, ++this.#lastId] };
    }
    return { f: 'queue-list', value: [parent, null], place };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [parent, argument] = readPair(request);
    switch (request.f) {
      case 'offer': {
        const id = argument as number;
        const data = Buffer.from(String(id));
        const created = await client.create(`${parent}/e${id}-`, data, { sequential: true });
        return { value: [parent, { id, name: nameIn(parent, created.path) }], zxid: created.zxid };
      }
      case 'take':
        return take(client, parent, argument as string);
      case 'queue-list': {
        const { children, stat, zxid } = await client.getChildren(parent);
        const names = inOrder(children);
        this.#lengths.set(parent, names.length);
        const place = placeOf(request);
        if (place !== undefined) {
          this.#batches.set(place, { parent, names: names.slice(0, batchLength) });
        }
        return { value: [parent, { names, at: stat.pzxid }], zxid };
      }
      case 'final-queue': {
        const found = await unlessAbsent(client.getChildren(parent));
        // Setup was acknowledged, so this server lost the queue and with it every element.
        if ('absent' in found) return { value: [parent, { names: [], at: found.zxid }], zxid: found.zxid };
        const { children, stat, zxid } = found;
        return { value: [parent, { names: inOrder(children), at: stat.pzxid }], zxid };
      }
      default:
        throw new Error(`the queue workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return this.#parents.map((parent) => ({ f: 'final-queue', value: [parent, null] }));
  }
}

/** Both are sent at once: who deletes an element has read it right before. */
async function take(client: Client, parent: string, name: string): Promise<Outcome> {
  const path = `${parent}/${name}`;
  const [read, deletion] = await Promise.allSettled([client.getData(path), client.delete(path, 0)]);
  if (deletion.status === 'rejected') throw deletion.reason;
  // The element is this consumer's, and its content is lost with the reply.
  if (read.status === 'rejected' && !isInDoubt(read.reason)) throw read.reason;
  const id = read.status === 'rejected' ? null : Number(read.value.data.toString());
  return { value: [parent, { name, id }], zxid: deletion.value.zxid };
}

function inOrder(names: readonly string[]): string[] {
  return [...names].sort((one, other) => numberOf(one) - numberOf(other));
}

function numberOf(name: string): number {
  return Number(name.slice(-10));
}

function nameIn(parent: string, path: string): string {
  return path.slice(parent.length + 1);
}
