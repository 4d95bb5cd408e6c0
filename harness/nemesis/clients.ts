// Clients that lose their connection, stop like a process under SIGSTOP, or die. The servers see sessions that
// move, fall silent until they expire, and never come back.

import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { findLeader } from './targets.ts';

/** Rounds of cuts, so that clients that have just moved are cut again. */
const cutRounds = [1, 4] as const;
/** Of the session's timeout: most wake up in time, or their session has expired. */
const silences = [0.5, 1.5] as const;

export const clientCuts: Nemesis = {
  name: 'client-cuts',
  description: 'connections of clients break, and sessions go to other servers: some, all, again and again',
  needs: [],
  leastParticipants: 1,
  async plan({ random, deal }) {
    const rounds = random.between(...cutRounds);
    const share = deal('client-cuts', [0.5, 1]);
    return clientFault({
      nemesis: 'client-cuts',
      shape: `${share === 1 ? 'all' : 'half'} of the clients, ${rounds} times`,
      async strike({ ensemble, random: draw, clients }) {
        let count = 0;
        for (let round = 0; round < rounds; round++) {
          for (const { place, server } of clients.connected()) {
            if (server === null || !draw.chance(share)) continue;
            clients.drop(place);
            count++;
          }
          await ensemble.clock.sleep(draw.between(1, ensemble.tickMs));
        }
        return `${count} connections were cut`;
      },
    });
  },
};

export const clientSilence: Nemesis = {
  name: 'client-silence',
  description: 'half of the clients stop for less, or for more, than their session lives, and go on',
  needs: [],
  leastParticipants: 1,
  async plan({ deal }) {
    const factor = deal('client-silence', silences);
    const silent: number[] = [];
    return clientFault({
      nemesis: 'client-silence',
      shape: `for ${factor} times their session's timeout`,
      async strike({ ensemble, random, clients }) {
        for (const { place } of clients.connected()) if (random.chance(0.5)) silent.push(place);
        for (const place of silent) clients.setSilent(place, true);
        await ensemble.clock.sleep(factor * clients.sessionTimeoutMs);
        return `${silent.length} clients neither sent nor read`;
      },
      async heal({ clients }) {
        for (const place of silent) clients.setSilent(place, false);
      },
    });
  },
};

export const clientKill: Nemesis = {
  name: 'client-kill',
  description:
    'half of the clients die and leave their sessions to expire, alone or together with the leader',
  needs: ['kill'],
  leastParticipants: 1,
  async plan(tools) {
    const { ensemble, deal } = tools;
    const leader = deal('client-kill', [true, false]) ? await findLeader(ensemble, tools) : null;
    return clientFault({
      nemesis: 'client-kill',
      shape: leader === null ? 'half of the clients' : 'half of the clients and the leader',
      targets: leader === null ? [] : [leader],
      async strike({ random, clients }) {
        const dying = clients.connected().filter(() => random.chance(0.5));
        for (const { place } of dying) clients.kill(place);
        if (leader !== null) await ensemble.kill(leader);
        return `${dying.length} clients died`;
      },
      async heal() {
        if (leader !== null && !(await ensemble.isRunning(leader))) await ensemble.startServer(leader);
      },
    });
  },
};

function clientFault(plan: {
  readonly nemesis: string;
  readonly shape: string;
  readonly targets?: readonly number[];
  readonly strike: (tools: FaultTools) => Promise<string>;
  readonly heal?: (tools: FaultTools) => Promise<void>;
}): Fault {
  let seen: string | null = null;
  return {
    nemesis: plan.nemesis,
    shape: plan.shape,
    targets: plan.targets ?? [],
    // The servers are whole, but who is to ask them?
    keepsQuorum: false,
    duration: 'short',
    async inject(tools) {
      seen = await plan.strike(tools);
    },
    prove: () => Promise.resolve(seen),
    heal: (tools) => plan.heal?.(tools) ?? Promise.resolve(),
  };
}
