// Removing what runs left in the engine: one run's things at its end, leftovers of a harness that was killed
// at the next start, everything at `ordeal clean`. What belongs to a harness that is still at work stays,
// unless it is asked for by name or with `all`.

import type Docker from 'dockerode';
import { EnvironmentError } from '../ensemble.ts';
import { connectEngine, messageOf, settleAll, statusCodeOf } from './engine.ts';
import { harnessPid, harnessState, runLabel } from './labels.ts';
import type { Labels } from './labels.ts';

export interface Cleaned {
  readonly containers: number;
  readonly networks: number;
  readonly volumes: number;
  /** Runs that were left alone, with the reason in words. */
  readonly kept: readonly { readonly runId: string; readonly reason: string }[];
}

export interface CleanOptions {
  /** Only this run, whether or not its harness is still at work. */
  readonly runId?: string;
  /** Also what belongs to a harness that is still at work, or that was started on another machine. */
  readonly all?: boolean;
}

const kinds = ['containers', 'networks', 'volumes'] as const;

interface Item {
  readonly kind: (typeof kinds)[number];
  readonly id: string;
  readonly labels: Labels;
  remove(): Promise<unknown>;
}

/** After this many rounds something refuses to go. */
const roundLimit = 20;
const betweenRoundsMs = 250;

export async function clean(options: CleanOptions = {}): Promise<Cleaned> {
  return cleanEngine(await connectEngine(), options);
}

/** Removes what a harness that no longer exists left behind. Nothing of a run at work is touched. */
export async function removeLeftovers(docker: Docker): Promise<Cleaned> {
  return cleanEngine(docker, {});
}

/** How many things belong to no harness any more, and which runs are at work. Removes nothing. */
export async function surveyLeftovers(docker: Docker): Promise<{ gone: number; kept: Cleaned['kept'] }> {
  const items = await listItems(docker, undefined);
  const gone = items.filter((item) => keepReason(item, {}) === null).length;
  return { gone, kept: keptRuns(items, {}) };
}

/**
 * Looks again after each removal: a harness that was killed may have had a request under way, which the engine
 * finished only then.
 */
export async function cleanEngine(docker: Docker, options: CleanOptions): Promise<Cleaned> {
  const removed = new Set<string>();
  const count = { containers: 0, networks: 0, volumes: 0 };
  for (let round = 0; round < roundLimit; round++) {
    const items = await listItems(docker, options.runId);
    const chosen = items.filter((item) => keepReason(item, options) === null);
    if (chosen.length === 0) return { ...count, kept: keptRuns(items, options) };
    const failures = await removeItems(chosen);
    for (const item of chosen) {
      if (removed.has(item.id) || failures.has(item.id)) continue;
      removed.add(item.id);
      count[item.kind]++;
    }
    if (failures.size > 0 && round === roundLimit - 1) {
      throw new EnvironmentError(
        `cannot remove ${failures.size} of ${chosen.length} things in the engine: ${[...failures.values()][0]}`,
      );
    }
    if (failures.size > 0) await new Promise((resolve) => setTimeout(resolve, betweenRoundsMs));
  }
  throw new EnvironmentError(`something keeps creating things labelled ${runLabel}; stop it and clean again`);
}

/** Containers hold networks and volumes in use, so they go first. Ids that would not go, with the reason. */
async function removeItems(items: readonly Item[]): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  const removeOne = async (item: Item): Promise<void> => {
    try {
      await item.remove();
    } catch (error) {
      if (statusCodeOf(error) !== 404) failures.set(item.id, messageOf(error));
    }
  };
  await settleAll(items.filter(({ kind }) => kind === 'containers').map(removeOne));
  await settleAll(items.filter(({ kind }) => kind !== 'containers').map(removeOne));
  return failures;
}

async function listItems(docker: Docker, runId: string | undefined): Promise<Item[]> {
  const filters = { label: [runId === undefined ? runLabel : `${runLabel}=${runId}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Id, Labels }): Item => {
      const remove = (): Promise<unknown> => docker.getContainer(Id).remove({ force: true, v: true });
      return { kind: 'containers', id: Id, labels: Labels, remove };
    }),
    ...networks.map(({ Id, Labels }): Item => {
      return { kind: 'networks', id: Id, labels: Labels ?? {}, remove: () => docker.getNetwork(Id).remove() };
    }),
    ...volumes.Volumes.map(({ Name, Labels }): Item => {
      return { kind: 'volumes', id: Name, labels: Labels, remove: () => docker.getVolume(Name).remove() };
    }),
  ];
}

function keepReason(item: Item, { runId, all }: CleanOptions): string | null {
  if (runId !== undefined || all === true) return null;
  switch (harnessState(item.labels)) {
    case 'gone':
      return null;
    case 'alive':
      return `its harness, process ${harnessPid(item.labels)}, is still at work`;
    case 'elsewhere':
      return 'its harness was started on another machine';
  }
}

function keptRuns(items: readonly Item[], options: CleanOptions): { runId: string; reason: string }[] {
  const kept = new Map<string, string>();
  for (const item of items) {
    const reason = keepReason(item, options);
    if (reason !== null) kept.set(item.labels[runLabel] ?? '', reason);
  }
  return [...kept].map(([runId, reason]) => ({ runId, reason }));
}
