// The benchmark's options, parsed once with every default filled in.

import { parseArgs } from 'node:util';

export const phases = ['write', 'read', 'mix', 'failover', 'memory'] as const;
export type Phase = (typeof phases)[number];

export interface BenchOptions {
  readonly servers: number;
  readonly systems: readonly string[];
  readonly only: readonly Phase[];
  readonly runs: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly kills: number;
  readonly znodes: number;
  readonly javaHeapMb: number;
  readonly seed: string;
  readonly json: boolean;
}

/** The command line is wrong: exit code 64. */
export class BenchUsageError extends Error {
  override readonly name = 'BenchUsageError';
}

export const usage = `Usage: npm run bench:ensemble -- [options]

Starts the bundled server and Apache ZooKeeper in the same kind of containers, drives the same load at them in
turns, and prints their ratios.

  --servers N        servers of each ensemble (3)
  --systems A,B      what is compared, ratios are the first to the second (zab,apache)
  --only PHASE,...   of write, read, mix, failover, memory (all)
  --runs N           how often each load is measured on each system (3)
  --seconds N        length of one measurement (8)
  --warm-up N        seconds of load before each measurement; twice that once at the start (3)
  --connections N    connections, spread over all servers (30)
  --in-flight N      requests in flight on each (10)
  --kills N          leaders killed on each system (5)
  --znodes N         znodes of 100 bytes in phase memory (1000000)
  --java-heap MB     heap limit of Java virtual machines (1000, which zkServer.sh sets)
  --seed TEXT        for the order of keys (1)
  --json             one JSON value on standard output

Examples:
  npm run bench:ensemble
  npm run bench:ensemble -- --only write,failover --servers 5
`;

/** Null: help was asked for. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | null {
  const values = parse(args);
  if (values.help === true) return null;
  const systems = (values.systems ?? 'zab,apache').split(',');
  if (systems.length > 2 || systems.includes('')) {
    throw new BenchUsageError(`--systems '${values.systems}': one system, or two separated by a comma`);
  }
  return {
    servers: count('servers', values.servers, 3),
    systems,
    only: phasesOf(values.only),
    runs: count('runs', values.runs, 3),
    seconds: positive('seconds', values.seconds, 8),
    warmUpSeconds: positive('warm-up', values['warm-up'], 3),
    connections: count('connections', values.connections, 30),
    inFlight: count('in-flight', values['in-flight'], 10),
    kills: count('kills', values.kills, 5),
    znodes: count('znodes', values.znodes, 1_000_000),
    javaHeapMb: count('java-heap', values['java-heap'], 1000),
    seed: values.seed ?? '1',
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        servers: text,
        systems: text,
        only: text,
        runs: text,
        seconds: text,
        'warm-up': text,
        connections: text,
        'in-flight': text,
        kills: text,
        znodes: text,
        'java-heap': text,
        seed: text,
        json: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new BenchUsageError(error instanceof Error ? error.message : String(error));
  }
}

function phasesOf(text: string | undefined): readonly Phase[] {
  if (text === undefined) return phases;
  const names = text.split(',');
  const unknown = names.find((name) => !phases.some((phase) => phase === name));
  if (unknown !== undefined) {
    throw new BenchUsageError(`--only '${unknown}': expected some of ${phases.join(', ')}`);
  }
  return phases.filter((phase) => names.includes(phase));
}

function count(name: string, text: string | undefined, fallback: number): number {
  const value = positive(name, text, fallback);
  if (!Number.isInteger(value)) throw new BenchUsageError(`--${name} '${text}': expected a whole number`);
  return value;
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new BenchUsageError(`--${name} '${text}': expected a number above 0`);
}
