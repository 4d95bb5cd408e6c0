// Compressed snapshots of Apache ZooKeeper are read, and gzip ones of the bundled server are read by Apache.

import assert from 'node:assert/strict';
import { it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { RawSocket } from '../zab/io/raw-client.ts';
import { writeLoad } from './load.ts';
import { readTree } from './tree.ts';

type DockerEnsemble = Awaited<ReturnType<typeof createDockerEnsemble>>;

const rounds = 30;

describeDocker('compressed snapshots', function () {
  this.timeout(120_000);

  for (const method of ['gz', 'snappy']) {
    it(`of Apache ZooKeeper are read by the bundled server, and the other way round: ${method}`, async () => {
      await using ensemble = await createDockerEnsemble({
        runId: `test-${method}-${process.pid}`,
        systems: ['apache'],
        servers: 1,
        // Digests cover the bytes of paths in Java's default charset, which is ASCII where no locale is set.
        environments: { apache: { JVMFLAGS: '-Dfile.encoding=UTF-8' } },
        zooConfig: {
          snapCount: '40',
          extendedTypesEnabled: 'true',
          minSessionTimeout: '30000',
          maxSessionTimeout: '60000',
          'snapshot.compression.method': method,
        },
      });
      await ensemble.start();
      const tree = await loadAndRead(ensemble, 'apache');
      await keepOnlySnapshots(ensemble, method);
      await moveTo(ensemble, 'zab');
      assert.deepEqual(await read(ensemble), tree);

      // The bundled server writes gzip only: of the two it is the one that everybody has.
      const next = await loadAndRead(ensemble, 'bundled');
      await keepOnlySnapshots(ensemble, method === 'gz' ? 'gz' : '');
      await moveTo(ensemble, 'apache');
      assert.deepEqual(await read(ensemble), next);
      assert.match(await monitor(ensemble), /zk_digest_mismatches_count\t0\n/);
    });
  }
});

async function serves(ensemble: DockerEnsemble): Promise<void> {
  await until('the server serves', async () => (await ensemble.status(1)).mode === 'standalone');
}

async function read(ensemble: DockerEnsemble): Promise<ReadonlyMap<string, string>> {
  return readTree(ensemble.addressOf(1).port);
}

/** The server's `mntr`: Apache verifies the digest of a snapshot and counts what does not match. */
async function monitor(ensemble: DockerEnsemble): Promise<string> {
  const socket = await RawSocket.open(ensemble.addressOf(1).port, false);
  socket.write('mntr');
  return socket.closed();
}

async function loadAndRead(ensemble: DockerEnsemble, name: string): Promise<ReadonlyMap<string, string>> {
  await serves(ensemble);
  const client = await writeLoad(ensemble.addressOf(1).port, name, rounds);
  client.socket.destroy();
  return read(ensemble);
}

/** Snapshots in another form must not be what is loaded; there must be one in the expected form. */
async function keepOnlySnapshots(ensemble: DockerEnsemble, suffix: string): Promise<void> {
  const directory = '/data/version-2';
  const isExpected = (name: string): boolean =>
    suffix === '' ? /^snapshot\.[0-9a-f]+$/.test(name) : name.endsWith(`.${suffix}`);
  const list = async (): Promise<string[]> => {
    const { stdout } = await ensemble.pod(1).execute(['sh', '-c', `cd ${directory} && ls -t`]);
    return stdout.split('\n').filter((name) => name.startsWith('snapshot.') && !name.endsWith('.tmp'));
  };
  await until(`a snapshot ends in "${suffix}"`, async () => {
    const names = await list();
    return names.some((name) => isExpected(name) && !name.startsWith('snapshot.0'));
  });
  const others = (await list()).filter((name) => !isExpected(name));
  if (others.length > 0)
    await ensemble.pod(1).execute(['sh', '-c', `cd ${directory} && rm ${others.join(' ')}`]);
}

async function moveTo(ensemble: DockerEnsemble, system: string): Promise<void> {
  await ensemble.kill(1);
  await ensemble.replaceSystem(1, system);
  await serves(ensemble);
}
