// Servers that stop: kill -9 (the page cache survives), power loss (what was not fsynced does not), and pause
// (the process is there and does nothing). All end with the servers running again.

import type { Ensemble } from '../ensemble/ensemble.ts';
import type { Random } from '../random/random.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import {
  drawMinority,
  findLeader,
  hasQuorumWithout,
  majorityOf,
  nameServers,
  participantsOf,
  sidsOf,
} from './targets.ts';

interface Victims {
  /** `the leader`, `a minority`. */
  readonly name: string;
  readonly targets: readonly number[];
  readonly keepsQuorum: boolean;
}

type Choice = (ensemble: Ensemble, random: Random, leader: number | null) => Victims;

export const kill: Nemesis = {
  name: 'kill',
  description: 'kill -9 and restart: one server, the leader, a minority, all',
  needs: ['kill'],
  leastParticipants: 1,
  plan: (tools) =>
    planCrash(tools, {
      name: 'kill',
      choices: [one, theLeader, theLeader, aMinority, all],
      fault: (victims) => crashFault('kill', `kill -9 of ${victims.name}`, victims, killServer),
    }),
};

export const powerLoss: Nemesis = {
  name: 'power-loss',
  description: 'power failure and restart, unsynced writes are lost: the leader, a majority, all at once',
  needs: ['powerLoss'],
  leastParticipants: 1,
  plan: (tools) =>
    planCrash(tools, {
      name: 'power-loss',
      choices: [theLeader, aMajority, all, all],
      fault: (victims) => crashFault('power-loss', `power loss of ${victims.name}`, victims, losePower),
    }),
};

export const pause: Nemesis = {
  name: 'pause',
  description: 'SIGSTOP and SIGCONT: one server, the leader, a minority',
  needs: ['pause'],
  leastParticipants: 1,
  plan: (tools) =>
    planCrash(tools, {
      name: 'pause',
      choices: [one, theLeader, theLeader, aMinority],
      fault: pauseFault,
    }),
};

interface Plan {
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly fault: (victims: Victims) => Fault;
}

async function planCrash(tools: FaultTools, { name, choices, fault }: Plan): Promise<Fault> {
  const leader = await findLeader(tools.ensemble, tools);
  const choose = tools.deal(name, choices);
  return fault(choose(tools.ensemble, tools.random, leader));
}

function one(ensemble: Ensemble, random: Random): Victims {
  const target = random.pick(sidsOf(ensemble));
  return {
    name: 'one server',
    targets: [target],
    keepsQuorum: hasQuorumWithout(participantsOf(ensemble), [target]),
  };
}

function theLeader(ensemble: Ensemble, random: Random, leader: number | null): Victims {
  if (leader === null) return { ...one(ensemble, random), name: 'one server, no leader was found' };
  return {
    name: 'the leader',
    targets: [leader],
    keepsQuorum: hasQuorumWithout(participantsOf(ensemble), [leader]),
  };
}

function aMinority(ensemble: Ensemble, random: Random): Victims {
  const targets = drawMinority(participantsOf(ensemble), random);
  if (targets.length === 0) return one(ensemble, random);
  return { name: 'a minority', targets, keepsQuorum: true };
}

function aMajority(ensemble: Ensemble, random: Random): Victims {
  const participants = random.shuffle(participantsOf(ensemble));
  const targets = participants.slice(0, majorityOf(participants.length));
  return { name: 'a majority', targets, keepsQuorum: false };
}

function all(ensemble: Ensemble): Victims {
  return { name: 'all servers', targets: sidsOf(ensemble), keepsQuorum: false };
}

type Strike = (ensemble: Ensemble, sid: number) => Promise<void>;
const killServer: Strike = (ensemble, sid) => ensemble.kill(sid);
const losePower: Strike = (ensemble, sid) => ensemble.powerLoss(sid);

function crashFault(nemesis: string, shape: string, victims: Victims, strike: Strike): Fault {
  const { targets, keepsQuorum } = victims;
  return {
    nemesis,
    shape,
    targets,
    keepsQuorum,
    // Without a quorum nothing happens but waiting.
    duration: keepsQuorum ? 'long' : 'short',
    async inject({ ensemble }) {
      await Promise.all(targets.map((sid) => strike(ensemble, sid)));
    },
    async prove({ ensemble }) {
      const running = await Promise.all(targets.map((sid) => ensemble.isRunning(sid)));
      return running.includes(true) ? null : `no process runs on ${nameServers(targets)}`;
    },
    heal: ({ ensemble }) => restartServers(ensemble, targets),
  };
}

function pauseFault({ name, targets, keepsQuorum }: Victims): Fault {
  return {
    nemesis: 'pause',
    shape: `pause of ${name}`,
    targets,
    keepsQuorum,
    duration: 'long',
    async inject({ ensemble }) {
      await Promise.all(targets.map((sid) => ensemble.pause(sid)));
    },
    async prove({ ensemble }) {
      const paused = await Promise.all(targets.map((sid) => ensemble.isPaused(sid)));
      const statuses = await Promise.all(targets.map((sid) => ensemble.status(sid)));
      const hasAnswered = statuses.some(({ mode }) => answering.has(mode));
      if (paused.includes(false) || hasAnswered) return null;
      return `the process of ${nameServers(targets)} is stopped and does not answer`;
    },
    async heal({ ensemble }) {
      await Promise.all(
        targets.map(async (sid) => {
          if (await ensemble.isPaused(sid)) await ensemble.resume(sid);
        }),
      );
    },
  };
}

const answering: ReadonlySet<string> = new Set(['leader', 'follower', 'observer', 'standalone']);

/** Starts those that do not run; the others are left alone. */
export async function restartServers(ensemble: Ensemble, sids: readonly number[]): Promise<void> {
  await Promise.all(
    sids.map(async (sid) => {
      if (!(await ensemble.isRunning(sid))) await ensemble.startServer(sid);
    }),
  );
}
