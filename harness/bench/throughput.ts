// Throughput and latency under one mix of reads and writes, and what it cost the servers in CPU time, which
// says more than throughput where the machine has other work.

import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import type { Random } from '../random/random.ts';
import type { Contestant } from './contestant.ts';
import { Load, mixFrames, type Dataset } from './load.ts';

export interface ThroughputPlan {
  readonly connections: number;
  readonly inFlight: number;
  readonly writeRatio: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface ThroughputResult {
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** CPU time of all servers together. */
  readonly cpuMicrosecondsPerOperation: number;
}

export async function measureThroughput(
  contestant: Contestant,
  dataset: Dataset,
  { plan, random }: { readonly plan: ThroughputPlan; readonly random: Random },
): Promise<ThroughputResult> {
  const load = new Load({
    addresses: contestant.addresses,
    connections: plan.connections,
    inFlight: plan.inFlight,
    nextFrame: mixFrames(dataset, plan.writeRatio, random),
  });
  load.start();
  try {
    await sleep(plan.warmUpMs);
    const cpuBefore = await contestant.cpuSeconds();
    load.reset();
    const startMs = performance.now();
    await sleep(plan.measureMs);
    const { histogram } = load;
    const operations = histogram.count;
    const seconds = (performance.now() - startMs) / 1000;
    const cpuSeconds = (await contestant.cpuSeconds()) - cpuBefore;
    // What was answered while the engine was asked is in its numbers, so it counts for them.
    const cpuOperations = histogram.count;
    if (load.lostCount > 0) {
      throw new Error(`${contestant.system} dropped ${load.lostCount} connections under load`);
    }
    if (load.refusals.size > 0) {
      throw new Error(`${contestant.system} refused requests: ${JSON.stringify([...load.refusals])}`);
    }
    return {
      operations,
      operationsPerSecond: operations / seconds,
      p50Ms: histogram.percentileMs(0.5),
      p99Ms: histogram.percentileMs(0.99),
      p999Ms: histogram.percentileMs(0.999),
      maxMs: histogram.maxMs,
      cpuMicrosecondsPerOperation: (cpuSeconds * 1e6) / Math.max(1, cpuOperations),
    };
  } finally {
    await load.stop();
  }
}
