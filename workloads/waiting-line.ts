// Locks and elections as people build them on ZooKeeper: who wants something creates an ephemeral sequential znode,
// lists its siblings, and has his turn when nobody stands ahead; else he watches the one right ahead of him. What he
// does in his turn is guarded: it takes place only while his znode is there, and carries its number. Names begin with
// an id of their own, so that a znode whose create had no reply is found again.

import type { WorkloadOptions, Outcome, Request } from './workload.ts';
import type { Role } from '../checkers/recipes/waiting-lines.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client, SubOperation } from '../harness/client/client.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { Stat } from '../harness/wire/records.ts';
import { drawShare } from './draw-share.ts';
import { isInDoubt } from './ephemeral-reads.ts';
import { TenantRun } from './tenant-run.ts';
import type { SessionFunction } from './tenants.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';

const nothing = Buffer.alloc(0);
const wakeChance = 0.1;
const noToken = -1;

/** Of an open session's requests, those that are about the session itself. */
const sessionChance = 0.05;
const sessionShares: readonly (readonly [SessionFunction, number])[] = [
  ['session-hop', 30],
  ['session-close', 20],
  ['session-abandon', 15],
  ['session-silence', 35],
];
/** Those that its process's plain session makes instead, to see what the line guards. */
const observeChance = 0.08;
/** That it goes on as if its turn were not over, which may well be. */
const lateChance = 0.3;
/** That one who waits looks again although nothing was heard of the one ahead. */
const impatience = 0.1;

export interface LineTraits {
  readonly root: string;
  readonly lineCount: number;
  /** The roles that contenders take, as often as they stand here. */
  readonly roles: readonly Role[];
}

/** Somebody's place in one line. */
interface Place {
  readonly parent: string;
  readonly role: Role;
  readonly prefix: string;
  /** Null: its create had no reply. */
  name: string | null;
  state: 'doubtful' | 'waiting' | 'granted' | 'leaving';
  /** Name of the one right ahead, whose end is watched. */
  behind: string | null;
  /** There is reason to look. */
  isStirred: boolean;
}

export class WaitingLineRun extends TenantRun {
  readonly #traits: LineTraits;
  readonly #parents: readonly string[];
  /** By place of a process. */
  readonly #places: Map<number, Place[]>;
  /** A create of theirs may still come, so that their session must go. */
  readonly #spoilt = new Set<number>();
  /** By place of a process: the last that had its turn when its session ended. */
  readonly #past = new Map<number, Place>();
  #lastId = 0;

  constructor(options: WorkloadOptions, traits: LineTraits) {
    const places = new Map<number, Place[]>();
    super(options, {
      root: traits.root,
      wakeChance,
      opened: (place, client) => {
        client.onWatch(({ type, path }) => {
          if (type === 'deleted') stir(places.get(place) ?? [], path);
        });
      },
    });
    this.#places = places;
    this.#traits = traits;
    this.#parents = Array.from({ length: traits.lineCount }, (_, index) => `${traits.root}/${index}`);
  }

  override async setup(client: Client): Promise<void> {
    await ensureZnode(client, this.#traits.root, nothing);
    for (const parent of this.#parents) {
      await ensureZnode(client, parent, nothing);
      await removeChildren(client, parent);
      await ensureZnode(client, resourceOf(parent), encode(noToken), { pristine: true });
    }
  }

  override finalReads(): readonly Request[] {
    return this.#parents.map((parent) => ({ f: 'final-line', value: [parent, null] }));
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [parent, argument] = readPair(request);
    const session = this.tenants.placeOfRequest(request);
    if (session === null) {
      if (request.f === 'final-line') return finalLine(client, parent);
      return request.f === 'line-late-use'
        ? write(client, parent, argument as Contender)
        : observe(client, parent);
    }
    if (request.f.startsWith('session-')) {
      if (endsSession(request.f)) this.#forgetAll(session);
      return this.tenants.change(request, parent);
    }
    if (request.f === 'line-enter') return this.#enter(client, request, session);
    const { prefix } = argument as { prefix: string };
    const place = this.#places.get(session)?.find((one) => one.prefix === prefix);
    if (place === undefined) throw new Error(`${request.f} of ${prefix}, which has no place in ${parent}`);
    switch (request.f) {
      case 'line-find':
        return this.#find(client, place, session);
      case 'line-look':
        return this.#look(client, place, session);
      case 'line-use':
        return this.#unlessGone(place, session, use(client, place));
      case 'line-leave': {
        place.state = 'leaving';
        const path = `${parent}/${nameOf(place)}`;
        const { zxid } = await this.#unlessGone(place, session, client.delete(path, -1));
        this.#forget(place, session);
        return { value: [parent, shown(place)], zxid };
      }
      default:
        throw new Error(`no line knows an operation ${request.f}`);
    }
  }

  protected nextOfNew(process: number): Request {
    return this.#entry(process, this.random.pick(this.#parents));
  }

  /** One whose session is silent or has ended may go on with another one, and not know that its turn is over. */
  protected nextOfOthers(process: number): Request {
    const session = this.tenants.placeOf(process);
    const held = this.#places.get(session)?.find(hasTurn) ?? this.#past.get(session);
    if (held !== undefined && held.role === 'exclusive' && this.random.chance(lateChance)) {
      return { f: 'line-late-use', value: [held.parent, shown(held)] };
    }
    return { f: 'line-observe', value: [this.random.pick(this.#parents), null] };
  }

  protected nextOfOpen(process: number): Request {
    const session = this.tenants.placeOf(process);
    const places = this.#places.get(session) ?? [];
    if (this.#spoilt.has(session)) return this.own(process, 'session-close', this.#traits.root);
    if (this.random.chance(sessionChance)) {
      return this.own(process, drawShare(this.random, sessionShares), this.#traits.root);
    }
    if (this.random.chance(observeChance)) return this.nextOfOthers(process);
    const pressing = places.find(({ state, isStirred }) => isStirred || !isSettled(state));
    if (pressing !== undefined) return this.#step(process, pressing);
    const granted = places.find(hasTurn);
    if (granted !== undefined) return this.#step(process, granted);
    if (places.length > 0 && this.random.chance(impatience)) {
      return this.#step(process, this.random.pick(places));
    }
    const free = this.#parents.filter((parent) => places.every((place) => place.parent !== parent));
    if (free.length === 0) return this.nextOfOthers(process);
    return this.random.chance(0.6)
      ? this.#entry(process, this.random.pick(free))
      : this.nextOfOthers(process);
  }

  #entry(process: number, parent: string): Request {
    const role = this.random.pick(this.#traits.roles);
    const prefix = `${role === 'shared' ? 's' : 'x'}${++this.#lastId}-`;
    return this.own(process, 'line-enter', parent, { role, prefix });
  }

  #step(process: number, place: Place): Request {
    const of = (f: string): Request => this.own(process, f, place.parent, shown(place));
    switch (place.state) {
      case 'doubtful':
        return of('line-find');
      case 'waiting':
        return of('line-look');
      case 'granted':
        return of(this.random.chance(0.55) ? 'line-use' : 'line-leave');
      case 'leaving':
        return of('line-leave');
    }
  }

  async #enter(client: Client, request: Request, session: number): Promise<Outcome> {
    const [parent, argument] = readPair(request);
    const { role, prefix } = argument as Pick<Place, 'role' | 'prefix'>;
    const place: Place = {
      parent,
      role,
      prefix,
      name: null,
      state: 'doubtful',
      behind: null,
      isStirred: false,
    };
    const all = this.#places.get(session) ?? [];
    this.#places.set(session, [...all, place]);
    try {
      const options = { ephemeral: true, sequential: true };
      const { path, zxid } = await client.create(`${parent}/${prefix}`, nothing, options);
      place.name = path.slice(parent.length + 1);
      takePlace(place);
      return { value: [parent, shown(place)], zxid };
    } catch (error) {
      if (!isInDoubt(error)) this.#forget(place, session);
      throw error;
    }
  }

  /** Behind a sync the znode is in the list, or its create has failed, or it is still to come. */
  async #find(client: Client, place: Place, session: number): Promise<Outcome> {
    const { parent, prefix } = place;
    const [synced, listed] = await Promise.allSettled([client.sync(parent), client.getChildren(parent)]);
    if (synced.status === 'rejected') throw synced.reason;
    if (listed.status === 'rejected') throw listed.reason;
    const name = listed.value.children.find((child) => child.startsWith(prefix)) ?? null;
    const found = name === null ? null : (await client.exists(`${parent}/${name}`)).stat;
    if (name === null || found === null) {
      this.#spoilt.add(session);
      return { value: [parent, shown(place)], zxid: listed.value.zxid };
    }
    place.name = name;
    takePlace(place);
    return { value: [parent, { ...shown(place), czxid: found.czxid }], zxid: listed.value.zxid };
  }

  async #look(client: Client, place: Place, session: number): Promise<Outcome> {
    const { parent } = place;
    const { children, stat, zxid } = await client.getChildren(parent);
    const of = (seen: 'first' | 'behind' | 'gone'): Outcome => ({
      value: [parent, { ...shown(place), seen, at: stat.pzxid, behind: place.behind }],
      zxid,
    });
    place.isStirred = false;
    if (!children.includes(nameOf(place))) {
      this.#forget(place, session);
      return of('gone');
    }
    place.behind = lastAhead(children, place);
    if (place.behind === null) {
      place.state = 'granted';
      return of('first');
    }
    const ahead = await client.exists(`${parent}/${place.behind}`, true);
    if (ahead.stat === null) place.isStirred = true;
    return of('behind');
  }

  /** Where the znode of the place is gone, the place is as well. */
  async #unlessGone<T>(place: Place, session: number, reply: Promise<T>): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      if (error instanceof ClientError && error.code === ErrorCode.NO_NODE) this.#forget(place, session);
      throw error;
    }
  }

  #forget(place: Place, session: number): void {
    const all = this.#places.get(session) ?? [];
    this.#places.set(
      session,
      all.filter((one) => one !== place),
    );
  }

  #forgetAll(session: number): void {
    const held = this.#places.get(session)?.find(hasTurn);
    if (held !== undefined) this.#past.set(session, held);
    this.#places.delete(session);
    this.#spoilt.delete(session);
  }
}

function isSettled(state: Place['state']): boolean {
  return state === 'waiting' || state === 'granted';
}

function hasTurn({ state }: Place): boolean {
  return state === 'granted';
}

function endsSession(f: string): boolean {
  return f === 'session-close' || f === 'session-abandon' || f === 'session-expired';
}

function stir(places: readonly Place[], path: string): void {
  for (const place of places) {
    if (place.behind !== null && path === `${place.parent}/${place.behind}`) place.isStirred = true;
  }
}

/** To look is the first thing to do for one who has come. */
function takePlace(place: Place): void {
  place.state = 'waiting';
  place.isStirred = true;
}

/** What requests and completions say of a place. */
type Contender = Pick<Place, 'role' | 'prefix' | 'name'>;

function use(client: Client, place: Place): Promise<Outcome> {
  const { parent, role } = place;
  return role === 'exclusive' ? write(client, parent, shown(place)) : read(client, parent, shown(place));
}

/** Writes what the line guards, on condition that the place is still there. */
async function write(client: Client, parent: string, contender: Contender): Promise<Outcome> {
  const data = encode(numberOf(nameOf(contender)));
  const change = { type: 'setData', path: resourceOf(parent), data, version: -1 } as const;
  const { zxid, results } = await client.multi([guardOf(parent, contender), change]);
  const { version } = results[1] as Stat;
  return { value: [parent, contender], zxid, version };
}

/** Reads it on condition that it is still what was read, and that the place is still there. */
async function read(client: Client, parent: string, contender: Contender): Promise<Outcome> {
  const path = resourceOf(parent);
  const { data, stat } = await client.syncAndGetData(path);
  const { version, mzxid } = stat;
  const { zxid } = await client.multi([guardOf(parent, contender), { type: 'check', path, version }]);
  return { value: [parent, { ...contender, token: decode(data), mzxid }], zxid, version };
}

function guardOf(parent: string, contender: Contender): SubOperation {
  return { type: 'check', path: `${parent}/${nameOf(contender)}`, version: 0 };
}

async function observe(client: Client, parent: string): Promise<Outcome> {
  const { data, stat, zxid } = await client.getData(resourceOf(parent));
  return {
    value: [parent, { token: decode(data), mzxid: stat.mzxid }],
    zxid,
    version: stat.version,
  };
}

async function finalLine(client: Client, parent: string): Promise<Outcome> {
  const [list, resource] = await Promise.all([
    unlessAbsent(client.getChildren(parent)),
    unlessAbsent(client.getData(resourceOf(parent))),
  ]);
  const waiting = 'absent' in list ? null : [...list.children].sort();
  // Setup was acknowledged, so a server without the znode lost it.
  if ('absent' in resource) return { value: [parent, { waiting }], zxid: resource.zxid };
  const { data, stat, zxid } = resource;
  return {
    value: [parent, { waiting, token: decode(data), mzxid: stat.mzxid }],
    zxid,
    version: stat.version,
  };
}

/** The one with the highest number among those that a place has to wait for. */
function lastAhead(names: readonly string[], place: Place): string | null {
  const own = numberOf(nameOf(place));
  let last: string | null = null;
  for (const name of names) {
    if (place.role === 'shared' && !name.startsWith('x')) continue;
    const number = numberOf(name);
    if (number < own && (last === null || number > numberOf(last))) last = name;
  }
  return last;
}

/** What of a place is recorded with every request that is about it. */
function shown({ role, prefix, name }: Place): Contender {
  return { role, prefix, name };
}

function nameOf({ name, prefix }: Pick<Place, 'name' | 'prefix'>): string {
  if (name === null) throw new Error(`${prefix} has no name yet`);
  return name;
}

function numberOf(name: string): number {
  return Number(name.slice(-10));
}

/** What the line guards stands beside it. */
function resourceOf(parent: string): string {
  return `${parent}-resource`;
}

function encode(token: number): Buffer {
  return Buffer.from(String(token));
}

function decode(data: Buffer): number {
  return Number(data.toString());
}
