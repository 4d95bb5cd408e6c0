// Clients that others wrote see no difference: the same script gives the same output on a bundled ensemble and on
// Apache ZooKeeper, with times, ids and zxids masked.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { runClient } from './client-container.ts';
import { playNodeClient } from './node-client.ts';

type DockerEnsemble = Awaited<ReturnType<typeof createDockerEnsemble>>;

const zooConfig = { extendedTypesEnabled: 'true', '4lw.commands.whitelist': '*' };
const systems = ['apache', 'zab'] as const;
const serving: readonly string[] = ['leader', 'follower'];
const zkCliScript = readFileSync(new URL('./zkcli.txt', import.meta.url), 'utf8');

describeDocker(
  'clients that others wrote',
  function () {
    this.timeout(120_000);
    let ensembles: readonly DockerEnsemble[];

    before(async () => {
      ensembles = await Promise.all(systems.map((system) => start(system)));
    });

    after(async () => {
      await Promise.all(ensembles.map((ensemble) => ensemble[Symbol.asyncDispose]()));
    });

    it('zkCli.sh prints the same', async () => {
      const [apache = [], bundled = []] = await each(async (ensemble, system) => {
        // Apache's leader checks a write against the ACL that it has applied, so a write right behind a setAcl may
        // pass when both come through a follower, which can be ahead. The leader itself answers after applying.
        const leader = hostsInside(ensemble, [await leaderOf(ensemble)]);
        const command = ['/usr/share/zookeeper/bin/zkCli.sh', '-server', leader];
        const { stdout, stderr } = await runClient({ runId: runIdOf(system), command, input: zkCliScript });
        return [...inParts(stdout), '--- errors', ...masked(stderr)];
      });

      assert.ok(apache.length > 150, `${apache.length} lines`);
      assert.deepEqual(bundled, apache);
    });

    it('the C client prints the same', async () => {
      const [apache, bundled] = await each(async (ensemble, system) => {
        const command = ['zk-c-client', hostsInside(ensemble)];
        const { exitCode, stdout } = await runClient({ runId: runIdOf(system), command });
        return [`exit code ${exitCode}`, ...masked(stdout)];
      });

      assert.equal(apache?.[0], 'exit code 0');
      assert.deepEqual(bundled, apache);
    });

    it('kazoo and its recipes print the same', async () => {
      const [apache, bundled] = await each(async (ensemble, system) => {
        const command = ['python3', '/opt/clients/kazoo-client.py', hostsInside(ensemble)];
        const { exitCode, stdout, stderr } = await runClient({ runId: runIdOf(system), command });
        return [`exit code ${exitCode}`, ...masked(stdout), ...masked(stderr)];
      });

      assert.equal(apache?.[0], 'exit code 0');
      assert.deepEqual(bundled, apache);
    });

    it('node-zookeeper-client gets the same', async () => {
      const [apache = [], bundled = []] = await each((ensemble) =>
        playNodeClient(
          ensemble.servers.map(({ sid }) => `127.0.0.1:${ensemble.addressOf(sid).port}`).join(','),
        ),
      );

      assert.ok(apache.length > 30, apache.join('\n'));
      assert.deepEqual(bundled, apache);
    });

    function each<T>(play: (ensemble: DockerEnsemble, system: string) => Promise<T>): Promise<T[]> {
      return Promise.all(ensembles.map((ensemble, index) => play(ensemble, systems[index] ?? '')));
    }
  },
  ['clients'],
);

function runIdOf(system: string): string {
  return `test-clients-${system}-${process.pid}`;
}

async function start(system: string): Promise<DockerEnsemble> {
  const options = { runId: runIdOf(system), systems: [system], servers: 3, zooConfig };
  const ensemble = await createDockerEnsemble(options);
  await ensemble.start();
  await until(`${system} serves`, async () => {
    const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
    return statuses.every(({ mode }) => serving.includes(mode));
  });
  return ensemble;
}

async function leaderOf(ensemble: DockerEnsemble): Promise<number> {
  const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
  const leader = statuses.find(({ mode }) => mode === 'leader');
  assert.ok(leader !== undefined, 'a leader was there when every server served');
  return leader.sid;
}

function hostsInside(ensemble: DockerEnsemble, sids = ensemble.servers.map(({ sid }) => sid)): string {
  return sids
    .map((sid) => ensemble.addressInside(sid))
    .map(({ host, port }) => `${host}:${port}`)
    .join(',');
}

/** Lines without what differs between any two ensembles. */
function masked(output: string): string[] {
  return output
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
        .replaceAll(/\b0x[0-9a-f]+\b/g, 'ID')
        .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:]{8} UTC \d{4}/g, 'TIME')
        .replace(/^\[(.*)\]$/, (_, list: string) => `[${list.split(', ').sort().join(', ')}]`),
    )
    .filter((line) => line !== '');
}

/** The shell prints events from a thread of its own: in order among themselves, anywhere among the answers. */
function inParts(output: string): string[] {
  const lines = masked(output).filter((line) => line !== 'WATCHER::');
  const isEvent = (line: string): boolean => line.startsWith('WatchedEvent');
  return [...lines.filter((line) => !isEvent(line)), '--- events', ...lines.filter(isEvent)];
}
