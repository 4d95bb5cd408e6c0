// A leader that logs writes which nobody else has, dies, and comes back when others have elected and moved on:
// the schedule for which TRUNC exists. The leader is cut off, its own clients keep writing to it, it is killed
// before it steps down, the others elect, and it returns with a tail that must go.
// In the quiet variant nothing is written while the others elect, so that the new leader's log is a prefix of
// the old one's: only then does Apache's protocol answer with TRUNC rather than with a snapshot.

import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { restartServers } from './crash.ts';
import { cutBetween } from './grudge.ts';
import { findLeader, sidsOf } from './targets.ts';

/** After the cut, the part of the step-down time during which the leader still takes writes. */
const writingShare = 0.6;
/** In the quiet variant: from the last write until the leader is killed. */
const settleTicks = 1;

export const orphanedTail: Nemesis = {
  name: 'orphaned-tail',
  description: 'the leader alone logs writes and dies, the others elect, it comes back with its tail',
  needs: ['partition', 'kill'],
  needsFixedMembers: true,
  leastParticipants: 3,
  async plan(tools) {
    const leader = await findLeader(tools.ensemble, tools);
    const isQuiet = tools.deal('orphaned-tail', [true, false]);
    return new OrphanedTail(leader ?? tools.random.pick(sidsOf(tools.ensemble)), isQuiet);
  },
};

class OrphanedTail implements Fault {
  readonly nemesis = 'orphaned-tail';
  readonly shape: string;
  readonly targets: readonly number[];
  readonly keepsQuorum = false;
  readonly duration = 'short';
  readonly #leader: number;
  readonly #isQuiet: boolean;
  #newLeader: number | null = null;

  constructor(leader: number, isQuiet: boolean) {
    this.#leader = leader;
    this.#isQuiet = isQuiet;
    this.targets = [leader];
    this.shape = isQuiet
      ? 'leader isolated with new writes and killed, quiet failover'
      : 'leader isolated with new writes and killed, others go on';
  }

  async inject(tools: FaultTools): Promise<void> {
    const { ensemble } = tools;
    const others = sidsOf(ensemble).filter((sid) => sid !== this.#leader);
    await ensemble.setCuts(cutBetween([this.#leader], others));
    await ensemble.clock.sleep(ensemble.syncLimit * ensemble.tickMs * writingShare);
    if (this.#isQuiet) {
      tools.setQuiet(true);
      await ensemble.clock.sleep(settleTicks * ensemble.tickMs);
    }
    await ensemble.kill(this.#leader);
    // The cut stays until the others have given their old connections up: what the dead server's network still
    // holds would reach them otherwise, and the tail would not be its own any more.
    this.#newLeader = await findLeader(ensemble, { among: others, isWanted: tools.isWanted });
  }

  async prove({ ensemble }: FaultTools): Promise<string | null> {
    if (this.#newLeader === null || (await ensemble.isRunning(this.#leader))) return null;
    return `server ${this.#leader} is dead and server ${this.#newLeader} leads the others`;
  }

  async heal(tools: FaultTools): Promise<void> {
    const { ensemble } = tools;
    try {
      await ensemble.setCuts([]);
      await restartServers(ensemble, [this.#leader]);
      if (this.#isQuiet) await this.#awaitReturn(tools);
    } finally {
      tools.setQuiet(false);
    }
  }

  /** Quiet lasts until the old leader was synchronized, or it is plain that it will not be soon. */
  async #awaitReturn({ ensemble, isWanted }: FaultTools): Promise<void> {
    const deadlineNs = ensemble.clock.nowNs() + ensemble.initLimit * ensemble.tickMs * 1e6;
    while (ensemble.clock.nowNs() < deadlineNs && isWanted()) {
      const { mode } = await ensemble.status(this.#leader);
      if (mode === 'follower' || mode === 'leader') return;
      await ensemble.clock.sleep(ensemble.tickMs / 2);
    }
  }
}
