// The faults that only the simulated world has, on it: each bites, says how that shows, and leaves nothing behind.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createSimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { createDealer } from '../../../harness/nemesis/dealer.ts';
import type { Fault, FaultTools } from '../../../harness/nemesis/fault.ts';
import { findNemesis } from '../../../harness/nemesis/nemeses.ts';
import { noClients } from './no-clients.ts';
import { Random } from '../../../harness/random/random.ts';

const serving: ReadonlySet<string> = new Set(['leader', 'follower']);

const catalogue: readonly (readonly [nemesis: string, proof: RegExp])[] = [
  ['slow-disk', /^the disk of servers? .* is in that condition$/],
  ['disk-error', /is in that condition$/],
  ['full-disk', /is in that condition$/],
  ['wipe', /^server \d is down and its disk is harmed$/],
  ['bit-rot', /^server \d is down and its disk is harmed: byte \d+ of \/data\//],
  ['slow-links', /^a probe from \d to \d took \d+\.\d ms$/],
  ['stalled-links', /^nothing passes from \d to \d$/],
  ['reset-links', /^\d+ connections of server \d were torn down$/],
  ['clock-jump', /^the wall clock of servers? .* is off by -?\d+ s$/],
  ['clock-drift', /^the clock of server \d moved -?\d+ ms against true time within a second$/],
  ['restart-storm', /died \d times$/],
  ['kill-then-power-loss', /^no process runs on servers? /],
  ['torn-write', /^no process runs on servers? /],
];

describe('faults of the simulated world', () => {
  for (const [name, proof] of catalogue) {
    it(`${name} bites, shows it, and is healed, whatever it draws`, async () => {
      for (let seed = 1; seed <= 6; seed++) {
        await withServing(seed, async ({ ensemble, tools, write }) => {
          await write();
          const fault = await planned(name, tools);
          await fault.inject(tools);
          const shown = await fault.prove(tools);
          await fault.heal(tools);
          await awaitServing(ensemble);
          await write();

          assert.match(shown ?? 'nothing', proof);
          assert.ok(fault.targets.length > 0 && fault.shape.length > 0);
          for (const sid of [1, 2, 3]) {
            assert.deepEqual(await ensemble.diskOf(sid), { slowness: 1, error: null });
            assert.ok(Math.abs(await ensemble.clockOffsetMs(sid)) < 60_000);
          }
        });
      }
    });
  }

  it('leaves a second disk alone while a server is missing', async () => {
    await withServing(1, async ({ ensemble, tools }) => {
      await ensemble.kill(1);
      const fault = await planned('wipe', tools);

      await fault.inject(tools);

      assert.match((await fault.prove(tools)) ?? '', /^left alone: not every server served/);
      assert.equal(await ensemble.isRunning(2), true);
      assert.equal(await ensemble.isRunning(3), true);
    });
  });

  it('that did not happen is not proven', async () => {
    await withServing(1, async ({ tools }) => {
      for (const name of ['slow-disk', 'stalled-links', 'clock-jump', 'clock-drift', 'reset-links']) {
        const fault = await planned(name, tools);

        assert.equal(await fault.prove(tools), null, name);
      }
    });
  });
});

interface Scene {
  readonly ensemble: SimEnsemble;
  readonly tools: FaultTools;
  readonly write: () => Promise<unknown>;
}

function planned(name: string, tools: FaultTools): Promise<Fault> {
  const nemesis = findNemesis(name);
  assert.ok(nemesis !== undefined, name);
  for (const capability of nemesis.needs) assert.ok(tools.ensemble.capabilities.has(capability), capability);
  return nemesis.plan(tools);
}

async function withServing(seed: number, test: (scene: Scene) => Promise<void>): Promise<void> {
  const random = new Random(seed);
  await using ensemble = createSimEnsemble({ random, servers: 3, tickMs: 100, snapCount: 10 });
  const tools = {
    ensemble,
    random,
    clients: noClients,
    deal: createDealer(random),
    setQuiet: () => {},
    isWanted: () => true,
  };
  let count = 0;
  const write = async (): Promise<void> => {
    const client = ensemble.client({ servers: [1, 2, 3], sessionTimeoutMs: 4000, requestTimeoutMs: 2000 });
    await client.create(`/x${count++}`, Buffer.from('some data'));
  };
  await ensemble.drive(
    (async () => {
      await ensemble.start();
      await awaitServing(ensemble);
      await test({ ensemble, tools, write });
    })(),
  );
}

async function awaitServing(ensemble: SimEnsemble): Promise<void> {
  const deadlineNs = ensemble.clock.nowNs() + 60e9;
  for (;;) {
    const statuses = await Promise.all([1, 2, 3].map((sid) => ensemble.status(sid)));
    if (statuses.every(({ mode }) => serving.has(mode))) return;
    assert.ok(
      ensemble.clock.nowNs() < deadlineNs,
      `serves within 60 s: ${statuses.map(({ mode }) => mode).join()}`,
    );
    await ensemble.clock.sleep(50);
  }
}
