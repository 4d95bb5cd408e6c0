// Znodes that live exactly as long as their session: sessions of the workload's own create ephemerals, look at
// them, hop to other servers, live on by their pings, fall silent, are closed or left to expire, and others look on. No path is used
// twice, so what is seen under it is that one ephemeral.

import { ephemerals } from '../checkers/ephemerals.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { deleteZnode, listOwners, lookAt, syncAndLookAt } from './ephemeral-reads.ts';
import { Tenants, type SessionFunction } from './tenants.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';
import { ensureZnode, readPair, removeChildren } from './znodes.ts';

const root = '/ephemeral';
const nothing = Buffer.alloc(0);
/** Of the latest creates, which others look at. */
const knownCount = 30;

/** Shares of the requests of an open session, in percent. */
const shares: readonly (readonly [SessionFunction | 'look' | 'create' | 'delete' | 'other', number])[] = [
  ['create', 24],
  ['look', 36],
  ['delete', 7],
  ['other', 14],
  ['session-hop', 6],
  ['session-hold', 1],
  ['session-close', 4],
  ['session-close-create', 3],
  ['session-abandon', 2],
  ['session-silence', 3],
];

export const ephemeralWorkload: Workload = {
  name: 'ephemeral',
  description:
    'ephemerals of sessions that hop, fall silent, are closed or expire, seen by them and by others',
  checkers: [ephemerals, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new EphemeralRun(options),
};

class EphemeralRun implements WorkloadRun {
  readonly #random: Random;
  readonly #tenants: Tenants;
  readonly #known: string[] = [];
  #lastId = 0;

  constructor(options: WorkloadOptions) {
    this.#random = options.random;
    this.#tenants = new Tenants(options);
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    await removeChildren(client, root);
  }

  next(process: number): Request {
    const own = (f: string, path: string): Request =>
      this.#tenants.request(process, { f, value: [path, null] });
    switch (this.#tenants.stateOf(process)) {
      case 'expired':
        return own('session-expired', root);
      case 'silent':
        return this.#random.chance(0.4) ? own('session-wake', root) : this.#drawOther();
      case 'absent':
        return own('ephemeral-create', this.#newPath());
      case 'open':
        break;
    }
    const held = this.#tenants.heldBy(process);
    const drawn = drawShare(this.#random, shares);
    switch (drawn) {
      case 'look':
        if (held.length === 0) break;
        return own('ephemeral-look', this.#random.pick(held));
      case 'delete':
        if (held.length === 0) break;
        return own('ephemeral-delete', this.#random.pick(held));
      case 'other':
        return this.#drawOther();
      case 'create':
        break;
      case 'session-close-create':
        return own(drawn, this.#newPath());
      default:
        return own(drawn, root);
    }
    return own('ephemeral-create', this.#newPath());
  }

  clientFor(client: Client, request: Request): Client {
    return this.#tenants.clientFor(client, request);
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    switch (request.f) {
      case 'ephemeral-create': {
        const { zxid } = await client.create(path, nothing, { ephemeral: true });
        this.#tenants.keep(request, path);
        return { value: [path, { timeoutMs: client.sessionTimeoutMs }], zxid };
      }
      case 'ephemeral-look':
      case 'ephemeral-peek':
        return lookAt(client, path);
      case 'ephemeral-sync-peek':
        return syncAndLookAt(client, path);
      case 'ephemeral-delete':
      case 'ephemeral-remove':
        this.#tenants.giveUp(request, path);
        return deleteZnode(client, path);
      case 'final-ephemerals':
        return listOwners(client, root);
      default:
        return this.#tenants.change(request, path);
    }
  }

  end(): Promise<void> {
    return this.#tenants.end();
  }

  finalReads(): readonly Request[] {
    return [{ f: 'final-ephemerals', value: [root, null] }];
  }

  /** What the process's plain session does with the ephemerals of all. */
  #drawOther(): Request {
    const path = this.#known.length === 0 ? root : this.#random.pick(this.#known);
    const draw = this.#random.below(10);
    if (draw === 0 && path !== root) return { f: 'ephemeral-remove', value: [path, null] };
    return { f: draw < 6 ? 'ephemeral-peek' : 'ephemeral-sync-peek', value: [path, null] };
  }

  #newPath(): string {
    const path = `${root}/e${String(++this.#lastId).padStart(7, '0')}`;
    this.#known.push(path);
    if (this.#known.length > knownCount) this.#known.shift();
    return path;
  }
}

/** One of them, as often as its share says; the shares add up to a hundred. */
export function drawShare<T>(random: Random, all: readonly (readonly [T, number])[]): T {
  let draw = random.below(100);
  for (const [one, share] of all) {
    if (draw < share) return one;
    draw -= share;
  }
  throw new Error('the shares do not add up to a hundred');
}
