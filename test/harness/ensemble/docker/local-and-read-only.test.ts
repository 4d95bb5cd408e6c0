// Local sessions and read-only mode of a bundled server that is one of Apache ZooKeeper's ensemble: who leads
// must take its word for sessions that only it knows.

import assert from 'node:assert/strict';
import type { Client } from '../../../../harness/client/client.ts';
import { createDockerEnsemble } from '../../../../harness/ensemble/docker/docker-ensemble.ts';
import type { Ensemble } from '../../../../harness/ensemble/ensemble.ts';
import { describeDocker } from '../../../docker-required.ts';
import { until } from './until.ts';

const bundled = 1;
const zooConfig = {
  localSessionsEnabled: 'true',
  localSessionsUpgradingEnabled: 'true',
  'readonlymode.enabled': 'true',
};

describeDocker('a bundled server under a leader of Apache ZooKeeper', function () {
  this.timeout(120_000);

  it('has local sessions that become global, and serves reads when it is left alone', async () => {
    const options = {
      runId: `test-local-${process.pid}`,
      systems: ['zab', 'apache', 'apache'],
      servers: 3,
      zooConfig,
    };
    await using ensemble = await createDockerEnsemble(options);
    await ensemble.start();
    await until('all three serve', async () => (await servingSids(ensemble)).length === 3);
    assert.equal((await ensemble.status(bundled)).mode, 'follower');

    const client = clientOf(ensemble, bundled);
    await client.create('/kept', Buffer.from('here'));
    await client.create('/owned', Buffer.alloc(0), { ephemeral: true });
    const elsewhere = clientOf(ensemble, 2);
    assert.deepEqual((await elsewhere.syncAndGetData('/owned')).data, Buffer.alloc(0));
    await client.close();
    await until('the upgraded session has ended', async () => isGone(elsewhere, '/owned'));

    await ensemble.kill(2);
    await ensemble.kill(3);
    const readOnly = clientOf(ensemble, bundled, true);
    await until('the server alone shows what it has', async () => {
      const read = await readOnly.getData('/kept').catch(() => null);
      return read?.data.toString() === 'here';
    });
    await assert.rejects(readOnly.setData('/kept', Buffer.from('not now'), -1), /NOT_READ_ONLY|-119/);

    await ensemble.startServer(2);
    await until('two serve', async () => (await servingSids(ensemble)).length === 2);
    const again = clientOf(ensemble, bundled);
    await again.setData('/kept', Buffer.from('again'), -1);
  });
});

function clientOf(ensemble: Ensemble, sid: number, readOnly = false): Client {
  return ensemble.client({ sessionTimeoutMs: 4000, requestTimeoutMs: 8000, servers: [sid], readOnly });
}

async function servingSids(ensemble: Ensemble): Promise<number[]> {
  const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
  return statuses.filter(({ mode }) => ['leader', 'follower'].includes(mode)).map(({ sid }) => sid);
}

async function isGone(client: Client, path: string): Promise<boolean> {
  return client.getData(path).then(
    () => false,
    (error: unknown) => /NO_NODE|-101/.test(String(error)),
  );
}
