import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { clientCuts, clientKill, clientSilence } from '../../../harness/nemesis/clients.ts';
import { createDealer } from '../../../harness/nemesis/dealer.ts';
import type { FaultTools, Nemesis } from '../../../harness/nemesis/fault.ts';
import { Random } from '../../../harness/random/random.ts';
import { FakeEnsemble } from '../fake-ensemble.ts';

interface Staged {
  readonly ensemble: FakeEnsemble;
  readonly tools: FaultTools;
  readonly deeds: string[];
}

/** Ten clients, of which the last has no connection. */
function stage(seed: number): Staged {
  const ensemble = new FakeEnsemble();
  const deeds: string[] = [];
  const clients: FaultTools['clients'] = {
    sessionTimeoutMs: 2000,
    connected: () =>
      Array.from({ length: 10 }, (_, place) => ({ place, server: place < 9 ? 1 : null, servers: [1] })),
    drop: (place) => void deeds.push(`drop ${place}`),
    kill: (place) => void deeds.push(`kill ${place}`),
    setSilent: (place, isSilent) => void deeds.push(`${isSilent ? 'silence' : 'wake'} ${place}`),
  };
  const random = new Random(seed);
  const deal = createDealer(random);
  const tools = { ensemble, random, deal, clients, setQuiet: () => {}, isWanted: () => true };
  return { ensemble, tools, deeds };
}

async function live(nemesis: Nemesis, { ensemble, tools }: Staged) {
  return ensemble.clock.drive(
    (async () => {
      const fault = await nemesis.plan(tools);
      const startNs = ensemble.clock.nowNs();
      await fault.inject(tools);
      const lastedMs = (ensemble.clock.nowNs() - startNs) / 1e6;
      const proof = await fault.prove(tools);
      await fault.heal(tools);
      return { fault, proof, lastedMs };
    })(),
  );
}

describe('faults of clients', () => {
  it('client-cuts: breaks connections, of those that have one', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const staged = stage(seed);

      const { fault, proof } = await live(clientCuts, staged);

      const [, times = ''] = /(\d) times$/.exec(fault.shape) ?? [];
      if (fault.shape.startsWith('all')) assert.equal(staged.deeds.length, 9 * Number(times));
      assert.ok(staged.deeds.every((deed) => /^drop [0-8]$/.test(deed)));
      assert.equal(proof, `${staged.deeds.length} connections were cut`);
    }
  });

  it('client-silence: wakes exactly those that it silenced, before or after their session is over', async () => {
    const durations = new Set<number>();
    for (let seed = 0; seed < 10; seed++) {
      const staged = stage(seed);

      const { lastedMs } = await live(clientSilence, staged);

      durations.add(Math.round(lastedMs));
      const silenced = staged.deeds.filter((deed) => deed.startsWith('silence'));
      const woken = staged.deeds.filter((deed) => deed.startsWith('wake'));
      assert.deepEqual(
        woken.map((deed) => deed.replace('wake', 'silence')),
        silenced,
      );
    }
    assert.deepEqual(
      [...durations].sort((a, b) => a - b),
      [1000, 3000],
    );
  });

  it('client-kill: takes the leader with it in half of the cases, and brings that back', async () => {
    const shapes = new Set<string>();
    for (let seed = 0; seed < 10; seed++) {
      const staged = stage(seed);

      const { fault, proof } = await live(clientKill, staged);

      shapes.add(fault.shape);
      assert.equal(proof, `${staged.deeds.length} clients died`);
      assert.deepEqual(fault.targets, fault.shape.endsWith('leader') ? [5] : []);
      assert.equal(staged.ensemble.dead.size, 0);
    }
    assert.deepEqual([...shapes].sort(), ['half of the clients', 'half of the clients and the leader']);
  });
});
