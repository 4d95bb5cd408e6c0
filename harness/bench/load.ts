// The load on one ensemble: connections spread evenly over all servers, each with its requests in flight, closed
// loop. What is measured begins when `measure` is called; what came before warmed the servers up.

import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import type { SocketAddress } from '../client/tcp-transport.ts';
import type { Random } from '../random/random.ts';
import { encodeRequestFrame } from '../wire/client-codec.ts';
import { openAcl } from '../wire/records.ts';
import { LatencyHistogram } from '../history/latency-histogram.ts';
import { LoadConnection } from './load-connection.ts';

export interface LoadOptions {
  readonly addresses: readonly SocketAddress[];
  readonly connections: number;
  readonly inFlight: number;
  /** The next request's frame, its xid left open; null when there is none left. */
  readonly nextFrame: () => Buffer | null;
}

export interface Gap {
  readonly startMs: number;
  readonly lengthMs: number;
}

/** Shorter silences are not kept. */
const leastGapMs = 5;
const stopDeadlineMs = 10_000;

export class Load {
  readonly #connections: readonly LoadConnection[];
  #histogram = new LatencyHistogram();
  #lastAnswerMs = 0;
  #gaps: Gap[] = [];
  #refusals = new Map<number, number>();
  #lostCount = 0;

  constructor(options: LoadOptions) {
    this.#connections = Array.from(
      { length: options.connections },
      (_, index) =>
        new LoadConnection({
          ...options,
          first: index,
          answered: (sentMs, nowMs) => this.#answered(sentMs, nowMs),
          refused: (err) => void this.#refusals.set(err, (this.#refusals.get(err) ?? 0) + 1),
          lost: () => void (this.#lostCount += 1),
        }),
    );
  }

  start(): void {
    this.#lastAnswerMs = performance.now();
    for (const connection of this.#connections) connection.start();
  }

  /** Forgets what was measured so far. */
  reset(): void {
    this.#histogram = new LatencyHistogram();
    this.#gaps = [];
    this.#lostCount = 0;
    this.#refusals = new Map();
  }

  get histogram(): LatencyHistogram {
    return this.#histogram;
  }

  get lastAnswerMs(): number {
    return this.#lastAnswerMs;
  }

  get lostCount(): number {
    return this.#lostCount;
  }

  /** Errors that servers answered with, and how often. */
  get refusals(): ReadonlyMap<number, number> {
    return this.#refusals;
  }

  /** The longest time without an answer that ended after `sinceMs`. */
  longestGap(sinceMs: number): Gap {
    let longest: Gap = { startMs: sinceMs, lengthMs: 0 };
    for (const gap of this.#gaps) {
      if (gap.startMs + gap.lengthMs > sinceMs && gap.lengthMs > longest.lengthMs) longest = gap;
    }
    return longest;
  }

  /** Waits for a condition over what was answered; throws with what was waited for. */
  async until(isDone: () => boolean, deadlineMs: number, what: string): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (!isDone()) {
      if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms for ${what}`);
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.stop(stopDeadlineMs)));
  }

  #answered(sentMs: number, nowMs: number): void {
    this.#histogram.record(nowMs - sentMs);
    const lengthMs = nowMs - this.#lastAnswerMs;
    if (lengthMs > leastGapMs) this.#gaps.push({ startMs: this.#lastAnswerMs, lengthMs });
    this.#lastAnswerMs = nowMs;
  }
}

export interface Dataset {
  readonly paths: readonly string[];
  readonly dataBytes: number;
}

export function makeDataset(znodes: number, dataBytes: number): Dataset {
  return { paths: Array.from({ length: znodes }, (_, index) => `/bench/n${index}`), dataBytes };
}

/** Creates the dataset, and finishes when all of it is there. */
export async function createDataset(
  addresses: readonly SocketAddress[],
  { paths, dataBytes }: Dataset,
): Promise<void> {
  const data = Buffer.alloc(dataBytes, 0x61);
  await createAll(addresses, ['/bench'].values(), data);
  await createAll(addresses, paths.values(), data);
}

/** Parents must be complete before their children begin: connections run ahead of each other. */
export async function createAll(
  addresses: readonly SocketAddress[],
  paths: Iterator<string, undefined>,
  data: Buffer,
  deadlineMs = 120_000,
): Promise<Load> {
  let asked = 0;
  let isExhausted = false;
  const load = new Load({
    addresses,
    connections: 8,
    inFlight: 100,
    nextFrame: () => {
      const next = paths.next();
      isExhausted = next.done === true;
      if (next.done === true) return null;
      asked += 1;
      return encodeRequestFrame(0, { type: 'create', path: next.value, data, acl: openAcl, flags: 0 });
    },
  });
  load.start();
  try {
    const isDone = (): boolean => isExhausted && load.histogram.count + countOf(load.refusals) === asked;
    await load.until(isDone, deadlineMs, 'every create to be answered');
  } finally {
    await load.stop();
  }
  if (load.refusals.size + load.lostCount > 0) {
    throw new Error(
      `creates were refused (error, times: ${JSON.stringify([...load.refusals])}) or lost (${load.lostCount} connections)`,
    );
  }
  return load;
}

function countOf(refusals: ReadonlyMap<number, number>): number {
  let count = 0;
  for (const times of refusals.values()) count += times;
  return count;
}

/** Endless requests on the dataset, this share of them writes; frames are made once. */
export function mixFrames(dataset: Dataset, writeRatio: number, random: Random): () => Buffer {
  const data = Buffer.alloc(dataset.dataBytes, 0x62);
  const reads = dataset.paths.map((path) => encodeRequestFrame(0, { type: 'getData', path, watch: false }));
  const writes = dataset.paths.map((path) =>
    encodeRequestFrame(0, { type: 'setData', path, data, version: -1 }),
  );
  return () => random.pick(random.chance(writeRatio) ? writes : reads);
}
