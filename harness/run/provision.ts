// From options to an ensemble: in the simulated world, in Docker, or behind endpoints. Each world's modules are
// loaded when it is asked for, so that a simulated run waits for no Docker library.

import type { Ensemble } from '../ensemble/ensemble.ts';
import { EnvironmentError } from '../ensemble/ensemble.ts';
import { findNemesis } from '../nemesis/nemeses.ts';
import { findWorkload } from '../../workloads/index.ts';
import type { Random } from '../random/random.ts';
import type { MessageLog } from '../simulation/message-log.ts';
import type { RunOptions } from './run-result.ts';
import type { Mutant } from './mutant.ts';

export interface Provision {
  readonly options: RunOptions;
  readonly runId: string;
  readonly random: Random;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal | undefined;
  /** A mutant that was made already, and stays. */
  readonly mutantRoot: string | undefined;
  readonly messages: MessageLog | undefined;
}

/** An ensemble, and what has to go after it. */
export interface World extends AsyncDisposable {
  readonly ensemble: Ensemble;
  /** Waits for what happens in the world, and fails when the world itself does. */
  drive<T>(main: Promise<T>): Promise<T>;
}

export async function provision(request: Provision): Promise<World> {
  const mutant = await prepareMutant(request);
  try {
    const world = await createWorld(request, mutant);
    return {
      ...world,
      [Symbol.asyncDispose]: async () => {
        try {
          await world.ensemble[Symbol.asyncDispose]();
        } finally {
          mutant?.[Symbol.dispose]();
        }
      },
    };
  } catch (error) {
    mutant?.[Symbol.dispose]();
    throw error;
  }
}

async function prepareMutant({ options, mutantRoot }: Provision): Promise<Mutant | null> {
  const { mutant } = options;
  if (mutant === null) return null;
  if (mutantRoot !== undefined) return { name: mutant, root: mutantRoot, [Symbol.dispose]: () => {} };
  const { findMutantPatch, makeMutant } = await import('./mutant.ts');
  const patch = findMutantPatch(mutant);
  if (patch === null) throw new EnvironmentError(`there is no mutant ${mutant}`);
  return makeMutant(patch);
}

type Created = Pick<World, 'ensemble' | 'drive'>;

function createWorld(request: Provision, mutant: Mutant | null): Promise<Created> {
  switch (request.options.on) {
    case 'sim':
      return createSimulated(request, mutant);
    case 'docker':
      return createDocker(request, mutant);
    default:
      return createEndpoints(request, mutant);
  }
}

async function createSimulated(
  { options, random, messages }: Provision,
  mutant: Mutant | null,
): Promise<Created> {
  const { createSimEnsemble, drive } = await import('../ensemble/sim-ensemble.ts');
  const { loadServerFrom } = await import('../ensemble/server-module.ts');
  const ensemble = createSimEnsemble({
    random: worldRandomOf(options, random),
    servers: options.servers,
    observers: options.observers,
    ...(messages === undefined ? {} : { messages }),
    // Only then: a server whose membership may change keeps it in files, which every other run is spared.
    reconfig: changesMembership(options),
    ...simulatedTuningOf(options),
    ...(mutant === null ? {} : { loadServer: loadServerFrom(`${mutant.root}/docker/zab/src`) }),
  });
  return { ensemble, drive: (main) => drive(ensemble, main) };
}

function changesMembership({ nemeses, workloads }: RunOptions): boolean {
  return (
    nemeses.some((name) => findNemesis(name)?.needs.includes('reconfig') === true) ||
    workloads.some((name) => findWorkload(name)?.changesMembership === true)
  );
}

function worldRandomOf({ script }: RunOptions, random: Random): Random {
  return script === undefined || script.world === 0 ? random : random.fork(`world ${script.world}`);
}

function tuningOf({ tickMs, snapCount, commitLogCount }: RunOptions): {
  readonly tickMs?: number;
  readonly snapCount?: number;
  readonly commitLogCount?: number;
} {
  return {
    ...(tickMs === null ? {} : { tickMs }),
    ...(snapCount === null ? {} : { snapCount }),
    ...(commitLogCount === null ? {} : { commitLogCount }),
  };
}

/**
 * A server that was away for a second gets a DIFF, after ten seconds it needs a snapshot: at 100 operations per second,
 * half of them writes. Where more is asked, more is kept, or a busy ensemble would do little but take snapshots.
 */
function simulatedTuningOf(options: RunOptions): ReturnType<typeof tuningOf> {
  const { ratePerSecond } = options;
  const usual = {
    snapCount: Math.max(200, Math.ceil(2 * ratePerSecond)),
    commitLogCount: Math.min(500, Math.max(50, Math.ceil(ratePerSecond / 2))),
  };
  return { ...usual, ...tuningOf(options) };
}

/** There the last two are keys of zoo.cfg like any other. */
function dockerTuningOf(options: RunOptions): {
  readonly tickMs?: number;
  readonly zooConfig: Readonly<Record<string, string>>;
} {
  const { tickMs, ...keys } = tuningOf(options);
  const zooConfig = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, String(value)]));
  return { ...(tickMs === undefined ? {} : { tickMs }), zooConfig };
}

async function createDocker(request: Provision, mutant: Mutant | null): Promise<Created> {
  const { options, runId, progress, signal } = request;
  const { createDockerEnsemble } = await import('../ensemble/docker/docker-ensemble.ts');
  let images: Record<string, string> = {};
  if (mutant !== null) {
    const { buildMutantImage } = await import('../ensemble/docker/images.ts');
    images = { zab: await buildMutantImage(mutant.root, mutant.name, progress) };
  }
  const ensemble = await createDockerEnsemble({
    runId,
    systems: options.systems,
    servers: options.servers,
    observers: options.observers,
    images,
    ...dockerTuningOf(options),
    reconfig: changesMembership(options),
    progress,
    ...(signal === undefined ? {} : { signal }),
  });
  return { ensemble, drive: (main) => main };
}

async function createEndpoints({ options }: Provision, mutant: Mutant | null): Promise<Created> {
  if (mutant !== null) {
    throw new EnvironmentError(`a mutant needs servers that Ordeal starts, not ${options.on}`);
  }
  const endpoints = await import('../ensemble/endpoints-ensemble.ts');
  const ensemble = endpoints.createEndpointsEnsemble(endpoints.parseEndpoints(options.on));
  return { ensemble, drive: (main) => main };
}
