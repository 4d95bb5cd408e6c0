// Restarts that come before the last one was over: a server that is killed again while it starts, and a kill whose
// unsynced writes then meet a power loss.

import { restartServers } from './crash.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { findLeader, nameServers, participantsOf, sidsOf } from './targets.ts';

const rounds = [2, 5] as const;
/** From nothing to long enough for a synchronization. */
const pauseTicks = [0, 3] as const;

export const restartStorm: Nemesis = {
  name: 'restart-storm',
  description: 'servers are killed and restarted in quick succession: one again and again, or all in turn',
  needs: ['kill'],
  leastParticipants: 1,
  async plan(tools) {
    const { ensemble, random, deal } = tools;
    const isRolling = deal('restart-storm', [true, false]);
    const times = random.between(...rounds);
    const one = (await findLeader(ensemble, tools)) ?? random.pick(sidsOf(ensemble));
    return new Restarts({
      nemesis: 'restart-storm',
      shape: isRolling ? 'every server in turn' : `the leader ${times} times`,
      victims: isRolling ? random.shuffle(sidsOf(ensemble)) : Array.from({ length: times }, () => one),
      last: 'kill',
    });
  },
};

export const killThenPowerLoss: Nemesis = {
  name: 'kill-then-power-loss',
  description: 'servers are killed with writes that only the page cache has, restart, and lose their power',
  needs: ['kill', 'powerLoss'],
  leastParticipants: 1,
  async plan({ ensemble, random }) {
    const participants = random.shuffle(participantsOf(ensemble));
    const victims = participants.slice(0, random.between(1, participants.length));
    return new Restarts({
      nemesis: 'kill-then-power-loss',
      shape: `kill -9, restart and power loss of ${victims.length} servers`,
      victims,
      last: 'power-loss',
    });
  },
};

class Restarts implements Fault {
  readonly nemesis: string;
  readonly shape: string;
  readonly targets: readonly number[];
  readonly keepsQuorum = false;
  readonly duration = 'short';
  readonly #victims: readonly number[];
  readonly #last: 'kill' | 'power-loss';
  #deaths = 0;

  constructor(plan: {
    readonly nemesis: string;
    readonly shape: string;
    readonly victims: readonly number[];
    readonly last: 'kill' | 'power-loss';
  }) {
    this.nemesis = plan.nemesis;
    this.shape = plan.shape;
    this.targets = [...new Set(plan.victims)].sort((a, b) => a - b);
    this.#victims = plan.victims;
    this.#last = plan.last;
  }

  async inject(tools: FaultTools): Promise<void> {
    const { ensemble } = tools;
    if (this.#last === 'power-loss') return this.#killAllThenLosePower(tools);
    for (const sid of this.#victims) {
      await ensemble.kill(sid);
      this.#deaths += 1;
      await this.#pause(tools);
      await restartServers(ensemble, [sid]);
      await this.#pause(tools);
    }
  }

  async #killAllThenLosePower(tools: FaultTools): Promise<void> {
    const { ensemble, random } = tools;
    for (const sid of this.#victims) await ensemble.kill(sid);
    await restartServers(ensemble, this.#victims);
    // While they read their disks, or while they elect.
    await ensemble.clock.sleep(random.pick([0.1, 1, 10, ensemble.tickMs, 4 * ensemble.tickMs]));
    for (const sid of this.#victims) await ensemble.powerLoss(sid);
    this.#deaths += 2 * this.#victims.length;
  }

  #pause({ ensemble, random }: FaultTools): Promise<void> {
    return ensemble.clock.sleep(random.float() * random.pick(pauseTicks) * ensemble.tickMs);
  }

  async prove({ ensemble }: FaultTools): Promise<string | null> {
    if (this.#deaths === 0) return null;
    if (this.#last === 'kill') return `${nameServers(this.targets)} died ${this.#deaths} times`;
    const running = await Promise.all(this.targets.map((sid) => ensemble.isRunning(sid)));
    return running.includes(true) ? null : `no process runs on ${nameServers(this.targets)}`;
  }

  heal({ ensemble }: FaultTools): Promise<void> {
    return restartServers(ensemble, this.targets);
  }
}
