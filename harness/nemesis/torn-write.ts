// Power that goes while writes are on their way to the disk: nothing, a part or all of each log's last write is
// found at the next start. An ordinary power loss meets such a moment rarely, because a sync takes a millisecond;
// here the disks are slow before, so that there is always something to tear.

import { restartServers } from './crash.ts';
import type { Nemesis } from './fault.ts';
import { majorityOf, nameServers, participantsOf, sidsOf } from './targets.ts';

/** A sync of 0.2 to 5 ms takes 20 to 500 then. */
const slowness = 100;
/** Long enough for a batch of writes to gather behind the one before. */
const gatherTicks = [0.2, 1, 3] as const;

type Whom = 'one' | 'a majority' | 'all';

export const tornWrite: Nemesis = {
  name: 'torn-write',
  description: 'power loss of one server, a majority or all, while slow disks have writes on their way',
  needs: ['disk', 'powerLoss'],
  leastParticipants: 1,
  async plan({ ensemble, random, deal }) {
    const whom = deal<Whom>('torn-write', ['one', 'a majority', 'all']);
    const participants = random.shuffle(participantsOf(ensemble));
    const counts = { one: 1, 'a majority': majorityOf(participants.length), all: Infinity };
    const targets = whom === 'all' ? sidsOf(ensemble) : participants.slice(0, counts[whom]);
    const waitMs = random.pick(gatherTicks) * ensemble.tickMs;
    return {
      nemesis: 'torn-write',
      shape: `power loss of ${whom} in the middle of writes`,
      targets,
      keepsQuorum: false,
      duration: 'short',
      async inject({ ensemble }) {
        await Promise.all(targets.map((sid) => ensemble.setDisk(sid, { slowness })));
        await ensemble.clock.sleep(waitMs);
        await Promise.all(targets.map((sid) => ensemble.powerLoss(sid)));
      },
      async prove({ ensemble }) {
        const running = await Promise.all(targets.map((sid) => ensemble.isRunning(sid)));
        return running.includes(true) ? null : `no process runs on ${nameServers(targets)}`;
      },
      async heal({ ensemble }) {
        await Promise.all(targets.map((sid) => ensemble.setDisk(sid, { slowness: 1 })));
        await restartServers(ensemble, targets);
      },
    };
  },
};
