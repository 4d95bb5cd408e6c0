// Znodes that live exactly as long as their session: sessions of the workload's own create ephemerals, look at
// them, hop to other servers, live on by their pings, fall silent, are closed or left to expire, and others look on. No path is used
// twice, so what is seen under it is that one ephemeral.

import { ephemerals } from '../checkers/ephemerals.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import { drawShare } from './draw-share.ts';
import { deleteZnode, lookAt, syncAndLookAt } from './ephemeral-reads.ts';
import { TenantRun } from './tenant-run.ts';
import type { SessionFunction } from './tenants.ts';
import type { Outcome, Request, Workload, WorkloadOptions } from './workload.ts';
import { readPair } from './znodes.ts';

const root = '/ephemeral';
const wakeChance = 0.4;
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

class EphemeralRun extends TenantRun {
  readonly #known: string[] = [];
  #lastId = 0;

  constructor(options: WorkloadOptions) {
    super(options, { root, wakeChance });
  }

  protected nextOfNew(process: number): Request {
    return this.own(process, 'ephemeral-create', this.#newPath());
  }

  protected nextOfOpen(process: number): Request {
    const own = (f: string, path: string): Request => this.own(process, f, path);
    const held = this.tenants.heldBy(process);
    const drawn = drawShare(this.random, shares);
    switch (drawn) {
      case 'look':
        if (held.length === 0) break;
        return own('ephemeral-look', this.random.pick(held));
      case 'delete':
        if (held.length === 0) break;
        return own('ephemeral-delete', this.random.pick(held));
      case 'other':
        return this.nextOfOthers();
      case 'create':
        break;
      case 'session-close-create':
        return own(drawn, this.#newPath());
      default:
        return own(drawn, root);
    }
    return own('ephemeral-create', this.#newPath());
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    switch (request.f) {
      case 'ephemeral-create':
        return this.tenants.create(client, request);
      case 'ephemeral-look':
      case 'ephemeral-peek':
        return lookAt(client, path);
      case 'ephemeral-sync-peek':
        return syncAndLookAt(client, path);
      case 'ephemeral-delete':
      case 'ephemeral-remove':
        this.tenants.giveUp(request, path);
        return deleteZnode(client, path);
      default:
        return this.invokeOther(client, request);
    }
  }

  /** What the process's plain session does with the ephemerals of all. */
  protected nextOfOthers(): Request {
    const path = this.#known.length === 0 ? root : this.random.pick(this.#known);
    const draw = this.random.below(10);
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
