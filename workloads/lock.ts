// Locks as people take them on ZooKeeper: whoever creates the ephemeral has the lock, until he deletes it or his
// session ends. Now and then somebody else breaks a lock, whose owner may have fallen silent just then, and the
// next one takes it: the end of the first session must not take it from him.

import { ephemerals } from '../checkers/ephemerals.ts';
import { mutualExclusion } from '../checkers/mutual-exclusion.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import { drawShare } from './draw-share.ts';
import { deleteZnode, isInDoubt, lookAt, syncAndLookAt } from './ephemeral-reads.ts';
import { TenantRun } from './tenant-run.ts';
import type { SessionFunction } from './tenants.ts';
import type { Outcome, Request, Workload, WorkloadOptions } from './workload.ts';
import { readPair } from './znodes.ts';

const root = '/lock';
const lockCount = 3;
const wakeChance = 0.2;

/** Shares of the requests of an open session, in percent. */
const shares: readonly (readonly [SessionFunction | 'acquire' | 'look' | 'release' | 'other', number])[] = [
  ['acquire', 30],
  ['look', 32],
  ['release', 8],
  ['other', 14],
  ['session-hop', 4],
  ['session-close', 3],
  ['session-abandon', 3],
  ['session-silence', 6],
];

export const lockWorkload: Workload = {
  name: 'lock',
  description: `${lockCount} locks, taken, released and broken by sessions that fall silent, end or expire`,
  checkers: [mutualExclusion, ephemerals, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new LockRun(options),
};

class LockRun extends TenantRun {
  /** After a delete in doubt, which may still come, a lock goes on under a new name. */
  readonly #generations = Array.from({ length: lockCount }, () => 0);

  constructor(options: WorkloadOptions) {
    super(options, { root, wakeChance });
  }

  protected nextOfNew(process: number): Request {
    return this.own(process, 'acquire', this.#drawLock());
  }

  protected nextOfOpen(process: number): Request {
    const own = (f: string, path: string): Request => this.own(process, f, path);
    const held = this.tenants.heldBy(process);
    const drawn = drawShare(this.random, shares);
    switch (drawn) {
      case 'look':
        return held.length === 0
          ? own('acquire', this.#drawLock())
          : own('lock-look', this.random.pick(held));
      case 'release':
        return held.length === 0 ? own('acquire', this.#drawLock()) : own('release', this.random.pick(held));
      case 'acquire':
        return own('acquire', this.#drawLock());
      case 'other':
        return this.nextOfOthers(process);
      default:
        return own(drawn, root);
    }
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    switch (request.f) {
      case 'acquire':
        return this.tenants.create(client, request);
      case 'lock-look': {
        const outcome = await lookAt(client, path);
        const [, seen] = outcome.value as readonly [string, { readonly owner: string } | null];
        if (seen?.owner !== client.sessionId) this.tenants.giveUp(request, path);
        return outcome;
      }
      case 'lock-peek':
        return lookAt(client, path);
      case 'lock-sync-peek':
        return syncAndLookAt(client, path);
      case 'release':
      case 'break':
        return this.#delete(client, request);
      default:
        return this.invokeOther(client, request);
    }
  }

  async #delete(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    this.tenants.giveUp(request, path);
    try {
      return await deleteZnode(client, path);
    } catch (error) {
      if (isInDoubt(error)) this.#rename(path);
      throw error;
    }
  }

  /** The plain session of the process: the lock that its silent session holds is the one that it breaks. */
  protected nextOfOthers(process: number): Request {
    const [held] = this.tenants.stateOf(process) === 'silent' ? this.tenants.heldBy(process) : [];
    if (held !== undefined && this.random.chance(0.4)) return { f: 'break', value: [held, null] };
    const path = held ?? this.#drawLock();
    const draw = this.random.below(10);
    if (draw === 0) return { f: 'break', value: [path, null] };
    return { f: draw < 6 ? 'lock-peek' : 'lock-sync-peek', value: [path, null] };
  }

  #drawLock(): string {
    const lock = this.random.below(lockCount);
    return `${root}/${lock}-${this.#generations[lock] ?? 0}`;
  }

  #rename(path: string): void {
    const [lock = 0, generation = 0] = path
      .slice(root.length + 1)
      .split('-')
      .map(Number);
    this.#generations[lock] = Math.max(this.#generations[lock] ?? 0, generation + 1);
  }
}
