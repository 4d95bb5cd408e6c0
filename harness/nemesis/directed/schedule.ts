// A directed schedule: a small JSON file that says step by step what happens to which server, with steps that
// wait for what servers report of themselves. Random faults hit a moment that lasts a millisecond by luck; a
// schedule hits it by its name. The README's chapter on schedules describes the format for people.

import type { DiskErrorCode } from '../../ensemble/deeper-faults.ts';

/** A name bound in `servers` or by a `bind` step, or `all`, `others` (voting and not named) or `observers`. */
export type ServerName = string;

/** What happens to the clients that are connected to certain servers; `wake` ends every silence. */
export type ClientDeed = 'drop-clients' | 'kill-clients' | 'silence-clients';
const clientDeeds: readonly ClientDeed[] = ['drop-clients', 'kill-clients', 'silence-clients'];

export type Strike = 'kill' | 'power-loss' | 'start' | 'pause' | 'resume' | 'wipe';
export const strikes: readonly Strike[] = ['kill', 'power-loss', 'start', 'pause', 'resume', 'wipe'];

/** What servers are at the start: drawn among those that fit, each server for one name only. */
export type StartingRole = 'leader' | 'follower' | 'observer';
const startingRoles: readonly StartingRole[] = ['leader', 'follower', 'observer'];

/** Ticks that a step waits at most, unless it says otherwise. */
const usualPatienceTicks = 30;

/** Everything that `do` takes, for messages. */
const deeds: readonly string[] = [
  ...strikes,
  'partition',
  'cut',
  'stall',
  'slow',
  'reset',
  'heal',
  'disk',
  'clock',
  'reconfig',
  ...clientDeeds,
  'wake-clients',
  'quiet',
  'busy',
];

export type Step =
  /** Until a server reports an event, counted from the step before on when that was an action. */
  | {
      readonly type: 'await';
      readonly event: string;
      readonly server: ServerName | null;
      /** Name for the server whose report it was. */
      readonly as: ServerName | null;
      /** Fields that the report must have; a bound name stands for its server's id. */
      readonly where: Readonly<Record<string, string | number | boolean>>;
      readonly count: number;
      readonly withinTicks: number;
      /** Goes on without it instead of giving the schedule up. */
      readonly isOptional: boolean;
    }
  | { readonly type: 'wait'; readonly ticks: number }
  /** Until one of them leads; the name is bound to it. */
  | {
      readonly type: 'bind';
      readonly name: ServerName;
      readonly among: readonly ServerName[];
      readonly withinTicks: number;
    }
  | { readonly type: 'serving'; readonly servers: readonly ServerName[]; readonly withinTicks: number }
  | { readonly type: 'strike'; readonly strike: Strike; readonly servers: readonly ServerName[] }
  /** Replaces all cuts: nothing passes between two groups. */
  | { readonly type: 'partition'; readonly groups: readonly (readonly ServerName[])[] }
  /** One way, in addition to what is cut already. */
  | { readonly type: 'cut'; readonly from: readonly ServerName[]; readonly to: readonly ServerName[] }
  | {
      readonly type: 'link';
      readonly from: readonly ServerName[];
      readonly to: readonly ServerName[];
      /** Null: the link is stalled. */
      readonly delayMs: number | null;
    }
  | { readonly type: 'reset'; readonly servers: readonly ServerName[] }
  /** No cut, delay or stall any more. */
  | { readonly type: 'heal' }
  | {
      readonly type: 'disk';
      readonly servers: readonly ServerName[];
      readonly slowness: number | null;
      /** Undefined: as it is. */
      readonly error: DiskErrorCode | null | undefined;
    }
  | { readonly type: 'clock'; readonly servers: readonly ServerName[]; readonly jumpMs: number }
  | { readonly type: 'clients'; readonly deed: ClientDeed; readonly servers: readonly ServerName[] }
  | { readonly type: 'wake' }
  /** An administrator asks one server; nobody waits for the answer unless `isAwaited`. */
  | {
      readonly type: 'reconfig';
      readonly at: ServerName;
      readonly leave: readonly ServerName[];
      readonly join: readonly ServerName[];
      readonly demote: readonly ServerName[];
      readonly isAwaited: boolean;
    }
  /** No client operation begins while quiet; sessions live on. */
  | { readonly type: 'quiet'; readonly isQuiet: boolean }
  | { readonly type: 'repeat'; readonly times: number; readonly steps: readonly Step[] };

export interface Schedule {
  readonly name: string;
  readonly description: string;
  readonly leastServers: number;
  readonly servers: Readonly<Record<ServerName, StartingRole>>;
  readonly steps: readonly Step[];
}

/** A schedule file that is none; the message names file, place, what was expected and what was seen. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

/** `file` is for messages, and its base name without `.json` is the schedule's name. */
export function parseSchedule(text: string, file: string): Schedule {
  return new ScheduleReader(file).read(text);
}

const groupNames: readonly string[] = ['all', 'others', 'observers'];

type Fields = Readonly<Record<string, unknown>>;

class ScheduleReader {
  readonly #file: string;
  readonly #names = new Set<string>(groupNames);

  constructor(file: string) {
    this.#file = file;
  }

  read(text: string): Schedule {
    const file = this.#object(this.#parse(text), 'the file');
    this.#refuseUnknown(file, ['description', 'leastServers', 'servers', 'steps'], 'the file');
    const servers = this.#object(file['servers'] ?? {}, 'servers');
    for (const [name, role] of Object.entries(servers)) {
      if (groupNames.includes(name) || !/^[A-Z]\w*$/.test(name)) {
        this.#fail(`servers.${name}`, 'a name that begins with a capital letter', name);
      }
      this.#oneOf(role, startingRoles, `servers.${name}`);
      this.#names.add(name);
    }
    return {
      name: (this.#file.split(/[\\/]/).at(-1) ?? '').replace(/\.json$/, ''),
      description: this.#text(file['description'], 'description'),
      leastServers: this.#number(file['leastServers'] ?? 3, 'leastServers', 1),
      servers: servers as Readonly<Record<string, StartingRole>>,
      steps: this.#steps(file['steps'], 'steps'),
    };
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ScheduleError(`${this.#file}: is no JSON: ${error instanceof Error ? error.message : ''}`);
    }
  }

  #steps(value: unknown, place: string): Step[] {
    if (!Array.isArray(value) || value.length === 0) this.#fail(place, 'a list of steps', value);
    return value.map((step: unknown, index) =>
      this.#step(this.#object(step, `${place}[${index}]`), `${place}[${index}]`),
    );
  }

  #step(step: Fields, place: string): Step {
    if ('await' in step) return this.#awaitStep(step, place);
    if ('wait' in step) {
      this.#refuseUnknown(step, ['wait'], place);
      return { type: 'wait', ticks: this.#number(step['wait'], `${place}.wait`, 0) };
    }
    if ('bind' in step) {
      this.#refuseUnknown(step, ['bind', 'leaderAmong', 'withinTicks'], place);
      const among = this.#servers(step['leaderAmong'] ?? ['all'], `${place}.leaderAmong`);
      const name = this.#text(step['bind'], `${place}.bind`);
      this.#names.add(name);
      return { type: 'bind', name, among, withinTicks: this.#patience(step, place) };
    }
    if ('serving' in step) {
      this.#refuseUnknown(step, ['serving', 'withinTicks'], place);
      const servers = this.#servers(step['serving'], `${place}.serving`);
      return { type: 'serving', servers, withinTicks: this.#patience(step, place) };
    }
    if ('repeat' in step) {
      this.#refuseUnknown(step, ['repeat', 'steps'], place);
      const times = this.#number(step['repeat'], `${place}.repeat`, 1);
      return { type: 'repeat', times, steps: this.#steps(step['steps'], `${place}.steps`) };
    }
    if ('do' in step) return this.#action(step, place);
    return this.#fail(place, 'one of await, wait, bind, serving, repeat, do', Object.keys(step).join(', '));
  }

  #awaitStep(step: Fields, place: string): Step {
    this.#refuseUnknown(step, ['await', 'server', 'as', 'where', 'count', 'withinTicks', 'optional'], place);
    const where = this.#object(step['where'] ?? {}, `${place}.where`);
    const { server } = step;
    const as = step['as'] === undefined ? null : this.#text(step['as'], `${place}.as`);
    if (as !== null) this.#names.add(as);
    return {
      type: 'await',
      event: this.#text(step['await'], `${place}.await`),
      server: server === undefined ? null : this.#server(server, `${place}.server`),
      as,
      where: where as Readonly<Record<string, string | number | boolean>>,
      count: this.#number(step['count'] ?? 1, `${place}.count`, 1),
      withinTicks: this.#patience(step, place),
      isOptional: step['optional'] === true,
    };
  }

  #action(step: Fields, place: string): Step {
    const action = this.#text(step['do'], `${place}.do`);
    const known = (...fields: string[]): void => this.#refuseUnknown(step, ['do', ...fields], place);
    const servers = (field = 'servers'): string[] => this.#servers(step[field], `${place}.${field}`);
    const number = (field: string): number => this.#number(step[field], `${place}.${field}`, -Infinity);
    switch (action) {
      case 'partition': {
        known('groups');
        const { groups } = step;
        if (!Array.isArray(groups) || groups.length < 2)
          this.#fail(`${place}.groups`, 'two groups or more', groups);
        return {
          type: 'partition',
          groups: groups.map((group: unknown, index) => this.#servers(group, `${place}.groups[${index}]`)),
        };
      }
      case 'cut':
        known('from', 'to');
        return { type: 'cut', from: servers('from'), to: servers('to') };
      case 'stall':
        known('from', 'to');
        return { type: 'link', from: servers('from'), to: servers('to'), delayMs: null };
      case 'slow':
        known('from', 'to', 'ms');
        return { type: 'link', from: servers('from'), to: servers('to'), delayMs: number('ms') };
      case 'reset':
        known('servers');
        return { type: 'reset', servers: servers() };
      case 'heal':
        known();
        return { type: 'heal' };
      case 'disk': {
        known('servers', 'slowness', 'error');
        const error = step['error'];
        if (error !== undefined && error !== null) this.#oneOf(error, ['EIO', 'ENOSPC'], `${place}.error`);
        return {
          type: 'disk',
          servers: servers(),
          slowness: step['slowness'] === undefined ? null : number('slowness'),
          error: error as DiskErrorCode | null | undefined,
        };
      }
      case 'clock':
        known('servers', 'jumpMs');
        return { type: 'clock', servers: servers(), jumpMs: number('jumpMs') };
      case 'drop-clients':
      case 'kill-clients':
      case 'silence-clients':
        known('servers');
        return { type: 'clients', deed: action, servers: servers() };
      case 'reconfig': {
        known('at', 'leave', 'join', 'demote', 'awaited');
        const some = (field: string): string[] => (step[field] === undefined ? [] : servers(field));
        const at = this.#server(step['at'], `${place}.at`);
        const change = { leave: some('leave'), join: some('join'), demote: some('demote') };
        return { type: 'reconfig', at, ...change, isAwaited: step['awaited'] === true };
      }
      case 'wake-clients':
        known();
        return { type: 'wake' };
      case 'quiet':
      case 'busy':
        known();
        return { type: 'quiet', isQuiet: action === 'quiet' };
      default:
        known('servers');
        return {
          type: 'strike',
          strike: this.#oneOf(action, strikes, `${place}.do`, deeds) as Strike,
          servers: servers(),
        };
    }
  }

  #patience(step: Fields, place: string): number {
    return this.#number(step['withinTicks'] ?? usualPatienceTicks, `${place}.withinTicks`, 0);
  }

  #servers(value: unknown, place: string): string[] {
    if (!Array.isArray(value) || value.length === 0) this.#fail(place, 'a list of servers', value);
    return value.map((name: unknown, index) => this.#server(name, `${place}[${index}]`));
  }

  #server(value: unknown, place: string): string {
    const name = this.#text(value, place);
    if (!this.#names.has(name)) this.#fail(place, `one of ${[...this.#names].join(', ')}`, name);
    return name;
  }

  #object(value: unknown, place: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      this.#fail(place, 'an object', value);
    return value as Fields;
  }

  #text(value: unknown, place: string): string {
    if (typeof value !== 'string' || value === '') this.#fail(place, 'a text', value);
    return value;
  }

  #number(value: unknown, place: string, least: number): number {
    if (typeof value !== 'number' || value < least) this.#fail(place, `a number from ${least} on`, value);
    return value;
  }

  #oneOf(value: unknown, known: readonly string[], place: string, expected = known): string {
    if (typeof value !== 'string' || !known.includes(value)) {
      this.#fail(place, `one of ${expected.join(', ')}`, value);
    }
    return value;
  }

  #refuseUnknown(fields: Fields, known: readonly string[], place: string): void {
    const unknown = Object.keys(fields).find((field) => !known.includes(field));
    if (unknown !== undefined) this.#fail(place, `only ${known.join(', ')}`, unknown);
  }

  #fail(place: string, expected: string, seen: unknown): never {
    throw new ScheduleError(
      `${this.#file}: ${place}: expected ${expected}, found ${JSON.stringify(seen) ?? 'nothing'}`,
    );
  }
}
