// Plays a script through one client and compares each answer with the expected one. What no fault can excuse is a
// wrong answer; a request without an answer ends the script in doubt, and says nothing about the ensemble.

import { ClientError } from '../../harness/client/client.ts';
import type { Answer, Client, WatchEvent } from '../../harness/client/client.ts';
import { errorName } from '../../harness/client/client-errors.ts';
import { ErrorCode } from '../../harness/wire/constants.ts';
import type { ClientRequest, MultiOperation } from '../../harness/wire/records.ts';
import { create, placeBirth } from './script.ts';
import type { Script, Shown, Step } from './script.ts';
import { showAnswer, showEvent } from './show-answer.ts';
import { credentialsOf } from '../users.ts';

/** What is recorded of a script. */
export interface Played {
  readonly script: string;
  readonly since?: string;
  readonly steps: number;
  readonly difference: Difference | null;
}

/** The first answer that was not the expected one. Its step counts from 1; 0 is the making of the place. */
interface Difference {
  readonly step: number;
  readonly request: string;
  readonly expected: unknown;
  readonly seen: unknown;
}

/** Answers about the way to the ensemble, not about a znode: the script cannot go on. */
const interruptions: ReadonlySet<number> = new Set([
  ErrorCode.SYSTEM_ERROR,
  ErrorCode.CONNECTION_LOSS,
  ErrorCode.OPERATION_TIMEOUT,
  ErrorCode.UNKNOWN_SESSION,
  ErrorCode.SESSION_EXPIRED,
  ErrorCode.SESSION_MOVED,
  ErrorCode.NOT_READ_ONLY,
  ErrorCode.THROTTLED_OP,
  // REQUESTTIMEOUT of Apache 3.6 and later.
  -122,
]);

const writeTypes: ReadonlySet<string> = new Set([
  'create',
  'create2',
  'createContainer',
  'delete',
  'setData',
  'setACL',
  'multi',
]);

export async function play(
  client: Client,
  script: Script,
  place: string,
): Promise<{ readonly played: Played; readonly zxid: number }> {
  const performance = new Performance(client, place);
  const difference = await performance.play(script.steps);
  await performance.clear();
  const { name, since, steps } = script;
  const played = {
    script: name,
    ...(since === undefined ? {} : { since }),
    steps: steps.length,
    difference,
  };
  return { played, zxid: performance.zxid };
}

class Performance {
  /** Highest so far. */
  zxid = 0;
  readonly #client: Client;
  readonly #place: string;
  readonly #names = new Map<number, string>();
  readonly #made: string[] = [];
  readonly #events: WatchEvent[];
  #answered = 0;

  constructor(client: Client, place: string) {
    this.#client = client;
    this.#place = place;
    this.#events = eventsOf(client);
    this.#events.length = 0;
  }

  async play(steps: readonly Step[]): Promise<Difference | null> {
    const birth: Step = { type: 'ask', request: create('.'), gives: { path: '.' }, as: placeBirth };
    for (const [index, step] of [birth, ...steps].entries()) {
      if (step.type === 'auth') {
        this.#client.addAuth('digest', credentialsOf(step.user));
        continue;
      }
      const difference = await this.#ask(index, step);
      if (difference !== null) return difference;
    }
    return null;
  }

  /** So that the tree does not grow with the run. Nobody looks at what is left. */
  async clear(): Promise<void> {
    const paths = [...new Set(this.#made)].sort((one, other) => other.length - one.length);
    const asked = paths.map((path) => this.#client.ask({ type: 'delete', path, version: -1 }));
    for (const settled of await Promise.allSettled(asked)) {
      if (settled.status === 'fulfilled') this.zxid = Math.max(this.zxid, settled.value.zxid);
    }
  }

  async #ask(index: number, step: Extract<Step, { type: 'ask' }>): Promise<Difference | null> {
    const request = inside(this.#place, step.request);
    const answer = await this.#answerTo(request);
    const told = describe(step.request);
    const order = this.#judgeZxid(step.request, answer);
    if (order !== null) return { step: index, request: told, ...order };
    if (writeTypes.has(request.type) && answer.err === ErrorCode.OK) {
      this.#names.set(answer.zxid, step.as ?? `step ${index}`);
    }
    this.#rememberMade(request, answer);
    const seen = this.#show(answer);
    if (isSame(seen, step.gives)) return null;
    return { step: index, request: told, expected: step.gives, seen };
  }

  async #answerTo(request: ClientRequest): Promise<Answer> {
    try {
      const answer = await this.#client.ask(request);
      if (interruptions.has(answer.err)) throw interrupted(request, errorName(answer.err), answer);
      this.#answered++;
      return answer;
    } catch (error) {
      // What was answered did take place, so the script as a whole is not one that never happened.
      if (!(error instanceof ClientError) || !error.definite || this.#answered === 0) throw error;
      throw interrupted(request, error.message);
    }
  }

  /** No answer is older than the one before, and every write has a zxid of its own. */
  #judgeZxid(request: ClientRequest, { err, zxid }: Answer): Pick<Difference, 'expected' | 'seen'> | null {
    const isNew = writeTypes.has(request.type) && err === ErrorCode.OK;
    const highest = this.zxid;
    this.zxid = Math.max(highest, zxid);
    if (isNew ? zxid > highest : zxid >= highest) return null;
    return { expected: { zxid: `${isNew ? 'above' : 'at least'} ${highest}` }, seen: { zxid } };
  }

  #show(answer: Answer): Shown {
    const around = { place: this.#place, session: this.#client.sessionId, names: this.#names };
    const shown = showAnswer(answer, around);
    const events = this.#events
      .filter(({ path }) => path === this.#place || path.startsWith(`${this.#place}/`))
      .map((event) => showEvent(event, this.#place));
    this.#events.length = 0;
    return events.length === 0 ? shown : { ...shown, events };
  }

  #rememberMade(request: ClientRequest, { body }: Answer): void {
    if (body.type === 'path' || body.type === 'pathAndStat') this.#made.push(body.path);
    if (request.type !== 'multi' || body.type !== 'multi') return;
    for (const result of body.results) {
      if (result.type === 'create' || result.type === 'create2') this.#made.push(result.path);
    }
  }
}

/** Of plain values; the order of keys says nothing. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)))
  );
}

/** One listener per client, since none can be taken away. */
const eventLists = new WeakMap<Client, WatchEvent[]>();

function eventsOf(client: Client): WatchEvent[] {
  const known = eventLists.get(client);
  if (known !== undefined) return known;
  const events: WatchEvent[] = [];
  client.onWatch((event) => events.push(event));
  eventLists.set(client, events);
  return events;
}

function interrupted(request: ClientRequest, reason: string, answer?: Answer): ClientError {
  return new ClientError(`the script ended at ${describe(request)}: ${reason}`, {
    kind: 'connection-loss',
    definite: false,
    ...(answer === undefined || answer.zxid <= 0 ? {} : { zxid: answer.zxid }),
  });
}

function inside(place: string, request: ClientRequest): ClientRequest {
  if (request.type === 'multi' || request.type === 'multiRead') {
    const operations = request.operations.map((operation) => ({
      ...operation,
      path: absolute(place, operation.path),
    }));
    return { ...request, operations };
  }
  if (!('path' in request)) return request;
  return { ...request, path: absolute(place, request.path ?? '') };
}

/** What begins with a slash is meant as it stands. */
function absolute(place: string, path: string): string {
  if (path === '.') return place;
  return path.startsWith('/') ? path : `${place}/${path}`;
}

/** `setData a version 3`; a multi with all that is in it. */
function describe(request: ClientRequest | MultiOperation): string {
  if (request.type === 'multi' || request.type === 'multiRead') {
    return `${request.type} of ${request.operations.map(describe).join(', ')}`;
  }
  const path = 'path' in request ? ` ${request.path}` : '';
  const version = 'version' in request && request.version !== -1 ? ` version ${request.version}` : '';
  const flags = 'flags' in request && request.flags !== 0 ? ` flags ${request.flags}` : '';
  const watch = 'watch' in request && request.watch ? ' with a watch' : '';
  return `${request.type}${path}${version}${flags}${watch}`;
}
