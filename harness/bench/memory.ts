// What a million small znodes cost: the time to load them, the memory of the server process before and after,
// and the time until it serves them again after a kill. One server, because every server holds all of it.

import { performance } from 'node:perf_hooks';
import type { Contestant } from './contestant.ts';
import type { Pod } from '../ensemble/docker/pod.ts';
import { liveBytes } from './live-memory.ts';
import { createAll } from './load.ts';

export interface MemoryPlan {
  readonly znodes: number;
  readonly dataBytes: number;
}

export interface MemoryResult {
  readonly znodes: number;
  readonly loadSeconds: number;
  /** The longest time in which no create was answered: a snapshot that stops service shows here. */
  readonly longestPauseMs: number;
  /** The process after loading, garbage and all, and at its largest. */
  readonly residentBytesLoaded: number;
  readonly residentBytesPeak: number;
  /** After a full collection, where the system's runtime can be told to make one. */
  readonly liveBytesLoaded: number | null;
  readonly restartSeconds: number;
  readonly residentBytesRestarted: number;
  /** Live when loaded, less live when empty. */
  readonly bytesPerZnode: number | null;
}

const loadDeadlineMs = 900_000;
const childrenPerParent = 1_000;

export async function measureMemory(contestant: Contestant, plan: MemoryPlan): Promise<MemoryResult> {
  const [sid = 1] = contestant.sids;
  const pod = contestant.ensemble.pod(sid);
  const liveBytesEmpty = await liveBytes(pod);
  const data = Buffer.alloc(plan.dataBytes, 0x64);
  const parents = Math.ceil(plan.znodes / childrenPerParent);
  const { addresses, ensemble } = contestant;
  await createAll(addresses, ['/load'].values(), data);
  await createAll(addresses, numbered('/load/p', parents), data);
  const startMs = performance.now();
  const load = await createAll(addresses, leaves(plan.znodes), data, loadDeadlineMs);
  const loadSeconds = (performance.now() - startMs) / 1000;
  const loaded = await residentBytes(pod);
  const liveBytesLoaded = await liveBytes(pod);

  await ensemble.kill(sid);
  const killedMs = performance.now();
  await ensemble.startServer(sid);
  await contestant.untilServing();
  const restartSeconds = (performance.now() - killedMs) / 1000;
  const restarted = await residentBytes(pod);
  return {
    znodes: plan.znodes,
    loadSeconds,
    longestPauseMs: load.longestGap(startMs).lengthMs,
    residentBytesLoaded: loaded.now,
    residentBytesPeak: loaded.peak,
    liveBytesLoaded,
    restartSeconds,
    residentBytesRestarted: restarted.now,
    bytesPerZnode:
      liveBytesLoaded === null || liveBytesEmpty === null
        ? null
        : (liveBytesLoaded - liveBytesEmpty) / plan.znodes,
  };
}

function* numbered(prefix: string, count: number): Generator<string, undefined> {
  for (let index = 0; index < count; index++) yield `${prefix}${index}`;
  return undefined;
}

function* leaves(count: number): Generator<string, undefined> {
  for (let index = 0; index < count; index++) {
    yield `/load/p${Math.floor(index / childrenPerParent)}/n${index % childrenPerParent}`;
  }
  return undefined;
}

async function residentBytes(pod: Pod): Promise<{ now: number; peak: number }> {
  const { stdout } = await pod.execute(['cat', '/proc/1/status']);
  return { now: kilobytes(stdout, 'VmRSS'), peak: kilobytes(stdout, 'VmHWM') };
}

function kilobytes(status: string, key: string): number {
  const value = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  if (value === undefined) throw new Error(`the server's /proc/1/status has no ${key}`);
  return Number(value) * 1024;
}
