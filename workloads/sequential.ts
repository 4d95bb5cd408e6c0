// Sequential creates below a few parents, mixed with plain creates, which take numbers of the same counter, and
// with deletes, after which no number may come back. Half of the sequential creates share one prefix, so that a
// number that comes twice meets a znode; the others have a prefix of their own, so that one whose reply was lost
// is known again when its znode is listed.

import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sequences } from '../checkers/sequences.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/sequential';
/** So many that some see no create between a snapshot and the end of the log. */
const parents = Array.from({ length: 6 }, (_, index) => `${root}/${index}`);
const sharedPrefix = 'n-';
const nothing = Buffer.alloc(0);

/** Shares of the requests, in percent; the rest are deletes. */
const sequentialPercent = 42;
const plainPercent = 10;
const listPercent = 3;

export const sequentialWorkload: Workload = {
  name: 'sequential',
  description: `sequential creates, plain creates and deletes below ${parents.length} parents, listed on every server at the end`,
  checkers: [sequences, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: ({ random }) => new SequentialRun(random),
};

class SequentialRun implements WorkloadRun {
  readonly #random: Random;
  /** By parent: names whose create was acknowledged and whose delete nobody has asked for. */
  readonly #present = new Map<string, string[]>(parents.map((parent) => [parent, []]));
  #lastName = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    for (const parent of parents) {
      await ensureZnode(client, parent, nothing);
      await removeChildren(client, parent);
    }
  }

  next(): Request {
    const parent = this.#random.pick(parents);
    const draw = this.#random.below(100);
    const isShared = this.#random.chance(0.5);
    if (draw < listPercent) return { f: 'list', value: [parent, null] };
    if (draw < listPercent + plainPercent)
      return { f: 'plain-create', value: [parent, `plain${++this.#lastName}`] };
    if (draw >= listPercent + plainPercent + sequentialPercent) {
      const name = this.#takePresent(parent);
      if (name !== null) return { f: 'sequence-delete', value: [parent, name] };
    }
    const prefix = isShared ? sharedPrefix : `own${++this.#lastName}-`;
    return { f: 'sequential-create', value: [parent, prefix] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [parent, argument] = readPair(request);
    switch (request.f) {
      case 'sequential-create': {
        const path = `${parent}/${String(argument)}`;
        const created = await client.create(path, nothing, { sequential: true });
        const name = created.path.slice(parent.length + 1);
        this.#present.get(parent)?.push(name);
        return { value: [parent, name], zxid: created.zxid };
      }
      case 'plain-create': {
        const name = String(argument);
        const { zxid } = await client.create(`${parent}/${name}`, nothing);
        this.#present.get(parent)?.push(name);
        return { value: [parent, name], zxid };
      }
      case 'sequence-delete': {
        const { zxid } = await client.delete(`${parent}/${String(argument)}`, -1);
        return { value: [parent, argument], zxid };
      }
      case 'list': {
        const { children, zxid } = await client.getChildren(parent);
        return { value: [parent, children.sort()], zxid };
      }
      case 'final-children': {
        const found = await unlessAbsent(client.getChildren(parent));
        // Setup was acknowledged, so this server lost the parent and with it everything below.
        if ('absent' in found) return { value: [parent, []], zxid: found.zxid };
        return { value: [parent, found.children.sort()], zxid: found.zxid };
      }
      default:
        throw new Error(`the sequential workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return parents.map((parent) => ({ f: 'final-children', value: [parent, null] }));
  }

  /** Some name that is there for all we know; nobody else will be asked to delete it. */
  #takePresent(parent: string): string | null {
    const names = this.#present.get(parent) ?? [];
    if (names.length === 0) return null;
    const [name] = names.splice(this.#random.below(names.length), 1);
    return name ?? null;
  }
}
