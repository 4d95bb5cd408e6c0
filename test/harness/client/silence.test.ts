// A client that stops like a process under SIGSTOP, on a simulated ensemble.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Client } from '../../../harness/client/client.ts';
import { createSimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { Random } from '../../../harness/random/random.ts';

const sessionTimeoutMs = 2000;

describe('a silent client', () => {
  it('reads what came meanwhile when it wakes up, and was alive all the time', async () => {
    await withClient(async (client, ensemble) => {
      const session = client.sessionId;
      const created = client.create('/x', Buffer.alloc(0));
      client.setSilent(true);
      let isSettled = false;
      void created.then(() => (isSettled = true));
      await ensemble.clock.sleep(sessionTimeoutMs / 2);

      assert.equal(isSettled, false);
      client.setSilent(false);
      assert.equal((await created).path, '/x');
      await client.setData('/x', Buffer.from('y'), -1);
      assert.equal(client.sessionId, session);
    });
  });

  it('finds its session expired when it slept too long', async () => {
    await withClient(async (client, ensemble) => {
      await client.create('/x', Buffer.alloc(0), { ephemeral: true });
      client.setSilent(true);
      await ensemble.clock.sleep(3 * sessionTimeoutMs);
      const other = ensemble.client({ servers: [1], sessionTimeoutMs, requestTimeoutMs: 1000 });

      assert.equal((await other.exists('/x')).stat, null);
      client.setSilent(false);
      await assert.rejects(client.getData('/x'));
      await ensemble.clock.sleep(sessionTimeoutMs);
      assert.equal(client.state, 'expired');
    });
  });

  it('wakes up to be closed', async () => {
    await withClient(async (client) => {
      client.setSilent(true);
      await client.close();

      assert.equal(client.state, 'closed');
    });
  });
});

async function withClient(test: (client: Client, ensemble: SimEnsemble) => Promise<void>): Promise<void> {
  await using ensemble = createSimEnsemble({ random: new Random(1), servers: 1, tickMs: 100 });
  await ensemble.drive(
    (async () => {
      await ensemble.start();
      const client = ensemble.client({ servers: [1], sessionTimeoutMs, requestTimeoutMs: 1000 });
      const deadlineNs = ensemble.clock.nowNs() + 30e9;
      while (client.state !== 'connected' && ensemble.clock.nowNs() < deadlineNs) {
        await ensemble.clock.sleep(20);
      }
      await test(client, ensemble);
    })(),
  );
}
