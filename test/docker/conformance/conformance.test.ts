// The bundled server answers a long script exactly as Apache ZooKeeper does.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { chapters } from './script.ts';
import { play } from './transcript.ts';

type DockerEnsemble = Awaited<ReturnType<typeof createDockerEnsemble>>;

const zooConfig = {
  extendedTypesEnabled: 'true',
  enforceQuota: 'true',
  'DigestAuthenticationProvider.superDigest': 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=',
  '4lw.commands.whitelist': '*',
  // No session expires while the scripts are played: that would take a zxid.
  minSessionTimeout: '120000',
  maxSessionTimeout: '120000',
};
const serving: readonly string[] = ['leader', 'follower', 'standalone'];

const worlds = [
  { name: 'on a server alone', servers: 1 },
  { name: 'on an ensemble, its leader and its followers', servers: 3 },
] as const;

describeDocker('a script that both systems play', function () {
  this.timeout(60_000);

  for (const { name, servers } of worlds) {
    describe(name, () => {
      let apache: DockerEnsemble;
      let bundled: DockerEnsemble;

      before(async () => {
        [apache, bundled] = await Promise.all([start('apache', servers), start('zab', servers)]);
      });

      after(async () => {
        await Promise.all([apache, bundled].map((ensemble) => ensemble[Symbol.asyncDispose]()));
      });

      for (const { title, steps } of chapters) {
        it(`${title}: ${steps.length} requests get the same answers`, async () => {
          const [expected, seen] = await Promise.all(
            [apache, bundled].map(async (one) => play(await portsOf(one), steps)),
          );
          assert.deepEqual(seen, expected);
        });
      }
    });
  }
});

async function start(system: string, servers: number): Promise<DockerEnsemble> {
  const ensemble = await createDockerEnsemble({
    runId: `test-script-${system}-${servers}-${process.pid}`,
    systems: [system],
    servers,
    zooConfig,
  });
  await ensemble.start();
  await until(`${system} serves`, async () => {
    const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
    return statuses.every(({ mode }) => serving.includes(mode));
  });
  return ensemble;
}

/** The leader comes first, so that each client of the script is at a server of the same role. */
async function portsOf(ensemble: DockerEnsemble): Promise<number[]> {
  const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
  statuses.sort((a, b) => Number(b.mode === 'leader') - Number(a.mode === 'leader') || a.sid - b.sid);
  return statuses.map(({ sid }) => ensemble.addressOf(sid).port);
}
