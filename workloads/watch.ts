// Watches under a high rate of changes: sessions arm one-shot watches of a few znodes and go on reading them without
// waiting for answers, some watch persistently or a whole subtree, and all of them write, create and delete. Some of
// the writes are refused on purpose, and must be told to nobody. Each completion says what its session received since
// the last one.

import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { watches } from '../checkers/watches.ts';
import type { WatchAnswer, WatchOutcome, WatchStep } from '../checkers/watches/watch-history.ts';
import { ClientError } from '../harness/client/client.ts';
import type { AddWatchMode, Client, SubOperation } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { WatchJournal } from './watch-journal.ts';
import { ensureZnode, readPair, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/watch';
const nothing = Buffer.alloc(0);
const keys = [`${root}/0`, `${root}/1`, `${root}/2`] as const;
const leaves = keys.flatMap((key) => [`${key}/a`, `${key}/b`]);
const grandchildren = leaves.map((leaf) => `${leaf}/x`);
const everything = [...keys, ...leaves, ...grandchildren];
/** No znode of this workload gets there. */
const wrongVersion = 1_000_000_000;
/** Share of the operations that arm a watch; the others change something. */
const watchRatio = 0.5;
const persistentRatio = 0.04;
/** The persistent watches of sessions that do not mix modes: one mode for each path, and no one-shot watch of it. */
const standing = new Map<string, AddWatchMode>([
  [`${root}/0`, 'persistent'],
  [`${root}/1`, 'recursive'],
  [`${root}/2/a`, 'persistent'],
  [`${root}/2/b`, 'recursive'],
]);

export const watchWorkload: Workload = {
  name: 'watch',
  description: 'one-shot, persistent and recursive watches of a few znodes that all sessions change',
  checkers: [watches, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: (options) => new WatchRun({ ...options, mixesModes: false }),
};

/** Apart from the other, for Apache ZooKeeper before 3.9.0 is known to fail it (ZOOKEEPER-4466). */
export const watchModesWorkload: Workload = {
  ...watchWorkload,
  name: 'watch-modes',
  description: 'as watch, and a session watches one path in several modes at once',
  create: (options) => new WatchRun({ ...options, mixesModes: true }),
};

class WatchRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #mixesModes: boolean;
  readonly #journal = new WatchJournal(root);
  #lastValue = 0;

  constructor(options: {
    readonly random: Random;
    readonly processes: number;
    readonly mixesModes: boolean;
  }) {
    this.#random = options.random;
    this.#processes = options.processes;
    this.#mixesModes = options.mixesModes;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    // What an earlier run left may say of itself that it was changed, and nobody knows by whom.
    for (const path of everything.toReversed()) await unlessAbsent(client.delete(path, -1));
    for (const path of keys) await ensureZnode(client, path, nothing);
  }

  next(process: number): Request {
    return { f: 'watch', value: [root, this.#steps(process)] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path, argument] = readPair(request);
    switch (request.f) {
      case 'watch':
        return this.#runPipeline(client, argument as readonly WatchStep[]);
      case 'final-znode': {
        const { zxid, stat } = await client.exists(path);
        return { value: [path, stat], zxid };
      }
      default:
        throw new Error(`the watch workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return everything.map((path) => ({ f: 'final-znode', value: [path, null] }));
  }

  async #runPipeline(client: Client, steps: readonly WatchStep[]): Promise<Outcome> {
    this.#journal.follow(client);
    // All are sent before the first answer is waited for.
    const settled = await Promise.all(steps.map((step) => settle(client, step)));
    const errors = settled.flatMap(({ error }) => (error === null ? [] : [error]));
    const answers = settled.map(({ answer }) => answer);
    const zxids = answers.flatMap(({ zxid }) => (zxid === undefined ? [] : [zxid]));
    // Without any answer the operation as a whole is as much in doubt as the worst of its requests.
    const [worst = errors[0]] = errors.filter(({ definite }) => !definite);
    if (zxids.length === 0 && worst !== undefined) throw worst;
    const value: WatchOutcome = { answers, journal: this.#journal.take(client) };
    return { value: [root, value], zxid: Math.max(0, ...zxids) };
  }

  #steps(process: number): WatchStep[] {
    if (!this.#random.chance(watchRatio)) return this.#changes();
    // Where a session watches persistently, its one-shot watches say little: only every second one does.
    const isPersistent = (process % this.#processes) % 2 === 1;
    if (isPersistent && this.#random.chance(persistentRatio)) return [this.#standingWatch()];
    const isApart = isPersistent && !this.#mixesModes;
    return this.#pollings(isApart ? everything.filter((path) => !standing.has(path)) : everything);
  }

  #standingWatch(): WatchStep {
    const [path, usual] = this.#random.pick([...standing]);
    const mode = this.#mixesModes ? this.#random.pick(['persistent', 'recursive'] as const) : usual;
    return { op: 'add-watch', path, mode };
  }

  /** Arms, and looks at the znode again and again, so that a change in between shows itself in some reply. */
  #pollings(paths: readonly string[]): WatchStep[] {
    const path = this.#random.pick(paths);
    const op = this.#random.pick(['get', 'exists', 'children'] as const);
    const armed: WatchStep = { op: path.endsWith('x') ? 'exists' : op, path, watch: true };
    const polls = Array.from({ length: this.#random.between(2, 6) }, (): WatchStep => {
      return { op: this.#random.pick(['get', 'exists'] as const), path };
    });
    return [armed, ...polls];
  }

  #changes(): WatchStep[] {
    if (this.#random.chance(0.15)) {
      const [first, second] = this.#random.shuffle(keys);
      if (first === undefined || second === undefined) return [];
      return [{ op: 'multi', path: first, changes: [this.#set(first), this.#set(second)] }];
    }
    return Array.from({ length: this.#random.between(1, 3) }, () => this.#change());
  }

  #change(): WatchStep {
    const path = this.#random.pick(everything);
    const isKey = keys.some((key) => key === path);
    // A key that is deleted may well have children, which refuses it; most of the time it stays.
    if (isKey && this.#random.chance(0.8)) return this.#set(path);
    const draw = this.#random.between(0, 9);
    if (draw === 0) return { ...this.#set(path), version: wrongVersion };
    if (draw === 1) return this.#set(path);
    return { op: draw < 6 ? 'create' : 'delete', path };
  }

  #set(path: string): WatchStep {
    return { op: 'set', path, value: ++this.#lastValue };
  }
}

async function settle(
  client: Client,
  step: WatchStep,
): Promise<{ readonly answer: WatchAnswer; readonly error: ClientError | null }> {
  try {
    const { zxid } = await perform(client, step);
    return { answer: { ...step, zxid }, error: null };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const failure = error.definite ? 'refused' : 'lost';
    const zxid = error.zxid === undefined || error.zxid <= 0 ? {} : { zxid: error.zxid };
    return { answer: { ...step, ...zxid, failure }, error };
  }
}

function perform(client: Client, step: WatchStep): Promise<{ readonly zxid: number }> {
  const { path, watch = false } = step;
  switch (step.op) {
    case 'get':
      return client.getData(path, watch);
    case 'exists':
      return client.exists(path, watch);
    case 'children':
      return client.getChildren(path, watch);
    case 'add-watch':
      return client.addWatch(path, step.mode ?? 'persistent');
    case 'set':
      return client.setData(path, dataOf(step), step.version ?? -1);
    case 'create':
      return client.create(path, nothing);
    case 'delete':
      return client.delete(path, -1);
    case 'multi':
      return client.multi((step.changes ?? []).map(toSubOperation));
  }
}

function toSubOperation(step: WatchStep): SubOperation {
  return { type: 'setData', path: step.path, data: dataOf(step) };
}

function dataOf({ value }: WatchStep): Buffer {
  return Buffer.from(String(value ?? 0));
}
