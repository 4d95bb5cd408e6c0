// Membership changes on a simulated ensemble.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createSimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { createDealer } from '../../../harness/nemesis/dealer.ts';
import type { FaultTools } from '../../../harness/nemesis/fault.ts';
import { unavailableNemeses } from '../../../harness/nemesis/nemeses.ts';
import { reconfig } from '../../../harness/nemesis/reconfig.ts';
import { Random } from '../../../harness/random/random.ts';
import { noClients } from './no-clients.ts';
import { keepTrace, keptTrace } from '../ensemble/kept-trace.ts';

describe('reconfig', () => {
  it('takes a server’s seat or its vote, and gives it back', async () => {
    const shapes = new Set<string>();
    for (let seed = 1; seed <= 60 && shapes.size < 4; seed++) {
      await withServing(seed, async (ensemble, tools) => {
        const fault = await reconfig.plan(tools);
        shapes.add(fault.shape);
        await fault.inject(tools);
        const proof = await fault.prove(tools);
        const during = lastConfig(ensemble);
        await fault.heal(tools);
        const after = lastConfig(ensemble);

        assert.match(proof ?? '', /^the membership was changed through server \d$/);
        assert.deepEqual(
          during.voters,
          [1, 2, 3].filter((sid) => !fault.targets.includes(sid)),
        );
        assert.deepEqual(after.voters, [1, 2, 3]);
        await awaitServing(ensemble);
      });
    }
    assert.equal(shapes.size, 4, [...shapes].join());
  });

  it('that nobody carries out is not proven', async () => {
    await withServing(1, async (ensemble, tools) => {
      const fault = await reconfig.plan(tools);
      await ensemble.setCuts(
        [1, 2, 3].flatMap((from) => [1, 2, 3].filter((to) => to !== from).map((to) => ({ from, to }))),
      );
      await ensemble.clock.sleep(2000);

      await fault.inject(tools);
      const proof = await fault.prove(tools);
      await ensemble.setCuts([]);
      await fault.heal(tools);

      assert.equal(proof, null);
    });
  });

  it('needs an ensemble that was started for it', () => {
    const plain = createSimEnsemble({ random: new Random(1), servers: 3 });

    assert.deepEqual(unavailableNemeses([reconfig], plain), [
      'nemesis reconfig is not available in the sim world, which lacks reconfig',
    ]);
  });
});

function lastConfig(ensemble: SimEnsemble): { readonly voters: readonly number[] } {
  const last = keptTrace(ensemble).findLast(({ event }) => event === 'CONFIG');
  return { voters: [...(last?.voters ?? [])].sort((a, b) => a - b) };
}

async function withServing(
  seed: number,
  test: (ensemble: SimEnsemble, tools: FaultTools) => Promise<void>,
): Promise<void> {
  const random = new Random(seed);
  await using ensemble = createSimEnsemble({ random, servers: 3, tickMs: 100, reconfig: true });
  const deal = createDealer(random);
  const tools = { ensemble, random, clients: noClients, deal, setQuiet: () => {}, isWanted: () => true };
  await ensemble.drive(
    (async () => {
      keepTrace(ensemble);
      await ensemble.start();
      await awaitServing(ensemble);
      await test(ensemble, tools);
    })(),
  );
}

async function awaitServing(ensemble: SimEnsemble): Promise<void> {
  const deadlineNs = ensemble.clock.nowNs() + 60e9;
  for (;;) {
    const statuses = await Promise.all([1, 2, 3].map((sid) => ensemble.status(sid)));
    if (statuses.every(({ mode }) => mode === 'leader' || mode === 'follower')) return;
    assert.ok(ensemble.clock.nowNs() < deadlineNs, 'serves within 60 s');
    await ensemble.clock.sleep(50);
  }
}
