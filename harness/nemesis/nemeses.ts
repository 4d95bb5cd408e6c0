// The nemeses by name, as `--nemesis` and `ordeal list nemeses` know them.

import { directedNemeses, findScheduleFile } from './directed/catalogue.ts';
import { bitRot, diskError, fullDisk, slowDisk, wipe } from './disks.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import { clientCuts, clientKill, clientSilence } from './clients.ts';
import { clockDrift, clockJump } from './clocks.ts';
import { kill, pause, powerLoss } from './crash.ts';
import type { Nemesis } from './fault.ts';
import { resetLinks, slowLinks, stalledLinks } from './links.ts';
import { orphanedTail } from './orphaned-tail.ts';
import { partition } from './partition.ts';
import { reconfig } from './reconfig.ts';
import { killThenPowerLoss, restartStorm } from './restarts.ts';
import { participantsOf } from './targets.ts';
import { tornWrite } from './torn-write.ts';

export const nemeses: readonly Nemesis[] = [
  partition,
  kill,
  pause,
  powerLoss,
  tornWrite,
  orphanedTail,
  restartStorm,
  killThenPowerLoss,
  clientCuts,
  clientSilence,
  clientKill,
  slowLinks,
  stalledLinks,
  resetLinks,
  clockJump,
  clockDrift,
  slowDisk,
  diskError,
  fullDisk,
  bitRot,
  wipe,
  reconfig,
];

/** A nemesis by its name, a directed schedule by its own or its file. Throws ScheduleError when that is malformed. */
export function findNemesis(name: string): Nemesis | undefined {
  const named = [...nemeses, ...directedNemeses()].find((nemesis) => nemesis.name === name);
  return named ?? findScheduleFile(name);
}

/**
 * Whether it does harm that a workload changes who votes. A server without its data has no vote, and how many of those
 * an ensemble bears is known only where the voters are. Two who change the membership may take so many votes away
 * that nobody can give them back at once.
 */
export function needsFixedMembers(nemesis: Nemesis): boolean {
  const { needs } = nemesis;
  const isCounting = needs.includes('wipe') || needs.includes('bitRot') || needs.includes('reconfig');
  return isCounting || nemesis.needsFixedMembers === true;
}

/** One sentence for each nemesis that this world cannot carry out. */
export function unavailableNemeses(
  chosen: readonly Nemesis[],
  ensemble: Pick<Ensemble, 'world' | 'capabilities' | 'servers'>,
): string[] {
  const { world, capabilities } = ensemble;
  const participantCount = participantsOf(ensemble).length;
  return chosen.flatMap(({ name, needs, leastParticipants }) => {
    if (participantCount < leastParticipants)
      return [`nemesis ${name} needs ${leastParticipants} voting servers, here are ${participantCount}`];
    const missing = needs.filter((capability) => !capabilities.has(capability));
    if (missing.length === 0) return [];
    return [`nemesis ${name} is not available in the ${world} world, which lacks ${missing.join(' and ')}`];
  });
}
