// Disks that are slow, fail, fill up, rot or are lost. What a server may do about a disk is to stop: the fault
// ends with the disk mended and the server running again.

import type { DiskCondition } from '../ensemble/deeper-faults.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import { restartServers } from './crash.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import {
  drawMinority,
  findLeader,
  hasQuorumWithout,
  nameServers,
  participantsOf,
  sidsOf,
} from './targets.ts';

/** Multiples of a sync of 0.2 to 5 ms: from sluggish to slower than an election. */
const slownesses = [10, 50, 200] as const;
/** A server that reads its disk at the start and refuses has ended by then. */
const startTicks = 2;
/** How long an intact ensemble is waited for before a disk is harmed for good, and a new one is filled. */
const patienceTicks = 60;

const mended: DiskCondition = { slowness: 1, error: null };

export const slowDisk: Nemesis = {
  name: 'slow-disk',
  description: 'every fsync takes 10 to 200 times as long: the leader, a minority, all',
  needs: ['disk'],
  leastParticipants: 1,
  async plan(tools) {
    const { name, targets } = await drawVictims(tools, 'slow-disk', ['leader', 'minority', 'all']);
    const slowness = tools.deal('slowness', slownesses);
    return conditionFault(tools, {
      nemesis: 'slow-disk',
      shape: `${name}: fsync takes ${slowness} times as long`,
      targets,
      condition: { slowness },
    });
  },
};

export const diskError: Nemesis = {
  name: 'disk-error',
  description: 'EIO: no fsync succeeds, which ends a server: the leader, a minority',
  needs: ['disk', 'kill'],
  leastParticipants: 1,
  async plan(tools) {
    const { name, targets } = await drawVictims(tools, 'disk-error', ['leader', 'minority', 'one']);
    const condition = { error: 'EIO' } as const;
    return conditionFault(tools, { nemesis: 'disk-error', shape: `${name}: EIO`, targets, condition });
  },
};

export const fullDisk: Nemesis = {
  name: 'full-disk',
  description: 'ENOSPC until there is room again: the leader, a minority, all',
  needs: ['disk', 'kill'],
  leastParticipants: 1,
  async plan(tools) {
    const { name, targets } = await drawVictims(tools, 'full-disk', ['leader', 'minority', 'all']);
    const condition = { error: 'ENOSPC' } as const;
    return conditionFault(tools, { nemesis: 'full-disk', shape: `${name}: ENOSPC`, targets, condition });
  },
};

export const wipe: Nemesis = {
  name: 'wipe',
  description: 'one server loses its disk and comes back empty, while all others are intact',
  needs: ['kill', 'wipe'],
  leastParticipants: 3,
  async plan(tools) {
    const { name, targets } = await drawVictims(tools, 'wipe', ['leader', 'one']);
    return new LostDisk({ nemesis: 'wipe', shape: `${name} comes back with an empty disk`, targets });
  },
};

export const bitRot: Nemesis = {
  name: 'bit-rot',
  description:
    'one byte of a log or snapshot changes while its server is down; it must not serve what it then reads',
  needs: ['kill', 'wipe', 'bitRot'],
  leastParticipants: 3,
  async plan(tools) {
    const { name, targets } = await drawVictims(tools, 'bit-rot', ['leader', 'one']);
    const what = tools.deal('rot', ['log', 'snapshot'] as const);
    return new RottenDisk({ nemesis: 'bit-rot', shape: `${name} finds its ${what} damaged`, targets }, what);
  },
};

type Whom = 'leader' | 'one' | 'minority' | 'all';

interface Victims {
  readonly name: string;
  readonly targets: readonly number[];
}

async function drawVictims(tools: FaultTools, nemesis: string, choices: readonly Whom[]): Promise<Victims> {
  const { ensemble, random, deal } = tools;
  const whom = deal(nemesis, choices);
  const leader = whom === 'leader' ? await findLeader(ensemble, tools) : null;
  if (leader !== null) return { name: 'the leader', targets: [leader] };
  const minority = drawMinority(participantsOf(ensemble), random);
  if (whom === 'minority' && minority.length > 0) return { name: 'a minority', targets: minority };
  if (whom === 'all') return { name: 'all servers', targets: sidsOf(ensemble) };
  return { name: 'one server', targets: [random.pick(sidsOf(ensemble))] };
}

interface Plan extends Pick<Fault, 'nemesis' | 'shape' | 'targets'> {}

function conditionFault(
  { ensemble }: FaultTools,
  { nemesis, shape, targets, condition }: Plan & { readonly condition: DiskCondition },
): Fault {
  const isOnlySlow = condition.error === undefined;
  return {
    nemesis,
    shape,
    targets,
    // A slow majority acknowledges late, perhaps later than clients wait.
    keepsQuorum: hasQuorumWithout(participantsOf(ensemble), targets),
    duration: isOnlySlow ? 'long' : 'short',
    async inject({ ensemble }) {
      await Promise.all(targets.map((sid) => ensemble.setDisk(sid, condition)));
    },
    async prove({ ensemble }) {
      const seen = await Promise.all(targets.map((sid) => ensemble.diskOf(sid)));
      const isHit = seen.every(
        ({ slowness, error }) =>
          (condition.slowness ?? 1) === slowness && (condition.error ?? null) === error,
      );
      return isHit ? `the disk of ${nameServers(targets)} is in that condition` : null;
    },
    async heal({ ensemble }) {
      await Promise.all(targets.map((sid) => ensemble.setDisk(sid, mended)));
      await restartServers(ensemble, targets);
    },
  };
}

/** A server whose disk is harmed for good, one at a time and only while every other server serves. */
class LostDisk implements Fault {
  readonly nemesis: string;
  readonly shape: string;
  readonly targets: readonly number[];
  readonly keepsQuorum = false;
  readonly duration = 'short';
  protected wasHarmed = false;

  constructor({ nemesis, shape, targets }: Plan) {
    this.nemesis = nemesis;
    this.shape = shape;
    this.targets = targets;
  }

  get target(): number {
    return this.targets[0] as number;
  }

  async inject(tools: FaultTools): Promise<void> {
    const { ensemble } = tools;
    // A second disk lost before the first was filled again would be a quorum's loss, which no build survives.
    if (!(await everybodyServes(tools))) return;
    await ensemble.kill(this.target);
    await this.harm(tools);
    this.wasHarmed = true;
  }

  protected async harm({ ensemble }: FaultTools): Promise<void> {
    await ensemble.wipe(this.target);
  }

  async prove({ ensemble }: FaultTools): Promise<string | null> {
    if (!this.wasHarmed)
      return 'left alone: not every server served, and one more disk would have been one too many';
    return (await ensemble.isRunning(this.target))
      ? null
      : `server ${this.target} is down and its disk is harmed`;
  }

  async heal(tools: FaultTools): Promise<void> {
    await restartServers(tools.ensemble, this.targets);
    if (this.wasHarmed) await everybodyServes(tools);
  }
}

class RottenDisk extends LostDisk {
  readonly #what: 'log' | 'snapshot';
  #said: string | null = null;

  constructor(plan: Plan, what: 'log' | 'snapshot') {
    super(plan);
    this.#what = what;
  }

  protected override async harm({ ensemble, random }: FaultTools): Promise<void> {
    const other = this.#what === 'log' ? 'snapshot' : 'log';
    this.#said =
      (await ensemble.rot(this.target, this.#what, random)) ??
      (await ensemble.rot(this.target, other, random));
  }

  override async prove(tools: FaultTools): Promise<string | null> {
    const proof = await super.prove(tools);
    return this.wasHarmed && this.#said === null ? null : `${proof ?? 'it runs'}: ${this.#said ?? 'nothing'}`;
  }

  /** What a server does that refuses its own disk: its operator gives it an empty one. */
  override async heal(tools: FaultTools): Promise<void> {
    const { ensemble } = tools;
    await restartServers(ensemble, this.targets);
    if (!this.wasHarmed) return;
    await ensemble.clock.sleep(startTicks * ensemble.tickMs);
    if (!(await ensemble.isRunning(this.target))) {
      await ensemble.wipe(this.target);
      await restartServers(ensemble, this.targets);
    }
    await everybodyServes(tools);
  }
}

async function everybodyServes({ ensemble, isWanted }: FaultTools): Promise<boolean> {
  const deadlineNs = ensemble.clock.nowNs() + patienceTicks * ensemble.tickMs * 1e6;
  for (;;) {
    if (await servesWhole(ensemble)) return true;
    if (ensemble.clock.nowNs() >= deadlineNs || !isWanted()) return false;
    await ensemble.clock.sleep(ensemble.tickMs / 2);
  }
}

const servingModes: ReadonlySet<string> = new Set(['leader', 'follower', 'observer', 'standalone']);

async function servesWhole(ensemble: Ensemble): Promise<boolean> {
  const statuses = await Promise.all(sidsOf(ensemble).map((sid) => ensemble.status(sid)));
  return statuses.every(({ mode }) => servingModes.has(mode));
}
