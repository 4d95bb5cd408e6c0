// How long no write is acknowledged when the leader dies: the longest silence that clients on all servers see
// between two acknowledgements, from the kill until a new leader acknowledges writes again.

import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import type { Random } from '../random/random.ts';
import type { Contestant } from './contestant.ts';
import { Load, mixFrames, type Dataset } from './load.ts';

export interface FailoverPlan {
  readonly connections: number;
  readonly warmUpMs: number;
}

const recoveryDeadlineMs = 60_000;
/** Writes must flow again for so long before the silence counts as over. */
const settledMs = 1_000;

/** One kill; the server is back and serves when this settles. */
export async function measureFailover(
  contestant: Contestant,
  dataset: Dataset,
  { plan, random }: { readonly plan: FailoverPlan; readonly random: Random },
): Promise<number> {
  const { ensemble } = contestant;
  const leader = await contestant.leader();
  const load = new Load({
    addresses: contestant.addresses,
    connections: plan.connections,
    // One in flight: the question is when writes go on, not how many.
    inFlight: 1,
    nextFrame: mixFrames(dataset, 1, random),
  });
  load.start();
  try {
    await sleep(plan.warmUpMs);
    load.reset();
    const killMs = performance.now();
    await ensemble.kill(leader);
    const deadMs = performance.now();
    // Nothing can be acknowledged between the old leader's death and the new one's first commit.
    await load.until(() => load.lastAnswerMs > deadMs, recoveryDeadlineMs, 'a write after the kill');
    const firstMs = load.lastAnswerMs;
    const isSettled = (): boolean =>
      performance.now() - firstMs > settledMs && performance.now() - load.lastAnswerMs < settledMs / 2;
    await load.until(isSettled, recoveryDeadlineMs, 'writes to go on after the kill');
    return load.longestGap(killMs).lengthMs;
  } finally {
    await load.stop();
    await ensemble.startServer(leader);
    await contestant.untilServing();
  }
}
