// What workloads with sessions of their own have in common: requests go to the tenant of a process or to its plain
// session, by what has become of the tenant; at the end all tenants are gone.

import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { listOwners } from './ephemeral-reads.ts';
import { Tenants } from './tenants.ts';
import type { Outcome, Request, WorkloadOptions, WorkloadRun } from './workload.ts';
import { ensureZnode, readPair, removeChildren } from './znodes.ts';

const nothing = Buffer.alloc(0);

interface TenantTraits {
  /** The parent of all that the workload makes; requests that are about no znode name it. */
  readonly root: string;
  /** That a silent session goes on, before each request of its process. */
  readonly wakeChance: number;
  readonly opened?: (place: number, client: Client) => void;
}

export abstract class TenantRun implements WorkloadRun {
  protected readonly random: Random;
  protected readonly tenants: Tenants;
  readonly #traits: TenantTraits;

  constructor(options: WorkloadOptions, traits: TenantTraits) {
    this.random = options.random;
    this.tenants = new Tenants(options, traits.opened);
    this.#traits = traits;
  }

  abstract invoke(client: Client, request: Request): Promise<Outcome>;

  /** The first request of a new session. */
  protected abstract nextOfNew(process: number): Request;

  protected abstract nextOfOpen(process: number): Request;

  /** What the plain session of the process does meanwhile. */
  protected abstract nextOfOthers(process: number): Request;

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, this.#traits.root, nothing);
    await removeChildren(client, this.#traits.root);
  }

  next(process: number): Request {
    const { root, wakeChance } = this.#traits;
    switch (this.tenants.stateOf(process)) {
      case 'expired':
        return this.own(process, 'session-expired', root);
      case 'silent':
        return this.random.chance(wakeChance)
          ? this.own(process, 'session-wake', root)
          : this.nextOfOthers(process);
      case 'absent':
        return this.nextOfNew(process);
      case 'open':
        break;
    }
    // A process that only waited for a server that is cut off would leave the others without a client.
    const isElsewhere = this.tenants.isAdrift(process) && this.random.chance(0.5);
    return isElsewhere ? this.nextOfOthers(process) : this.nextOfOpen(process);
  }

  clientFor(client: Client, request: Request): Client {
    return this.tenants.clientFor(client, request);
  }

  end(): Promise<void> {
    return this.tenants.end();
  }

  finalReads(): readonly Request[] {
    return [{ f: 'final-ephemerals', value: [this.#traits.root, null] }];
  }

  /** What is asked of every workload with sessions of its own. */
  protected invokeOther(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    return request.f === 'final-ephemerals' ? listOwners(client, path) : this.tenants.change(request, path);
  }

  /** A request of the process's own session. */
  protected own(process: number, f: string, path: string, argument: unknown = null): Request {
    return this.tenants.request(process, { f, value: [path, argument] });
  }
}
