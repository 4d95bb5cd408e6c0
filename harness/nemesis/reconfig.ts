// The membership changes under load: a server leaves, or votes no more, and comes back as it was. What is asked for
// goes through one server, and may fail for every reason for which a write may.

import type { MembershipChange } from '../ensemble/deeper-faults.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { findLeader, nameServers, participantsOf } from './targets.ts';

const answerTicks = 20;
/** For the change itself. */
const patienceTicks = 60;
/** For putting the membership back: elections and synchronizations may have to end first. */
const restoreTicks = 200;

export const reconfig: Nemesis = {
  name: 'reconfig',
  description: 'a server leaves the ensemble or loses its vote, and comes back: a follower, the leader',
  needs: ['reconfig'],
  leastParticipants: 3,
  async plan(tools) {
    const { ensemble, random, deal } = tools;
    const participants = participantsOf(ensemble);
    const leader = await findLeader(ensemble, tools);
    const isLeader = deal('reconfig whom', [true, false, false]);
    const others = participants.filter((sid) => sid !== leader);
    const target = isLeader && leader !== null ? leader : random.pick(others);
    const at = random.pick(participants.filter((sid) => sid !== target));
    const isDemoted = deal('reconfig how', [true, false]);
    return new ChangedMembership({ target, at, isDemoted, isLeader: target === leader });
  },
};

class ChangedMembership implements Fault {
  readonly nemesis = 'reconfig';
  readonly shape: string;
  readonly targets: readonly number[];
  readonly keepsQuorum = false;
  readonly duration = 'long';
  readonly #at: number;
  readonly #change: MembershipChange;
  #answer: string | null = 'nobody was asked';

  constructor(plan: {
    readonly target: number;
    readonly at: number;
    readonly isDemoted: boolean;
    readonly isLeader: boolean;
  }) {
    const { target, at, isDemoted, isLeader } = plan;
    const who = isLeader ? 'the leader' : 'a follower';
    this.shape = isDemoted ? `${who} becomes an observer` : `${who} leaves`;
    this.targets = [target];
    this.#at = at;
    this.#change = isDemoted ? { join: [{ sid: target, role: 'observer' }] } : { leave: [target] };
  }

  async inject({ ensemble, isWanted }: FaultTools): Promise<void> {
    // The change may come in the middle of an election, which is no reason to do without it.
    const deadlineNs = ensemble.clock.nowNs() + patienceTicks * ensemble.tickMs * 1e6;
    do {
      this.#answer = await ensemble.reconfigure(this.#at, this.#change, answerTicks * ensemble.tickMs);
      if (this.#answer === null) return;
      await ensemble.clock.sleep(ensemble.tickMs);
    } while (ensemble.clock.nowNs() < deadlineNs && isWanted());
  }

  async prove(): Promise<string | null> {
    return this.#answer === null ? `the membership was changed through server ${this.#at}` : null;
  }

  heal(tools: FaultTools): Promise<void> {
    return restoreMembership(tools);
  }
}

/**
 * Every server is what it was at the start. Asked of whoever leads until it says yes: a change may have been in doubt,
 * and may come about later.
 */
export async function restoreMembership({
  ensemble,
  isWanted,
}: Pick<FaultTools, 'ensemble' | 'isWanted'>): Promise<void> {
  const join = ensemble.servers.map(({ sid, role }) => ({ sid, role }));
  const deadlineNs = ensemble.clock.nowNs() + restoreTicks * ensemble.tickMs * 1e6;
  let failure: string | null = 'nobody leads';
  while (ensemble.clock.nowNs() < deadlineNs && isWanted()) {
    const leader = await findLeader(ensemble, { isWanted, among: ensemble.servers.map(({ sid }) => sid) });
    if (leader !== null) {
      failure = await ensemble.reconfigure(leader, { join }, answerTicks * ensemble.tickMs);
      if (failure === null) return;
    }
    await ensemble.clock.sleep(ensemble.tickMs);
  }
  if (!isWanted()) return;
  const sids = nameServers(join.map(({ sid }) => sid));
  throw new Error(`the membership of ${sids} was not restored within ${restoreTicks} ticks: ${failure}`);
}
