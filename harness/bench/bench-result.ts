// What the benchmark found, and the table that it prints. Each number of a system is the median of its runs; a
// ratio is the median of the runs' ratios, run by run, because two measurements that followed each other had the
// same machine.

import { cpus } from 'node:os';
import type { BenchOptions, Phase } from './bench-options.ts';
import type { MemoryResult } from './memory.ts';
import type { ThroughputResult } from './throughput.ts';

export interface SystemResult {
  readonly system: string;
  /** By phase (`write`, `read`, `mix`), one for each run. */
  readonly loads: Readonly<Record<string, readonly ThroughputResult[]>>;
  readonly failoverGapsMs: readonly number[];
  readonly memory: MemoryResult | null;
}

export interface BenchResult {
  readonly options: BenchOptions;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: string;
  readonly systems: readonly SystemResult[];
}

interface Row {
  readonly name: string;
  /** One number for each run of each system. */
  readonly values: readonly (readonly number[])[];
  readonly digits: number;
}

export function describeMachine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
}

export function renderTable(result: BenchResult): string {
  const { options, systems, machine } = result;
  const [first, second] = systems;
  const rows = rowsOf(result);
  const header = [
    '',
    ...systems.map(({ system }) => system),
    ...(second === undefined ? [] : [`${first?.system}/${second.system}`, 'of each run']),
  ];
  const cells = [header, ...rows.map((row) => cellsOf(row, second !== undefined))];
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const title = `${options.servers} servers each, ${options.connections} connections × ${options.inFlight} in flight, 1 KiB, ${options.runs} runs of ${options.seconds} s, medians; ${machine}`;
  return `${[title, ...lines].join('\n')}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function rowsOf({ options, systems }: BenchResult): Row[] {
  const rows: Row[] = [];
  for (const phase of options.only) {
    if (phase === 'failover') {
      rows.push(
        row(
          'failover gap, ms',
          0,
          systems.map(({ failoverGapsMs }) => failoverGapsMs),
        ),
      );
    } else if (phase === 'memory') rows.push(...memoryRows(systems));
    else rows.push(...loadRows(phase, systems));
  }
  return rows;
}

function loadRows(phase: Phase, systems: readonly SystemResult[]): Row[] {
  const of = (pick: (result: ThroughputResult) => number): number[][] =>
    systems.map(({ loads }) => (loads[phase] ?? []).map(pick));
  return [
    row(
      `${phase}, operations/s`,
      0,
      of((result) => result.operationsPerSecond),
    ),
    row(
      `${phase}, p50 ms`,
      2,
      of((result) => result.p50Ms),
    ),
    row(
      `${phase}, p99 ms`,
      2,
      of((result) => result.p99Ms),
    ),
    row(
      `${phase}, p99.9 ms`,
      2,
      of((result) => result.p999Ms),
    ),
    row(
      `${phase}, CPU µs/operation`,
      1,
      of((result) => result.cpuMicrosecondsPerOperation),
    ),
  ];
}

function memoryRows(systems: readonly SystemResult[]): Row[] {
  const of = (pick: (result: MemoryResult) => number | null): number[][] =>
    systems.map(({ memory }) => {
      const value = memory === null ? null : pick(memory);
      return value === null ? [] : [value];
    });
  const mib = 2 ** 20;
  return [
    row(
      'memory per znode of 100 bytes',
      0,
      of((result) => result.bytesPerZnode),
    ),
    row(
      'resident after load, MiB',
      0,
      of((result) => result.residentBytesLoaded / mib),
    ),
    row(
      'resident at most, MiB',
      0,
      of((result) => result.residentBytesPeak / mib),
    ),
    row(
      'live after collection, MiB',
      0,
      of((result) => (result.liveBytesLoaded ?? NaN) / mib),
    ),
    row(
      'resident after restart, MiB',
      0,
      of((result) => result.residentBytesRestarted / mib),
    ),
    row(
      'load, s',
      1,
      of((result) => result.loadSeconds),
    ),
    row(
      'longest pause while loading, ms',
      0,
      of((result) => result.longestPauseMs),
    ),
    row(
      'restart, s',
      1,
      of((result) => result.restartSeconds),
    ),
  ];
}

function row(name: string, digits: number, values: readonly (readonly number[])[]): Row {
  return { name, digits, values };
}

function cellsOf({ name, values, digits }: Row, isCompared: boolean): string[] {
  const format = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(digits));
  const cells = [name, ...values.map((runs) => format(median(runs)))];
  if (!isCompared) return cells;
  const [first = [], second = []] = values;
  const ratios = first.flatMap((value, run) => {
    const other = second[run];
    return other === undefined || Number.isNaN(value / other) ? [] : [value / other];
  });
  const text = (ratio: number): string => (Number.isNaN(ratio) ? '–' : ratio.toFixed(2));
  return [...cells, text(median(ratios)), ratios.map(text).join(' ')];
}
