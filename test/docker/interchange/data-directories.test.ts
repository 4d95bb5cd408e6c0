// A data directory moves either way: what Apache ZooKeeper wrote under load is opened by the bundled server,
// which goes on, and what that wrote is opened by Apache ZooKeeper again. The tree is the same, Stat for Stat.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { writeLoad } from './load.ts';
import { readTree } from './tree.ts';

type DockerEnsemble = Awaited<ReturnType<typeof createDockerEnsemble>>;

/** Snapshots every few dozen transactions, and sessions that outlive the move. */
const zooConfig = {
  snapCount: '40',
  extendedTypesEnabled: 'true',
  minSessionTimeout: '30000',
  maxSessionTimeout: '60000',
};
const rounds = 30;
const serving: readonly string[] = ['leader', 'follower', 'standalone'];

describeDocker('a data directory', function () {
  this.timeout(120_000);

  for (const servers of [1, 3]) {
    describe(servers === 1 ? 'of a server alone' : `of an ensemble of ${servers}`, () => {
      it('moves from Apache ZooKeeper to the bundled server and back', async () => {
        await using ensemble = await createDockerEnsemble({
          runId: `test-move-${servers}-${process.pid}`,
          systems: ['apache'],
          servers,
          zooConfig,
        });
        await ensemble.start();
        await serves(ensemble);

        const first = await writeLoad(portOf(ensemble, servers), 'apache', rounds);
        const written = await readTree(portOf(ensemble, 1));
        first.socket.destroy();
        await moveTo(ensemble, 'zab');
        const moved = await readTree(portOf(ensemble, 1));
        assertSameTree(moved, written);
        assert.ok(moved.has('/apache/ttl') && moved.has('/apache/container/child'));

        const second = await writeLoad(portOf(ensemble, servers), 'bundled', rounds);
        const writtenThere = await readTree(portOf(ensemble, 1));
        second.socket.destroy();
        await moveTo(ensemble, 'apache');
        assertSameTree(await readTree(portOf(ensemble, 1)), writtenThere);
        for (const { sid } of ensemble.servers) {
          assertSameTree(await readTree(portOf(ensemble, sid)), writtenThere);
        }
      });
    });
  }
});

function portOf(ensemble: DockerEnsemble, sid: number): number {
  return ensemble.addressOf(sid).port;
}

async function serves(ensemble: DockerEnsemble): Promise<void> {
  await until('every server serves', async () => {
    const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
    return statuses.every(({ mode }) => serving.includes(mode));
  });
}

/** All at once, as after a power failure with the page cache kept: kill -9, and another system starts. */
async function moveTo(ensemble: DockerEnsemble, system: string): Promise<void> {
  await Promise.all(ensemble.servers.map(({ sid }) => ensemble.kill(sid)));
  await Promise.all(ensemble.servers.map(({ sid }) => ensemble.replaceSystem(sid, system)));
  await serves(ensemble);
}

/** Ephemerals may go with their session while servers change places; everything else stays as it was. */
function assertSameTree(seen: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): void {
  assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(expected));
}
