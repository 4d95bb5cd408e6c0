// Service discovery: whoever offers a service puts an ephemeral under its znode, whoever looks for one lists the
// children, or follows them by watches. Members leave, close their sessions, fall silent, move, or die without a word.

import { membership } from '../checkers/membership.ts';
import type { SeenMembers } from '../checkers/membership-calls.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client, Reply } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import type { Stat } from '../harness/wire/records.ts';
import { drawShare } from './draw-share.ts';
import { deleteZnode } from './ephemeral-reads.ts';
import { Followers } from './follower.ts';
import type { FollowerSubject } from './follower.ts';
import { Tenants, type SessionFunction } from './tenants.ts';
import { ensureZnode, readPair, removeChildren } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';

const root = '/membership';
const services = [`${root}/a`, `${root}/b`] as const;
const nothing = Buffer.alloc(0);
const followerCount = 4;
/** Of one session at a time. */
const mostMemberships = 6;

/** Shares of the requests of an open session, in percent. */
const shares: readonly (readonly [SessionFunction | 'join' | 'leave' | 'own-list' | 'other', number])[] = [
  ['join', 18],
  ['leave', 6],
  ['own-list', 16],
  ['other', 44],
  ['session-hop', 4],
  ['session-close', 3],
  ['session-abandon', 3],
  ['session-silence', 6],
];

export const membershipWorkload: Workload = {
  name: 'membership',
  description:
    'service discovery: ephemeral members of two services, listed and followed while they come and go',
  checkers: [membership, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: (options) => new MembershipRun(options),
};

class MembershipRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #tenants: Tenants;
  readonly #followers: Followers;
  /** Requests of followers. */
  readonly #placeOf = new WeakMap<Request, number>();
  #lastId = 0;

  constructor(options: WorkloadOptions) {
    this.#random = options.random;
    this.#processes = options.processes;
    this.#tenants = new Tenants(options);
    this.#followers = new Followers(options.sessions, (place) => subjectAt(serviceAt(place)));
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    for (const service of services) {
      await ensureZnode(client, service, nothing);
      await removeChildren(client, service);
    }
  }

  next(process: number): Request {
    const own = (f: string, path: string): Request =>
      this.#tenants.request(process, { f, value: [path, null] });
    switch (this.#tenants.stateOf(process)) {
      case 'expired':
        return own('session-expired', root);
      case 'silent':
        return this.#random.chance(0.2) ? own('session-wake', root) : this.#drawOther(process);
      case 'absent':
        return own('member-join', this.#newMember());
      case 'open':
        break;
    }
    const held = this.#tenants.heldBy(process);
    const drawn = drawShare(this.#random, shares);
    switch (drawn) {
      case 'other':
        return this.#drawOther(process);
      case 'own-list':
        return own('member-list', this.#random.pick(services));
      case 'leave':
        return held.length === 0 ? this.#drawOther(process) : own('member-leave', this.#random.pick(held));
      case 'join':
        return held.length < mostMemberships
          ? own('member-join', this.#newMember())
          : own('member-leave', this.#random.pick(held));
      default:
        return own(drawn, root);
    }
  }

  clientFor(client: Client, request: Request): Client {
    const place = this.#placeOf.get(request);
    if (place !== undefined) return this.#followers.at(place).client;
    return this.#tenants.clientFor(client, request);
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path] = readPair(request);
    switch (request.f) {
      case 'member-join':
        return this.#tenants.create(client, request);
      case 'member-leave':
        this.#tenants.giveUp(request, path);
        return deleteZnode(client, path);
      case 'member-list':
      case 'final-members':
        return outcomeOf(path, await client.getChildren(path));
      case 'member-sync-list': {
        const synced = client.sync(path).then(() => client.server);
        const [sync, list] = await Promise.allSettled([synced, client.getChildren(path)]);
        if (sync.status === 'rejected') throw sync.reason;
        if (list.status === 'rejected') throw list.reason;
        return outcomeOf(path, list.value, sync.value);
      }
      case 'member-follow': {
        const { report, zxid } = await this.#followers.at(this.#placeOf.get(request) ?? 0).report();
        return { value: [path, report], zxid };
      }
      case 'member-follower-hop':
        client.drop();
        return { value: [path, null] };
      case 'final-member-followers':
        return { value: [path, await this.#followers.lastReports()] };
      default:
        return this.#tenants.change(request, path);
    }
  }

  end(): Promise<void> {
    return this.#tenants.end();
  }

  finalReads(): readonly Request[] {
    return [
      { f: 'final-member-followers', value: [root, null] },
      ...services.map((service) => ({ f: 'final-members', value: [service, null] })),
    ];
  }

  /** Of those who look for members: the plain session of the process, or its follower. */
  #drawOther(process: number): Request {
    const place = process % this.#processes;
    const draw = this.#random.below(10);
    if (place < followerCount && draw < 4) {
      const f = draw === 0 ? 'member-follower-hop' : 'member-follow';
      const request = { f, value: [serviceAt(place), null] };
      this.#placeOf.set(request, place);
      return request;
    }
    return { f: draw < 7 ? 'member-list' : 'member-sync-list', value: [this.#random.pick(services), null] };
  }

  #newMember(): string {
    return `${this.#random.pick(services)}/m${String(++this.#lastId).padStart(7, '0')}`;
  }
}

function serviceAt(place: number): string {
  return services[place % services.length] ?? services[0];
}

function subjectAt(path: string): FollowerSubject {
  return {
    path,
    of: 'children',
    read: async (client) => {
      const { stat, children } = await client.getChildren(path, true);
      return { version: stat.cversion, value: children.toSorted() };
    },
  };
}

function outcomeOf(
  path: string,
  { zxid, stat, children }: Reply & { readonly children: readonly string[]; readonly stat: Stat },
  syncedBy?: number | null,
): Outcome {
  const seen: SeenMembers = {
    names: children.toSorted(),
    pzxid: stat.pzxid,
    ...(syncedBy === undefined ? {} : { syncedBy }),
  };
  return { value: [path, seen], zxid };
}
