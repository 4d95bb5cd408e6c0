// Several requests of one session at once, sent without waiting for an answer between them: a read behind a write
// of its own session must see it, a read in front of one must not, and every Stat must show what the session has
// done, children included. The znodes are shared, so that each session also sees what the others wrote; values are
// unique in the whole run.

import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { sessionOrder } from '../checkers/session-order.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import type { Stat } from '../harness/wire/records.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/session-order';
const keyCount = 4;
/** Known to the checker: every znode starts with this value. */
const initialData = Buffer.from('0');
/** At most that many children of a znode stay; then the oldest goes. */
const mostChildren = 8;

/** What one request of a pipeline asks. */
type Step =
  | { readonly op: 'set'; readonly key: string; readonly value: number }
  | { readonly op: 'get' | 'children'; readonly key: string }
  | { readonly op: 'create' | 'delete'; readonly key: string; readonly child: string };

/** `s` set, `g` get, `c` create a child, `d` delete one, `l` list them; a capital is about another znode. */
const patterns = [
  'sg',
  'gsg',
  'gcg',
  'cg',
  'sgsg',
  'ssg',
  'gSsG',
  'cl',
  'lcl',
  'gdg',
  'sGcgl',
  'gsgs',
] as const;

export const sessionOrderWorkload: Workload = {
  name: 'session-order',
  description: `reads, writes and creates of one session, several at once, over ${keyCount} shared znodes`,
  checkers: [sessionOrder, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: ({ random }) => new SessionOrderRun(random),
};

class SessionOrderRun implements WorkloadRun {
  readonly #random: Random;
  readonly #keys = Array.from({ length: keyCount }, (_, index) => `${root}/${index}`);
  /** By key: children whose create was acknowledged and whose delete nobody has asked for, the oldest first. */
  readonly #children = new Map<string, string[]>();
  #lastValue = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, Buffer.alloc(0));
    for (const key of this.#keys) {
      await ensureZnode(client, key, initialData);
      await removeChildren(client, key);
      await ensureZnode(client, key, initialData, { pristine: true });
    }
  }

  next(): Request {
    const key = this.#random.pick(this.#keys);
    const other = this.#random.pick(this.#keys);
    const pattern = this.#random.pick(patterns);
    return {
      f: 'pipeline',
      value: [root, pattern.split('').map((letter) => this.#step(letter, { key, other }))],
    };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [, argument] = readPair(request);
    switch (request.f) {
      case 'pipeline':
        return this.#runPipeline(client, argument as readonly Step[]);
      case 'final-stat': {
        const [key] = readPair(request);
        const found = await unlessAbsent(client.getData(key));
        // Setup was acknowledged, so this server lost the znode.
        if ('absent' in found) return { value: [key, null], zxid: found.zxid };
        return { value: [key, { op: 'get', key, ...answerOfGet(found) }], zxid: found.zxid };
      }
      default:
        throw new Error(`the session-order workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return this.#keys.map((key) => ({ f: 'final-stat', value: [key, null] }));
  }

  #step(letter: string, { key, other }: { readonly key: string; readonly other: string }): Step {
    const about = letter === letter.toUpperCase() ? other : key;
    switch (letter.toLowerCase()) {
      case 's':
        return { op: 'set', key: about, value: ++this.#lastValue };
      case 'g':
        return { op: 'get', key: about };
      case 'l':
        return { op: 'children', key: about };
      case 'c': {
        const old = this.#takeOldChild(about, mostChildren);
        if (old !== null) return { op: 'delete', key: about, child: old };
        return { op: 'create', key: about, child: `c${++this.#lastValue}` };
      }
      case 'd': {
        const old = this.#takeOldChild(about, 0);
        if (old !== null) return { op: 'delete', key: about, child: old };
        return { op: 'create', key: about, child: `c${++this.#lastValue}` };
      }
      default:
        throw new Error(`a pattern knows no letter ${letter}`);
    }
  }

  #takeOldChild(key: string, keptCount: number): string | null {
    const children = this.#children.get(key) ?? [];
    return children.length > keptCount ? (children.shift() ?? null) : null;
  }

  async #runPipeline(client: Client, steps: readonly Step[]): Promise<Outcome> {
    // All are sent before the first answer is waited for.
    const answers = await Promise.all(steps.map((step) => settle(step, perform(client, step))));
    const errors = answers.flatMap(({ error }) => (error === null ? [] : [error]));
    const isAnswered = answers.some(({ answer }) => answer.zxid !== undefined);
    // Without any answer the operation as a whole is as much in doubt as the worst of its requests.
    if (!isAnswered) throw errors.find(({ definite }) => !definite) ?? errors[0] ?? unanswered();
    for (const { step, error } of answers) {
      if (error === null && step.op === 'create') this.#keep(step.key, step.child);
    }
    return {
      value: [root, answers.map(({ answer }) => answer)],
      zxid: Math.max(...answers.map(({ answer }) => answer.zxid ?? 0)),
    };
  }

  #keep(key: string, child: string): void {
    const children = this.#children.get(key);
    if (children === undefined) this.#children.set(key, [child]);
    else children.push(child);
  }
}

/** What is recorded of a step: the step itself, and what came of it. */
interface Answer {
  readonly op: Step['op'];
  readonly key: string;
  /** What a get read or a set wrote. */
  readonly value?: number;
  readonly child?: string;
  /** Of the reply's header; absent where there was no reply. */
  readonly zxid?: number;
  readonly stat?: unknown;
  readonly childCount?: number;
  /** `refused` is certain, `lost` is in doubt. */
  readonly failure?: 'refused' | 'lost';
}

interface Settled {
  readonly step: Step;
  readonly answer: Answer;
  readonly error: ClientError | null;
}

async function settle(step: Step, reply: Promise<Partial<Answer>>): Promise<Settled> {
  try {
    return { step, answer: { ...step, ...(await reply) }, error: null };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const failure = error.definite ? 'refused' : 'lost';
    const zxid = error.zxid === undefined || error.zxid <= 0 ? {} : { zxid: error.zxid };
    return { step, answer: { ...step, ...zxid, failure }, error };
  }
}

async function perform(client: Client, step: Step): Promise<Partial<Answer>> {
  switch (step.op) {
    case 'set': {
      const { zxid, stat } = await client.setData(step.key, Buffer.from(String(step.value)), -1);
      return { zxid, stat: shown(stat) };
    }
    case 'get': {
      const found = await client.getData(step.key);
      return { zxid: found.zxid, ...answerOfGet(found) };
    }
    case 'children': {
      const { zxid, stat, children } = await client.getChildren(step.key);
      return { zxid, stat: shown(stat), childCount: children.length };
    }
    case 'create': {
      const { zxid } = await client.create(`${step.key}/${step.child}`, Buffer.alloc(0));
      return { zxid };
    }
    case 'delete': {
      const { zxid } = await client.delete(`${step.key}/${step.child}`, -1);
      return { zxid };
    }
  }
}

function answerOfGet({ stat, data }: { stat: Stat; data: Buffer }): Pick<Answer, 'stat' | 'value'> {
  return { stat: shown(stat), value: Number(data.toString()) };
}

/** All of a Stat but what is the same for every znode of this workload. */
function shown(stat: Stat): unknown {
  const { czxid, mzxid, ctime, mtime, version, cversion, dataLength, numChildren, pzxid } = stat;
  return { czxid, mzxid, ctime, mtime, version, cversion, dataLength, numChildren, pzxid };
}

function unanswered(): Error {
  return new Error('a pipeline without a step');
}
