// Whom to harm: who leads at this moment, who votes, and which servers make a minority.

import type { Ensemble, ServerStatus } from '../ensemble/ensemble.ts';
import type { Random } from '../random/random.ts';

/** An election may be on when a fault is planned; this many ticks are enough for it to end. */
const leaderWaitTicks = 20;

export function sidsOf(ensemble: Pick<Ensemble, 'servers'>): number[] {
  return ensemble.servers.map(({ sid }) => sid);
}

export function participantsOf(ensemble: Pick<Ensemble, 'servers'>): number[] {
  return ensemble.servers.filter(({ role }) => role === 'participant').map(({ sid }) => sid);
}

/** Of the participants: the least number that is more than half. */
export function majorityOf(participantCount: number): number {
  return Math.floor(participantCount / 2) + 1;
}

/** Whether enough participants are left when the targets are gone; observers do not count. */
export function hasQuorumWithout(participants: readonly number[], targets: readonly number[]): boolean {
  const left = participants.filter((sid) => !targets.includes(sid));
  return left.length >= majorityOf(participants.length);
}

/** A minority drawn at random, as large as it can be; empty where one participant is already half. */
export function drawMinority(participants: readonly number[], random: Random): number[] {
  return random.shuffle(participants).slice(0, participants.length - majorityOf(participants.length));
}

/** Waits a little for a leader; null when there is none, or the wait is over. */
export async function findLeader(
  ensemble: Pick<Ensemble, 'status' | 'servers' | 'clock' | 'tickMs'>,
  options: { readonly among?: readonly number[]; readonly isWanted?: () => boolean } = {},
): Promise<number | null> {
  const { among = participantsOf(ensemble), isWanted = () => true } = options;
  const deadlineNs = ensemble.clock.nowNs() + leaderWaitTicks * ensemble.tickMs * 1e6;
  for (;;) {
    const statuses = await Promise.all(among.map((sid) => ensemble.status(sid)));
    const leader = leaderOf(statuses);
    if (leader !== null || ensemble.clock.nowNs() >= deadlineNs || !isWanted()) return leader;
    await ensemble.clock.sleep(ensemble.tickMs / 2);
  }
}

/** Two may claim to lead while the older one has not noticed yet: the newer one has the higher zxid. */
export function leaderOf(statuses: readonly ServerStatus[]): number | null {
  const leaders = statuses.filter(({ mode }) => mode === 'leader' || mode === 'standalone');
  leaders.sort((a, b) => (b.zxid ?? -1) - (a.zxid ?? -1));
  return leaders[0]?.sid ?? null;
}

/** `server 3`, `servers 1 and 4`, `servers 1, 2 and 5`. */
export function nameServers(sids: readonly number[]): string {
  if (sids.length === 1) return `server ${sids[0]}`;
  return `servers ${sids.slice(0, -1).join(', ')} and ${sids.at(-1)}`;
}
