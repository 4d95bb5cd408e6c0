// Sessions that come and go, one at a time for each process: they are opened when they are first needed, move
// from server to server, fall silent and wake up or do not, are closed or are left to expire. Workloads whose
// znodes live as long as a session use them instead of the sessions of their processes.

import assert from 'node:assert/strict';
import type { Client } from '../harness/client/client.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import type { Outcome, OwnSessions, Request, WorkloadOptions } from './workload.ts';
import { readPair } from './znodes.ts';

/** Asked of a tenant's timeout, so that sessions expire within a run; the faults last longer than either. */
const timeoutTicks = [6, 10] as const;
/** A session whose end was not confirmed is gone after this many of its timeouts (recovery is over by then). */
const endTimeouts = 3;
/** How long a session is left to its pings: long enough for an expiry to show. */
const holdTimeouts = 1.5;

/** What a process's own session is to its next request. */
export type TenantState =
  /** There is none; the next request that needs one opens it. */
  | 'absent'
  | 'open'
  /** It neither sends nor reads until it wakes up. */
  | 'silent'
  /** The ensemble ended it, and nobody has said so yet. */
  | 'expired';

interface Tenant {
  readonly client: Client;
  isSilent: boolean;
  /** Znodes that it was acknowledged to own, and did not ask to delete. */
  readonly held: string[];
}

/** What happens to a session, as functions of requests; checkers know them by these names. */
export const sessionFunctions = [
  'session-close',
  'session-close-create',
  'session-abandon',
  'session-hop',
  'session-hold',
  'session-silence',
  'session-wake',
  'session-expired',
] as const;
export type SessionFunction = (typeof sessionFunctions)[number];

export class Tenants {
  readonly #random: Random;
  readonly #processes: number;
  readonly #sessions: OwnSessions | undefined;
  readonly #tenants = new Map<number, Tenant>();
  readonly #opened: (place: number, client: Client) => void;
  readonly #placeOf = new WeakMap<Request, number>();
  #longestTimeoutMs = 0;

  /** `opened` is told of every new session, and of whose place it is. */
  constructor(
    { random, processes, sessions }: WorkloadOptions,
    opened: (place: number, client: Client) => void = () => {},
  ) {
    this.#random = random.fork('tenants');
    this.#processes = processes;
    this.#sessions = sessions;
    this.#opened = opened;
  }

  /** Process numbers change, and keep their place. */
  placeOf(process: number): number {
    return process % this.#processes;
  }

  /** Null: the request is not of a session of the workload's own. */
  placeOfRequest(request: Request): number | null {
    return this.#placeOf.get(request) ?? null;
  }

  stateOf(process: number): TenantState {
    const tenant = this.#tenants.get(this.placeOf(process));
    if (tenant === undefined) return 'absent';
    if (tenant.client.state === 'expired') return 'expired';
    return tenant.isSilent ? 'silent' : 'open';
  }

  /** Its session looks for a server, so that whatever is asked of it may take long. */
  isAdrift(process: number): boolean {
    const state = this.#tenants.get(this.placeOf(process))?.client.state;
    return state === 'connecting' || state === 'disconnected';
  }

  heldBy(process: number): readonly string[] {
    return this.#tenants.get(this.placeOf(process))?.held ?? [];
  }

  /** A request of the process's own session. */
  request(process: number, request: Request): Request {
    this.#placeOf.set(request, this.placeOf(process));
    return request;
  }

  /** The session that a request is for; opened if it must be. */
  clientFor(client: Client, request: Request): Client {
    const place = this.#placeOf.get(request);
    return place === undefined ? client : this.#tenant(place).client;
  }

  /** An ephemeral of the session, at the path that the request names. */
  async create(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    const { zxid } = await client.create(path, Buffer.alloc(0), { ephemeral: true });
    this.#tenantOf(request)?.held.push(path);
    return { value: [path, { timeoutMs: client.sessionTimeoutMs }], zxid };
  }

  /** Its delete is about to be asked for. */
  giveUp(request: Request, path: string): void {
    const held = this.#tenantOf(request)?.held ?? [];
    if (held.includes(path)) held.splice(held.indexOf(path), 1);
  }

  /** `path` is that of the ephemerals that a session asks for as it ends, one ahead of its close and one behind. */
  async change(request: Request, path: string): Promise<Outcome> {
    const place = this.#placeOf.get(request);
    assert.ok(place !== undefined, `${request.f} is asked of a session of the workload's own`);
    const tenant = this.#tenant(place);
    const { client } = tenant;
    const value = [path, { timeoutMs: client.sessionTimeoutMs }];
    switch (request.f as SessionFunction) {
      case 'session-close':
        this.#tenants.delete(place);
        return { value, zxid: confirmed(await client.close()) };
      case 'session-close-create': {
        this.#tenants.delete(place);
        // Whatever comes of the creates: no session owns an ephemeral after its end.
        const create = (name: string): Promise<unknown> =>
          client.create(name, Buffer.alloc(0), { ephemeral: true }).catch(() => null);
        const early = create(`${path}-early`);
        const closing = client.close();
        const [reply] = await Promise.all([closing, early, create(path)]);
        return { value, zxid: confirmed(reply) };
      }
      case 'session-abandon':
        this.#tenants.delete(place);
        client.abandon();
        return { value };
      case 'session-hop':
        client.drop();
        return { value };
      case 'session-hold': {
        // The answer says that it is attached; from here on nothing but its pings is heard of it.
        const { zxid } = await client.exists(path);
        await this.#sessions?.sleep(holdTimeouts * client.sessionTimeoutMs);
        const isExpired = client.state === 'expired';
        return { value: [path, { timeoutMs: client.sessionTimeoutMs, isExpired }], zxid };
      }
      case 'session-silence':
      case 'session-wake':
        tenant.isSilent = request.f === 'session-silence';
        client.setSilent(tenant.isSilent);
        return { value };
      case 'session-expired':
        this.#tenants.delete(place);
        return { value };
    }
  }

  /** Afterwards no session is left, and none of them can own anything. */
  async end(): Promise<void> {
    const tenants = [...this.#tenants.values()];
    this.#tenants.clear();
    await Promise.all(tenants.map(({ client }) => client.close()));
    await this.#sessions?.sleep(endTimeouts * this.#longestTimeoutMs + this.#sessions.tickMs);
  }

  #tenantOf(request: Request): Tenant | undefined {
    const place = this.#placeOf.get(request);
    return place === undefined ? undefined : this.#tenants.get(place);
  }

  #tenant(place: number): Tenant {
    const present = this.#tenants.get(place);
    if (present !== undefined) return present;
    assert.ok(this.#sessions !== undefined, 'a workload about sessions is given a way to open them');
    const { servers, tickMs } = this.#sessions;
    const sessionTimeoutMs = this.#random.pick(timeoutTicks) * tickMs;
    this.#longestTimeoutMs = Math.max(this.#longestTimeoutMs, sessionTimeoutMs);
    const first = this.#random.below(servers.length);
    const rotated = [...servers.slice(first), ...servers.slice(0, first)];
    const client = this.#sessions.open({
      servers: this.#random.chance(0.5) ? rotated : rotated.slice(0, 1),
      sessionTimeoutMs,
    });
    const tenant = { client, isSilent: false, held: [] };
    this.#tenants.set(place, tenant);
    this.#opened(place, client);
    return tenant;
  }
}

/** Without the server's word the session may live on until its timeout. */
function confirmed(reply: { readonly zxid: number } | null): number {
  if (reply !== null) return reply.zxid;
  throw new ClientError('closeSession: no confirmation; it may have taken place', {
    kind: 'connection-loss',
    definite: false,
  });
}
