// What one run of a campaign is like, drawn from its seed: size, thresholds, load and faults. Each run leaves
// some faults out (swarm testing, Groce et al. 2012): a fault that is always there hides what only shows
// without it, and two that get in each other's way are apart in some of the runs.

import { directedNemeses } from '../nemesis/directed/catalogue.ts';
import type { Nemesis } from '../nemesis/fault.ts';
import { findNemesis, needsFixedMembers, nemeses } from '../nemesis/nemeses.ts';
import { Random } from '../random/random.ts';
import { defaultRunOptions } from '../run/run-options.ts';
import type { RunOptions } from '../run/run-result.ts';
import { findWorkload, workloads } from '../../workloads/index.ts';

/** Sizes as often as they are worth it: small ensembles run faster and lose their quorum sooner. */
const serverCounts = [1, 3, 3, 3, 3, 4, 5, 5, 5, 5, 7] as const;
const observerCounts = [0, 0, 0, 1, 1, 2] as const;
const ticksMs = [50, 100, 200, 200] as const;
/** Tiny, so that snapshots, replay and every way of synchronization happen within seconds. */
const snapCounts = [10, 20, 50, 100, 300] as const;
const commitLogCounts = [5, 10, 20, 50, 100] as const;
const rates = [50, 100, 200, 400] as const;
const processCounts = [2, 5, 10, 20] as const;
/** Few at a time, so that the effect of one is not drowned by the others'. */
const nemesisCounts = [1, 1, 2, 2, 3, 4] as const;
/** That a fault takes with the quiet after it: each should have its turn. */
const ticksPerNemesis = 50;
const workloadCounts = [1, 1, 2, 3] as const;
/** Share of the runs that follow a directed schedule beside at most one fault at random. */
const scheduleChance = 0.4;
/** A schedule waits for elections several times over; with long ticks one would fill the run. */
const scheduledTicksMs = [50, 100] as const;

/**
 * `base` gives what is not drawn: time limit, budgets, where failed runs go. `fixed` overrides what is: the recipe
 * of a mutant.
 */
export function drawRun(
  seed: number,
  base: Omit<RunOptions, 'seed'> = defaultRunOptions,
  fixed: Partial<RunOptions> = {},
): RunOptions {
  const random = new Random(seed).fork('campaign');
  const leastServers = Math.max(
    1,
    ...(fixed.nemeses ?? []).map((name) => findNemesis(name)?.leastParticipants ?? 1),
  );
  const servers = random.pick(serverCounts.filter((count) => count >= leastServers));
  const drawn = drawRest(random, { servers, timeLimitMs: base.timeLimitMs, fixed });
  return { ...base, seed, servers, ...drawn, ...fixed };
}

type Drawn = Pick<
  RunOptions,
  | 'observers'
  | 'tickMs'
  | 'snapCount'
  | 'commitLogCount'
  | 'ratePerSecond'
  | 'processes'
  | 'workloads'
  | 'nemeses'
>;

function drawRest(
  random: Random,
  given: { readonly servers: number; readonly timeLimitMs: number; readonly fixed: Partial<RunOptions> },
): Drawn {
  const { servers, timeLimitMs, fixed } = given;
  const fixedNemeses = (fixed.nemeses ?? []).flatMap((name) => findNemesis(name) ?? []);
  const mayMove = servers > 1 && !fixedNemeses.some(needsFixedMembers);
  const drawn = {
    observers: servers === 1 ? 0 : random.pick(observerCounts),
    tickMs: random.pick(ticksMs),
    snapCount: random.pick(snapCounts),
    commitLogCount: random.pick(commitLogCounts),
    ratePerSecond: random.pick(rates),
    processes: random.pick(processCounts),
    workloads: drawSome(
      random,
      workloads.filter(({ changesMembership }) => mayMove || changesMembership !== true),
      random.pick(workloadCounts),
    ),
  };
  const chosen = fixed.workloads ?? drawn.workloads;
  const moves = chosen.some((name) => findWorkload(name)?.changesMembership === true);
  const fit = (nemesis: Nemesis): boolean =>
    nemesis.leastParticipants <= servers && !(moves && needsFixedMembers(nemesis));
  const schedules = directedNemeses().filter(fit);
  if (schedules.length === 0 || !random.chance(scheduleChance)) {
    const room = Math.max(1, Math.floor(timeLimitMs / drawn.tickMs / ticksPerNemesis));
    const count = Math.min(room, random.pick(nemesisCounts));
    return { ...drawn, nemeses: drawSome(random, nemeses.filter(fit), count) };
  }
  const directed = [
    random.pick(schedules),
    ...(random.chance(0.5) ? [random.pick(nemeses.filter(fit))] : []),
  ];
  return { ...drawn, tickMs: random.pick(scheduledTicksMs), nemeses: directed.map(({ name }) => name) };
}

/** So many different ones, or all, in their own order. */
function drawSome(random: Random, from: readonly { readonly name: string }[], count: number): string[] {
  const drawn = random.shuffle(from).slice(0, count);
  return from.filter((one) => drawn.includes(one)).map(({ name }) => name);
}
