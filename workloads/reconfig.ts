// The membership changes by requests of clients while it is read: one server at a time leaves, loses its vote or gets
// one, and comes back as it was. Beside these come requests that must be refused. A change away from the whole
// ensemble is asked for on condition of the configuration that was read, so what it makes is known beforehand, and
// never do two of them come together. The administrators have sessions of their own: they may do anything, which
// would spoil what other workloads ask for.

import assert from 'node:assert/strict';
import { reconfiguration } from '../checkers/reconfiguration.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Administration, ServerRole } from '../harness/client/administration.ts';
import { refusal } from '../harness/client/client-errors.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import type { ClientRequest } from '../harness/wire/records.ts';
import { placeOf } from './placed-request.ts';
import type { PlacedRequest } from './placed-request.ts';
import { prepare, readPair } from './znodes.ts';
import type { Outcome, OwnSessions, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';

const path = '/zookeeper/config';
const sessionTimeoutTicks = 20;
const anyVersion = -1;

/** Shares of the requests, in percent; the rest are reads. Every change may cost an election. */
const restorePercent = 6;
const changePercent = 6;
const refusedPercent = 3;
/** Fewer voters cannot lose one. */
const leastVoters = 3;

export const reconfigWorkload: Workload = {
  name: 'reconfig',
  description: 'clients change the membership, on conditions and without, and ask for what must be refused',
  checkers: [reconfiguration, replicasAgree, sessionMonotonic, recovery],
  changesMembership: true,
  leastAcknowledged: 10,
  create: (options) => new ReconfigRun(options),
};

/** Roles by server id. */
type Members = Readonly<Record<string, ServerRole['role']>>;

/** What is asked for; plain values, for the history. */
interface Change {
  readonly how: 'incremental' | 'members';
  readonly leave: readonly number[];
  readonly join: readonly ServerRole[];
  /** Which configuration it is for; `stale` is one that cannot be in force. */
  readonly on: 'seen' | 'any' | 'stale';
  /** What it makes; null: it must be refused. */
  readonly result: Members | null;
  readonly whole: Members;
  readonly malformed?: true;
}

interface Configuration {
  readonly version: number;
  readonly members: Members;
}

class ReconfigRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #sessions: OwnSessions;
  readonly #administration: Administration;
  readonly #whole: Members;
  readonly #clients = new Map<number, Client>();

  constructor({ random, processes, sessions, administration }: WorkloadOptions) {
    assert.ok(sessions !== undefined, 'a workload about the membership is given a way to open sessions');
    assert.ok(administration !== undefined, 'a workload about the membership is told how to change it');
    this.#random = random;
    this.#processes = processes;
    this.#sessions = sessions;
    this.#administration = administration;
    this.#whole = membersOf(administration.members);
  }

  /** The configuration is there as soon as anybody serves. */
  async setup(client: Client): Promise<void> {
    await readConfiguration(client);
  }

  next(process: number): PlacedRequest {
    const { f, value } = this.#draw();
    return { f, value, place: process % this.#processes };
  }

  /** Final reads have no process of their own: they are bound to their servers. */
  clientFor(client: Client, request: Request): Client {
    const place = placeOf(request);
    return place === undefined ? client : this.#clientAt(place);
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    switch (request.f) {
      case 'config-read':
      case 'final-config': {
        const { configuration, zxid } = await readConfiguration(client);
        return { value: [path, configuration], zxid };
      }
      case 'reconfig':
        return this.#change(client, readPair(request)[1] as Change);
      default:
        throw new Error(`the reconfig workload knows no operation ${request.f}`);
    }
  }

  async end(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.close()));
  }

  finalReads(): readonly Request[] {
    return [{ f: 'final-config', value: [path, null] }];
  }

  #draw(): Request {
    const draw = this.#random.below(100);
    if (draw < restorePercent) return requestOf(this.#restore());
    if (draw < restorePercent + changePercent) return requestOf(this.#drawChange() ?? this.#restore());
    if (draw < restorePercent + changePercent + refusedPercent) return requestOf(this.#drawRefused());
    return { f: 'config-read', value: [path, null] };
  }

  #restore(): Change {
    return {
      how: this.#random.pick(['incremental', 'members']),
      leave: [],
      join: this.#administration.members,
      on: this.#random.pick(['seen', 'any']),
      result: this.#whole,
      whole: this.#whole,
    };
  }

  /** Null: the ensemble is too small for any. */
  #drawChange(): Change | null {
    const { members } = this.#administration;
    const voterCount = members.filter(({ role }) => role === 'participant').length;
    const movable = members.filter(({ role }) => role === 'observer' || voterCount >= leastVoters);
    if (movable.length === 0 || voterCount < 2) return null;
    const { sid, role } = this.#random.pick(movable);
    const others = members.filter((member) => member.sid !== sid);
    const leaves = this.#random.chance(0.4);
    const changed: ServerRole = { sid, role: role === 'observer' ? 'participant' : 'observer' };
    const how = this.#random.pick(['incremental', 'members'] as const);
    const after = leaves ? others : [...others, changed].sort((one, other) => one.sid - other.sid);
    return {
      how,
      leave: how === 'incremental' && leaves ? [sid] : [],
      join: how === 'members' ? after : leaves ? [] : [changed],
      on: 'seen',
      result: membersOf(after),
      whole: this.#whole,
    };
  }

  #drawRefused(): Change {
    const { members } = this.#administration;
    const whole = this.#whole;
    const nothing = { how: 'incremental', leave: [], join: [], on: 'any', result: null, whole } as const;
    switch (this.#random.pick(['stale', 'malformed', 'voters'] as const)) {
      case 'stale':
        return { ...nothing, join: members, on: 'stale' };
      case 'malformed':
        return { ...nothing, join: members.slice(0, 1), malformed: true };
      case 'voters':
        return { ...nothing, leave: members.slice(1).map(({ sid }) => sid) };
    }
  }

  async #change(client: Client, change: Change): Promise<Outcome> {
    const { configuration: seen } = await prepare(() => readConfiguration(client));
    const asked = change.on === 'any' ? anyVersion : change.on === 'seen' ? seen.version : seen.version - 1;
    const leadsAway = change.on === 'seen' && !isSame(change.result ?? {}, this.#whole);
    if (leadsAway && !isSame(seen.members, this.#whole)) throw notWhole();
    const request = this.#requestFor(change, asked);
    const { err, zxid, body } = await client.ask(request);
    if (err !== 0) throw refusal(request, err, zxid);
    const made = body.type === 'data' ? parseConfiguration(body.data) : null;
    return { value: [path, { ...change, asked, seen, made }], zxid };
  }

  #requestFor({ how, leave, join, malformed }: Change, asked: number): Reconfig {
    const lines = join.map((member) => this.#administration.lineOf(member));
    if (malformed === true) lines.push('server.one=nowhere');
    const isIncremental = how === 'incremental';
    return {
      type: 'reconfig',
      joiningServers: isIncremental && lines.length > 0 ? lines.join(',') : null,
      leavingServers: leave.length > 0 ? leave.join(',') : null,
      newMembers: isIncremental ? null : lines.join(','),
      curConfigId: asked,
    };
  }

  #clientAt(place: number): Client {
    const present = this.#clients.get(place);
    if (present !== undefined && present.state !== 'expired') return present;
    const { servers, tickMs } = this.#sessions;
    const first = place % servers.length;
    const client = this.#sessions.open({
      servers: [...servers.slice(first), ...servers.slice(0, first)],
      sessionTimeoutMs: sessionTimeoutTicks * tickMs,
    });
    client.addAuth('digest', Buffer.from(this.#administration.credentials));
    this.#clients.set(place, client);
    return client;
  }
}

type Reconfig = Extract<ClientRequest, { type: 'reconfig' }>;

function requestOf(change: Change): Request {
  return { f: 'reconfig', value: [path, change] };
}

async function readConfiguration(
  client: Client,
): Promise<{ readonly configuration: Configuration; readonly zxid: number }> {
  const { data, zxid } = await client.getData(path);
  return { configuration: parseConfiguration(data), zxid };
}

/** `server.N=host:port:port[:role][;client]` in lines, and `version=` in hexadecimal; a server alone has none. */
export function parseConfiguration(data: Buffer | null): Configuration {
  const members: Record<string, ServerRole['role']> = {};
  let version = 0;
  for (const line of (data ?? Buffer.alloc(0)).toString().split('\n')) {
    const [, sid, address = ''] = /^server\.(\d+)=([^;]*)/.exec(line) ?? [];
    if (sid !== undefined) members[sid] = address.endsWith(':observer') ? 'observer' : 'participant';
    const [, digits] = /^version=([0-9a-f]+)$/.exec(line) ?? [];
    if (digits !== undefined) version = Number.parseInt(digits, 16);
  }
  return { version, members };
}

function membersOf(servers: readonly ServerRole[]): Members {
  return Object.fromEntries(servers.map(({ sid, role }) => [String(sid), role]));
}

function isSame(one: Members, other: Members): boolean {
  const sids = Object.keys(one);
  return sids.length === Object.keys(other).length && sids.every((sid) => one[sid] === other[sid]);
}

function notWhole(): ClientError {
  const message = 'reconfig: another server is away already, so nothing was asked for';
  return new ClientError(message, { kind: 'refused', definite: true });
}
