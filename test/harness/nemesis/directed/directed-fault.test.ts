// Schedules on a simulated ensemble: the blow falls at the moment that the step names, and all is put right.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { createSimEnsemble } from '../../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble } from '../../../../harness/ensemble/sim-ensemble.ts';
import { nemesisOf } from '../../../../harness/nemesis/directed/catalogue.ts';
import { parseSchedule } from '../../../../harness/nemesis/directed/schedule.ts';
import { createDealer } from '../../../../harness/nemesis/dealer.ts';
import type { Fault, FaultTools } from '../../../../harness/nemesis/fault.ts';
import { findNemesis } from '../../../../harness/nemesis/nemeses.ts';
import { findLeader } from '../../../../harness/nemesis/targets.ts';
import { noClients } from '../no-clients.ts';
import { Random } from '../../../../harness/random/random.ts';
import { keepTrace, keptTrace } from '../../ensemble/kept-trace.ts';

describe('directed fault', () => {
  it('strikes at the very report that its step waits for', async () => {
    await withServing(async ({ ensemble, tools, write }) => {
      const fault = await planned(tools, {
        servers: { L: 'leader' },
        steps: [
          { await: 'COMMIT_DECIDE', server: 'L' },
          { do: 'power-loss', servers: ['L'] },
        ],
      });
      const [leader = 0] = fault.targets;

      const writing = write();
      await fault.inject(tools);
      const reports = keptTrace(ensemble).filter(({ sid }) => sid === leader);
      const commit = reports.findLast(({ event }) => event === 'COMMIT_DECIDE');
      await fault.heal(tools);
      await writing;

      assert.equal(fault.shape, 'every step taken');
      const [strike] = fault.strikes ?? [];
      assert.deepEqual([strike?.kind, strike?.sid, strike?.timeNs], ['power-loss', leader, commit?.time]);
      // The server does what it was about to do in the same moment, and nothing after it.
      assert.equal(reports.at(-1)?.time, commit?.time);
    });
  });

  it('counts what an action brought about before the next step looks', async () => {
    await withServing(async ({ tools }) => {
      const fault = await planned(tools, {
        servers: { F: 'follower' },
        steps: [
          { do: 'kill', servers: ['F'] },
          { do: 'start', servers: ['F'] },
          { await: 'LOAD', server: 'F', withinTicks: 1 },
          { await: 'STATE', server: 'F', where: { state: 'following' } },
        ],
      });

      await fault.inject(tools);

      assert.equal(fault.shape, 'every step taken');
    });
  });

  it('names whoever reports, and takes a name in a condition for its server', async () => {
    await withServing(async ({ ensemble, tools }) => {
      const fault = await planned(tools, {
        servers: { L: 'leader' },
        steps: [
          { do: 'kill', servers: ['L'] },
          { await: 'ACTIVATE', as: 'N' },
          { do: 'start', servers: ['L'] },
          { await: 'SYNC_SEND', server: 'N', where: { to: 'L' } },
          { do: 'kill', servers: ['N'] },
        ],
      });
      const [old = 0] = fault.targets;

      await fault.inject(tools);
      const killed = (fault.strikes ?? []).map(({ sid }) => sid);

      assert.equal(fault.shape, 'every step taken');
      assert.equal(killed[0], old);
      assert.notEqual(killed[1], old);
      assert.equal(await ensemble.isRunning(killed[1] ?? 0), false);
    });
  });

  it('hits the clients of the servers that it names, and wakes those that it silenced', async () => {
    await withServing(async ({ tools }) => {
      const deeds: string[] = [];
      const clients: FaultTools['clients'] = {
        ...noClients,
        connected: () => [1, 2, 3, 1].map((server, place) => ({ place, server, servers: [server] })),
        drop: (place) => void deeds.push(`drop ${place}`),
        kill: (place) => void deeds.push(`kill ${place}`),
        setSilent: (place, isSilent) => void deeds.push(`${isSilent ? 'silence' : 'wake'} ${place}`),
      };
      const fault = await planned(
        { ...tools, clients },
        {
          servers: {},
          steps: [
            { do: 'silence-clients', servers: ['all'] },
            { do: 'wake-clients' },
            { do: 'drop-clients', servers: ['observers', 'all'] },
            { do: 'silence-clients', servers: ['others'] },
          ],
        },
      );

      await fault.inject(tools);
      await fault.heal(tools);

      const each = (deed: string): string[] => [0, 1, 2, 3].map((place) => `${deed} ${place}`);
      const silence = [...each('silence'), ...each('wake')];
      assert.deepEqual(deeds, [...silence, ...each('drop'), ...silence]);
    });
  });

  it('gives up where a report does not come, says where, and puts everything right', async () => {
    await withServing(async ({ ensemble, tools }) => {
      const fault = await planned(tools, {
        servers: { L: 'leader', F: 'follower' },
        steps: [
          { do: 'quiet' },
          { do: 'partition', groups: [['L'], ['F', 'others']] },
          { do: 'stall', from: ['F'], to: ['others'] },
          { do: 'disk', servers: ['F'], slowness: 10, error: 'EIO' },
          { do: 'pause', servers: ['L'] },
          { await: 'TRUNC', server: 'F', withinTicks: 2 },
          { do: 'kill', servers: ['F'] },
        ],
      });

      await fault.inject(tools);
      const proof = await fault.prove(tools);
      await fault.heal(tools);
      const leader = await findLeader(ensemble);

      assert.match(proof ?? '', /^given up after 5 steps: F \(\d\): no TRUNC within 2 ticks$/);
      assert.ok(leader !== null);
      for (const sid of [1, 2, 3]) {
        assert.equal((await ensemble.isRunning(sid)) && !(await ensemble.isPaused(sid)), true);
      }
      assert.equal(await ensemble.canReach(1, 2), true);
      assert.deepEqual(quiet, [true, false]);
    });
  });

  it('from a file goes by the name under which it was asked for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    try {
      const file = join(folder, 'own.json');
      writeFileSync(file, JSON.stringify({ description: 'my own', steps: [{ wait: 1 }] }));

      const nemesis = findNemesis(file);
      await withServing(async ({ tools }) => {
        const fault = await nemesis!.plan(tools);

        assert.equal(nemesis?.name, file);
        assert.equal(fault.nemesis, file);
      });
      assert.equal(findNemesis(join(folder, 'other.json')), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const quiet: boolean[] = [];

interface Scene {
  readonly ensemble: SimEnsemble;
  readonly tools: FaultTools;
  readonly write: () => Promise<unknown>;
}

async function planned(tools: FaultTools, fields: Readonly<Record<string, unknown>>): Promise<Fault> {
  const schedule = parseSchedule(JSON.stringify({ description: 'a test', ...fields }), 'test.json');
  return nemesisOf(schedule).plan(tools);
}

async function withServing(test: (scene: Scene) => Promise<void>): Promise<void> {
  quiet.length = 0;
  const random = new Random(1);
  await using ensemble = createSimEnsemble({ random, servers: 3, tickMs: 100 });
  const tools = {
    ensemble,
    random,
    clients: noClients,
    deal: createDealer(random),
    setQuiet: (isQuiet: boolean) => void quiet.push(isQuiet),
    isWanted: () => true,
  };
  const write = (): Promise<unknown> =>
    ensemble
      .client({ servers: [1, 2, 3], sessionTimeoutMs: 4000, requestTimeoutMs: 1000 })
      .create('/x', Buffer.alloc(0))
      .catch(() => null);
  await ensemble.drive(
    (async () => {
      keepTrace(ensemble);
      await ensemble.start();
      const deadlineNs = ensemble.clock.nowNs() + 30e9;
      while ((await findLeader(ensemble)) === null && ensemble.clock.nowNs() < deadlineNs);
      await ensemble.clock.sleep(1000);
      await test({ ensemble, tools, write });
    })(),
  );
}
