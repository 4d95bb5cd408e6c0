// The options of `ordeal run`, from text to one object with every default filled in. Everything that can be
// known to be wrong before anything is started is found here.

import { randomInt } from 'node:crypto';
import { findWorkload, workloads } from '../../workloads/index.ts';
import { directedNemeses } from '../nemesis/directed/catalogue.ts';
import { ScheduleError } from '../nemesis/directed/schedule.ts';
import type { Nemesis } from '../nemesis/fault.ts';
import { findNemesis, nemeses } from '../nemesis/nemeses.ts';
import { readMutantRecipe, RecipeError } from '../mutants/recipe.ts';
import type { MutantRecipe } from '../mutants/recipe.ts';
import { findMutantPatch, listMutants } from '../run/mutant.ts';
import { defaultRunOptions } from '../run/run-options.ts';
import type { RunOptions } from '../run/run-result.ts';
import {
  parseDuration,
  parseInteger,
  parseList,
  parseRate,
  parseSize,
  requireKnown,
  unknownName,
  UsageError,
} from './usage.ts';

/** As commander hands them over: text, or absent. */
export interface RunArguments {
  readonly on?: string;
  readonly system?: string;
  readonly servers?: string;
  readonly observers?: string;
  readonly workload?: string;
  readonly nemesis?: string;
  readonly timeLimit?: string;
  readonly rate?: string;
  readonly processes?: string;
  readonly tick?: string;
  readonly snapCount?: string;
  readonly commitLogCount?: string;
  readonly mutant?: string;
  readonly seed?: string;
  readonly runs?: string;
  readonly checkMemory?: string;
  readonly checkTime?: string;
  readonly latencyBound?: string;
}

const mostServers = 31;
export const ownSystems = ['zab', 'apache'] as const;
const worlds = ['sim', 'docker'] as const;
/** Servers that somebody else runs may be anything. */
const foreignSystem = 'endpoints';

export function resolveRunOptions(given: RunArguments): RunOptions {
  const on = given.on ?? defaultRunOptions.on;
  const endpoints = countEndpoints(on);
  if (endpoints !== null) refuseForEndpoints(given);
  const mutant = given.mutant ?? null;
  const usual = usualOptions(mutant, endpoints !== null);
  const servers = endpoints ?? parseCount(given.servers, '--servers', usual.servers, 1);
  const observers = parseCount(given.observers, '--observers', usual.observers, 0);
  const systems =
    endpoints === null ? parseSystems(given.system, { on, count: servers + observers }) : [foreignSystem];
  if (mutant !== null) requireMutant(mutant, { on, systems });
  return {
    on,
    systems,
    servers,
    observers,
    workloads: given.workload === undefined ? usual.workloads : parseWorkloads(given.workload),
    nemeses: given.nemesis === undefined ? usual.nemeses : parseNemeses(given.nemesis),
    timeLimitMs:
      given.timeLimit === undefined ? usual.timeLimitMs : parseDuration(given.timeLimit, '--time-limit'),
    ratePerSecond: given.rate === undefined ? usual.ratePerSecond : parseRate(given.rate),
    processes: given.processes === undefined ? usual.processes : parseProcesses(given.processes),
    tickMs: given.tick === undefined ? usual.tickMs : parseDuration(given.tick, '--tick'),
    snapCount:
      given.snapCount === undefined ? usual.snapCount : parseTuning(given.snapCount, '--snap-count', 2),
    commitLogCount:
      given.commitLogCount === undefined
        ? usual.commitLogCount
        : parseTuning(given.commitLogCount, '--commit-log-count', 1),
    mutant,
    seed: parseSeed(given.seed),
    runsDirectory: given.runs ?? defaultRunOptions.runsDirectory,
    checkMemoryBytes:
      given.checkMemory === undefined
        ? defaultRunOptions.checkMemoryBytes
        : parseSize(given.checkMemory, '--check-memory'),
    checkTimeMs:
      given.checkTime === undefined
        ? defaultRunOptions.checkTimeMs
        : parseDuration(given.checkTime, '--check-time'),
    ...(given.latencyBound === undefined
      ? {}
      : { latencyBoundMs: parseDuration(given.latencyBound, '--latency-bound') }),
  };
}

/** How many servers `HOST:PORT,…` names; null for a world of ours. */
function countEndpoints(on: string): number | null {
  if (worlds.some((world) => world === on)) return null;
  if (!on.includes(':')) throw unknownName(on, { kind: 'world', known: [...worlds, 'HOST:PORT,…'] });
  const endpoints = parseList(on, '--on');
  for (const endpoint of endpoints) {
    const port = Number(/^(?:\[[^\]]+\]|[^:[\]]+):(\d+)$/.exec(endpoint)?.[1]);
    if (port >= 1 && port <= 65_535) continue;
    throw new UsageError(`--on: expected sim, docker or HOST:PORT,HOST:PORT,…, found '${endpoint}'`);
  }
  return endpoints.length;
}

function refuseForEndpoints(given: RunArguments): void {
  for (const flag of ['servers', 'observers', 'system', 'tick', 'snapCount', 'commitLogCount'] as const) {
    if (given[flag] === undefined) continue;
    throw new UsageError(
      `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is for ensembles that Ordeal starts; --on names servers that run already`,
    );
  }
}

function parseCount(text: string | undefined, what: string, usual: number, least: number): number {
  return text === undefined ? usual : parseInteger(text, { what, least, most: mostServers });
}

function parseSystems(text: string | undefined, { on, count }: { on: string; count: number }): string[] {
  if (text === undefined) return [...defaultRunOptions.systems];
  const systems = text.split(',').map((name) => name.trim());
  if (systems.length !== 1 && systems.length !== count) {
    throw new UsageError(
      `--system: expected one system, or one for each of the ${count} servers, found ${systems.length}`,
    );
  }
  for (const system of systems) {
    // A name with neither registry nor tag is a system of ours or a slip of the pen.
    if (!/[/:@]/.test(system)) {
      requireKnown(system, { kind: 'system', known: [...ownSystems, 'IMAGE:TAG'] });
    }
    if (on === 'sim' && system !== 'zab') {
      throw new UsageError(
        `--system ${system}: the simulated world runs the bundled server only; add --on docker`,
      );
    }
  }
  return systems;
}

/**
 * What a run does when it is not told: a mutant is met with what its patch says must catch it, and servers that
 * somebody else runs are not harmed.
 */
function usualOptions(mutant: string | null, isForeign: boolean): typeof defaultRunOptions {
  if (isForeign) return { ...defaultRunOptions, nemeses: [] };
  const patch = mutant === null ? null : findMutantPatch(mutant);
  if (patch === null) return defaultRunOptions;
  const { workloads: named, nemeses: harm, options } = readRecipe(patch);
  return {
    ...defaultRunOptions,
    workloads: named ?? defaultRunOptions.workloads,
    nemeses: harm ?? defaultRunOptions.nemeses,
    ...options,
  };
}

function readRecipe(patch: string): MutantRecipe {
  try {
    return readMutantRecipe(patch);
  } catch (error) {
    throw error instanceof RecipeError ? new UsageError(`--mutant: ${error.message}`) : error;
  }
}

export function parseWorkloads(text: string): readonly string[] {
  const names = parseList(text, '--workload');
  for (const name of names) {
    if (findWorkload(name) !== undefined) continue;
    throw unknownName(name, { kind: 'workload', known: workloads.map((workload) => workload.name) });
  }
  return names;
}

export function parseNemeses(text: string): readonly string[] {
  const names = parseList(text, '--nemesis');
  if (names.length === 1 && names[0] === 'none') return [];
  for (const name of names) {
    if (name === 'none') throw new UsageError(`--nemesis: none stands alone, found '${text}'`);
    if (readNemesis(name) === undefined) {
      if (name.endsWith('.json')) throw new UsageError(`--nemesis: there is no file ${name}`);
      const known = [...nemeses, ...directedNemeses()].map((nemesis) => nemesis.name);
      throw unknownName(name, { kind: 'nemesis', known: [...known, 'none'] });
    }
  }
  return names;
}

/** A malformed schedule file is a wrong argument. */
function readNemesis(name: string): Nemesis | undefined {
  try {
    return findNemesis(name);
  } catch (error) {
    throw error instanceof ScheduleError ? new UsageError(`--nemesis: ${error.message}`) : error;
  }
}

function parseTuning(text: string, what: string, least: number): number {
  return parseInteger(text, { what, least, most: 2 ** 31 - 1 });
}

function parseProcesses(text: string): number {
  return parseInteger(text, { what: '--processes', least: 1, most: 10_000 });
}

function requireMutant(
  text: string,
  { on, systems }: { readonly on: string; readonly systems: readonly string[] },
): void {
  if (findMutantPatch(text) === null) {
    if (!text.endsWith('.patch')) throw unknownName(text, { kind: 'mutant', known: listMutants() });
    throw new UsageError(`--mutant: there is no file ${text}`);
  }
  if (!worlds.some((world) => world === on) || !systems.includes('zab')) {
    throw new UsageError('--mutant: a mutant is a copy of the bundled server; it needs --system zab');
  }
}

function parseSeed(text: string | undefined): number {
  if (text === undefined) return randomInt(0, 2 ** 31);
  return parseInteger(text, { what: '--seed', least: 0, most: Number.MAX_SAFE_INTEGER });
}
