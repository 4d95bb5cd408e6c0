// Double barriers as people build them on ZooKeeper: the members of a group enter a round by an ephemeral each; who
// sees all of them opens the round; nobody goes on before it is open, and nobody leaves for the next round before he
// sees the last ephemeral of this one gone. A member whose session ends while it waits comes again; one that was in
// already counts as having left.

import { barrier } from '../checkers/barrier.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client, Reply } from '../harness/client/client.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { Stat } from '../harness/wire/records.ts';
import { drawShare } from './draw-share.ts';
import { TenantRun } from './tenant-run.ts';
import type { SessionFunction } from './tenants.ts';
import type { Outcome, Request, Workload, WorkloadOptions } from './workload.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';

const root = '/barrier';
/** Small, since a round takes as long as its slowest member. */
const groupSize = 3;
const wakeChance = 0.25;
const firstRound = 1;
const nothing = Buffer.alloc(0);

const sessionChance = 0.03;
const sessionShares: readonly (readonly [SessionFunction, number])[] = [
  ['session-hop', 45],
  ['session-close', 15],
  ['session-abandon', 10],
  ['session-silence', 30],
];

export const barrierWorkload: Workload = {
  name: 'barrier',
  description: `groups of ${groupSize} that enter a double barrier and leave it together, round after round`,
  checkers: [barrier, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new BarrierRun(options),
};

interface Group {
  readonly path: string;
  readonly size: number;
}

/** Where a process stands with its group. */
interface Member {
  readonly group: Group;
  readonly index: number;
  round: number;
  phase: 'arriving' | 'waiting' | 'opening' | 'inside' | 'leaving';
}

/** What is recorded with every request of a member. */
interface About {
  readonly round: number;
  readonly member: string;
  /** Of its group. */
  readonly size: number;
}

class BarrierRun extends TenantRun {
  readonly #members: readonly Member[];
  readonly #groups: readonly Group[];

  constructor(options: WorkloadOptions) {
    super(options, { root, wakeChance });
    const { processes } = options;
    const count = Math.max(1, Math.floor(processes / groupSize));
    // Who is left over is with the last group.
    const groupOf = (place: number): number => Math.min(Math.floor(place / groupSize), count - 1);
    const places = Array.from({ length: processes }, (_, place) => place);
    this.#groups = Array.from({ length: count }, (_, index) => ({
      path: `${root}/${index}`,
      size: places.filter((place) => groupOf(place) === index).length,
    }));
    this.#members = places.map((place) => ({
      group: this.#groups[groupOf(place)] as Group,
      index: place,
      round: firstRound,
      phase: 'arriving',
    }));
  }

  override async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    for (const { path } of this.#groups) {
      await ensureZnode(client, path, nothing);
      await removeChildren(client, path);
      await ensureZnode(client, openOf(path), encode(firstRound - 1), { pristine: true });
    }
  }

  override finalReads(): readonly Request[] {
    return this.#groups.map(({ path }) => ({ f: 'final-rounds', value: [path, null] }));
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path, argument] = readPair(request);
    if (request.f === 'barrier-peek') return outcomeOf(path, null, await readGroup(client, path));
    if (request.f === 'final-rounds') return finalRounds(client, path);
    const place = this.tenants.placeOfRequest(request) ?? 0;
    const member = this.#members[place] as Member;
    if (request.f.startsWith('session-')) {
      if (endsSession(request.f)) startAgain(member);
      return this.tenants.change(request, path);
    }
    const about = argument as About;
    switch (request.f) {
      case 'barrier-arrive':
        return arrive(client, member, about);
      case 'barrier-check':
        return check(client, member, about);
      case 'barrier-open':
        return open(client, member, about);
      case 'barrier-depart':
        return depart(client, member, about);
      case 'barrier-leave':
        return leave(client, member, about);
      default:
        throw new Error(`the barrier workload knows no operation ${request.f}`);
    }
  }

  protected nextOfNew(process: number): Request {
    return this.#step(process);
  }

  protected nextOfOthers(): Request {
    return { f: 'barrier-peek', value: [this.random.pick(this.#groups).path, null] };
  }

  protected nextOfOpen(process: number): Request {
    if (!this.random.chance(sessionChance)) return this.#step(process);
    return this.own(process, drawShare(this.random, sessionShares), root);
  }

  #step(process: number): Request {
    const member = this.#members[this.tenants.placeOf(process)] as Member;
    const { group, index, round, phase } = member;
    const about: About = { round, member: String(index), size: group.size };
    return this.own(process, functionOf[phase], group.path, about);
  }
}

const functionOf: Readonly<Record<Member['phase'], string>> = {
  arriving: 'barrier-arrive',
  waiting: 'barrier-check',
  opening: 'barrier-open',
  inside: 'barrier-depart',
  leaving: 'barrier-leave',
};

function endsSession(f: string): boolean {
  return f === 'session-close' || f === 'session-abandon' || f === 'session-expired';
}

/** Its ephemeral goes with its session. */
function startAgain(member: Member): void {
  member.phase = member.phase === 'inside' || member.phase === 'leaving' ? 'leaving' : 'arriving';
}

/** One that it finds there may be its own, of a create that had no reply, or that of its former session. */
async function arrive(client: Client, member: Member, about: About): Promise<Outcome> {
  const { path } = member.group;
  const own = `${path}/${nameOf(about)}`;
  try {
    const { zxid } = await client.create(own, nothing, { ephemeral: true });
    member.phase = 'waiting';
    return { value: [path, { ...about, czxid: zxid }], zxid };
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== ErrorCode.NODE_EXISTS) throw error;
    const { stat, zxid } = await client.exists(own);
    if (stat?.ephemeralOwner !== client.sessionId) throw error;
    member.phase = 'waiting';
    return { value: [path, { ...about, czxid: stat.czxid }], zxid };
  }
}

async function check(client: Client, member: Member, about: About): Promise<Outcome> {
  const { path, size } = member.group;
  const seen = await readGroup(client, path);
  const count = seen.names.filter((name) => roundOf(name) === about.round).length;
  if (seen.open >= about.round) member.phase = 'inside';
  else if (count >= size) member.phase = 'opening';
  return outcomeOf(path, { ...about, isIn: member.phase === 'inside' }, seen);
}

/** Whoever was faster did the same. */
async function open(client: Client, member: Member, about: About): Promise<Outcome> {
  const { path } = member.group;
  member.phase = 'waiting';
  const { data, stat } = await client.getData(openOf(path));
  if (decode(data) >= about.round) throw overtaken(path, about.round);
  const reply = await client.setData(openOf(path), encode(about.round), stat.version);
  member.phase = 'inside';
  return { value: [path, about], zxid: reply.zxid, version: reply.stat.version };
}

async function depart(client: Client, member: Member, about: About): Promise<Outcome> {
  const { path } = member.group;
  try {
    const { zxid } = await client.delete(`${path}/${nameOf(about)}`, -1);
    member.phase = 'leaving';
    return { value: [path, about], zxid };
  } catch (error) {
    if (error instanceof ClientError && error.code === ErrorCode.NO_NODE) member.phase = 'leaving';
    throw error;
  }
}

/** Behind a sync, since one whose session is new may be with a server that has not heard of the round. */
async function leave(client: Client, member: Member, about: About): Promise<Outcome> {
  const { path } = member.group;
  const [synced, read] = await Promise.allSettled([client.sync(path), readGroup(client, path)]);
  if (synced.status === 'rejected') throw synced.reason;
  if (read.status === 'rejected') throw read.reason;
  const seen = read.value;
  const isOut = seen.open >= about.round && seen.names.every((name) => roundOf(name) !== about.round);
  if (isOut) {
    member.round++;
    member.phase = 'arriving';
  }
  return outcomeOf(path, { ...about, isOut }, seen);
}

interface Seen {
  readonly names: readonly string[];
  /** As of this zxid the names are complete. */
  readonly at: number;
  /** The last round that was opened. */
  readonly open: number;
  readonly openedZxid: number;
  readonly zxid: number;
}

/** Both reads are sent at once. */
async function readGroup(client: Client, path: string): Promise<Seen> {
  const [list, opened] = await Promise.allSettled([client.getChildren(path), client.getData(openOf(path))]);
  if (list.status === 'rejected') throw list.reason;
  if (opened.status === 'rejected') throw opened.reason;
  return seenIn(list.value, opened.value);
}

function seenIn(
  { children, stat, zxid }: Reply & { readonly children: string[]; readonly stat: Stat },
  opened: Reply & { readonly data: Buffer; readonly stat: Stat },
): Seen {
  return {
    names: [...children].sort(),
    at: stat.pzxid,
    open: decode(opened.data),
    openedZxid: opened.stat.mzxid,
    zxid: Math.max(zxid, opened.zxid),
  };
}

function outcomeOf(path: string, about: object | null, { zxid, ...seen }: Seen): Outcome {
  return { value: [path, { ...about, ...seen }], zxid };
}

async function finalRounds(client: Client, path: string): Promise<Outcome> {
  const [list, opened] = await Promise.all([
    unlessAbsent(client.getChildren(path)),
    unlessAbsent(client.getData(openOf(path))),
  ]);
  // Setup was acknowledged, so this server lost the group.
  if ('absent' in list) return { value: [path, null], zxid: list.zxid };
  if ('absent' in opened) return { value: [path, null], zxid: opened.zxid };
  return outcomeOf(path, null, seenIn(list, opened));
}

/** `r3-m7`: member 7 in round 3. */
function nameOf({ round, member }: About): string {
  return `r${round}-m${member}`;
}

function roundOf(name: string): number {
  return Number(/^r(\d+)-/.exec(name)?.[1]);
}

/** The last round of a group that was opened stands beside it. */
function openOf(path: string): string {
  return `${path}-open`;
}

function encode(round: number): Buffer {
  return Buffer.from(String(round));
}

function decode(data: Buffer): number {
  return Number(data.toString());
}

function overtaken(path: string, round: number): ClientError {
  return new ClientError(`setData ${openOf(path)}: round ${round} is open already`, {
    kind: 'refused',
    definite: true,
  });
}
