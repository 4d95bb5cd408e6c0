// The benchmark: both systems up at the same time, measured in turns (A B, B A, A B …), so that whatever else the
// machine does meets both.

import { Random } from '../random/random.ts';
import type { BenchOptions, Phase } from './bench-options.ts';
import { describeMachine, type BenchResult, type SystemResult } from './bench-result.ts';
import { Contestant } from './contestant.ts';
import { measureFailover } from './failover.ts';
import { createDataset, makeDataset } from './load.ts';
import { measureMemory, type MemoryResult } from './memory.ts';
import { measureThroughput, type ThroughputResult } from './throughput.ts';

const writeRatios: Partial<Record<Phase, number>> = { write: 1, read: 0, mix: 0.1 };
const datasetZnodes = 1_000;
const datasetBytes = 1024;
const smallBytes = 100;
const failoverWarmUpMs = 1_500;

interface Measured {
  readonly loads: Record<string, ThroughputResult[]>;
  readonly gapsMs: number[];
  memory: MemoryResult | null;
}

export async function runBenchmark(
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<BenchResult> {
  const results = new Map<string, Measured>(
    options.systems.map((system) => [system, { loads: {}, gapsMs: [], memory: null }]),
  );
  const versions: Record<string, string> = {};
  if (options.only.some((phase) => phase !== 'memory')) {
    await withContestants(options, options.servers, progress, async (contestants) => {
      for (const { ensemble } of contestants) Object.assign(versions, ensemble.versions);
      await measureLoads(options, contestants, results, progress);
      await measureFailovers(options, contestants, results, progress);
    });
  }
  if (options.only.includes('memory')) await measureMemories(options, results, progress);
  return {
    options,
    versions,
    machine: describeMachine(),
    systems: Array.from(results, ([system, { loads, gapsMs, memory }]): SystemResult => {
      return { system, loads, failoverGapsMs: gapsMs, memory };
    }),
  };
}

async function withContestants(
  { systems, javaHeapMb }: BenchOptions,
  servers: number,
  progress: (line: string) => void,
  work: (contestants: readonly Contestant[]) => Promise<void>,
): Promise<void> {
  const contestants: Contestant[] = [];
  try {
    for (const system of systems) {
      progress(`starting ${servers} servers of ${system}`);
      const runId = `bench-${process.pid}-${system}`;
      contestants.push(await Contestant.open({ system, servers, runId, javaHeapMb, progress }));
    }
    await work(contestants);
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
}

async function measureLoads(
  options: BenchOptions,
  contestants: readonly Contestant[],
  results: ReadonlyMap<string, Measured>,
  progress: (line: string) => void,
): Promise<void> {
  const dataset = makeDataset(datasetZnodes, datasetBytes);
  const random = new Random(options.seed);
  const measure = (contestant: Contestant, phase: Phase, run: number, seconds: number) =>
    measureThroughput(contestant, dataset, {
      random: random.fork(`${phase} ${run}`),
      plan: {
        connections: options.connections,
        inFlight: options.inFlight,
        writeRatio: writeRatios[phase] ?? 0,
        warmUpMs: options.warmUpSeconds * 1000,
        measureMs: seconds * 1000,
      },
    });
  const loadPhases = options.only.filter((phase) => phase in writeRatios);
  for (const contestant of contestants) {
    progress(`${contestant.system}: creating ${datasetZnodes} znodes, warming up`);
    await createDataset(contestant.addresses, dataset);
    for (const phase of loadPhases) await measure(contestant, phase, 0, options.warmUpSeconds);
  }
  for (let run = 1; run <= options.runs; run++) {
    for (const phase of loadPhases) {
      for (const contestant of inTurn(contestants, run)) {
        const result = await measure(contestant, phase, run, options.seconds);
        const { loads } = results.get(contestant.system) as Measured;
        (loads[phase] ??= []).push(result);
        progress(
          `${phase} ${run}/${options.runs} ${contestant.system}: ${Math.round(result.operationsPerSecond)} operations/s, p99 ${result.p99Ms.toFixed(1)} ms, ${result.cpuMicrosecondsPerOperation.toFixed(0)} µs CPU each`,
        );
      }
    }
  }
}

async function measureFailovers(
  options: BenchOptions,
  contestants: readonly Contestant[],
  results: ReadonlyMap<string, Measured>,
  progress: (line: string) => void,
): Promise<void> {
  if (!options.only.includes('failover')) return;
  const dataset = makeDataset(datasetZnodes, datasetBytes);
  const random = new Random(options.seed);
  for (let kill = 1; kill <= options.kills; kill++) {
    for (const contestant of inTurn(contestants, kill)) {
      const gapMs = await measureFailover(contestant, dataset, {
        plan: { connections: options.connections, warmUpMs: failoverWarmUpMs },
        random: random.fork(`failover ${kill}`),
      });
      results.get(contestant.system)?.gapsMs.push(gapMs);
      progress(`failover ${kill}/${options.kills} ${contestant.system}: no write for ${gapMs.toFixed(0)} ms`);
    }
  }
}

/** One after the other: each has the machine's memory for itself. */
async function measureMemories(
  options: BenchOptions,
  results: ReadonlyMap<string, Measured>,
  progress: (line: string) => void,
): Promise<void> {
  for (const system of options.systems) {
    await withContestants({ ...options, systems: [system] }, 1, progress, async ([contestant]) => {
      if (contestant === undefined) return;
      progress(`${system}: loading ${options.znodes} znodes of ${smallBytes} bytes`);
      const plan = { znodes: options.znodes, dataBytes: smallBytes };
      const memory = await measureMemory(contestant, plan);
      (results.get(system) as Measured).memory = memory;
      progress(
        `${system}: ${memory.bytesPerZnode?.toFixed(0) ?? 'unknown'} bytes a znode, loaded in ${memory.loadSeconds.toFixed(0)} s, restarted in ${memory.restartSeconds.toFixed(1)} s`,
      );
    });
  }
}

function inTurn<T>(items: readonly T[], run: number): readonly T[] {
  return run % 2 === 1 ? items : items.toReversed();
}
