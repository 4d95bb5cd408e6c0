// The bundled server in containers: alone among its kind with its traces, and in one ensemble with Apache
// ZooKeeper, which only works while both speak the same protocols.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Client } from '../../../../harness/client/client.ts';
import { createDockerEnsemble } from '../../../../harness/ensemble/docker/docker-ensemble.ts';
import { connectEngine, execute } from '../../../../harness/ensemble/docker/engine.ts';
import type { Ensemble } from '../../../../harness/ensemble/ensemble.ts';
import { describeDocker } from '../../../docker-required.ts';
import { until } from './until.ts';

const clientOptions = { sessionTimeoutMs: 6000, requestTimeoutMs: 5000 };

describeDocker('bundled servers in Docker', function () {
  this.timeout(60_000);

  it('serve, say what they did, and print their mode', async () => {
    const runId = `test-bundled-${process.pid}`;
    await using ensemble = await createDockerEnsemble({ runId, systems: ['zab'], servers: 3 });
    await ensemble.start();
    await until('all three serve', async () => (await servingSids(ensemble)).length === 3);
    await createThrough(ensemble, 1, '/written');

    const { files, trace } = await ensemble.collect();

    assert.ok(ensemble.capabilities.has('traces'));
    const events = trace.map((line) => JSON.parse(line) as { event: string; sid: number; time: number });
    const appliers = new Set(events.filter(({ event }) => event === 'APPLY').map(({ sid }) => sid));
    assert.deepEqual(
      [...appliers].sort((a, b) => a - b),
      [1, 2, 3],
    );
    assert.ok(events.every(({ time }) => time > 0 && time <= ensemble.clock.nowNs()));
    assert.match(String(files.get('logs/server-2.log')), /"message":"starting"/);
    assert.match(await askModeInside(runId), /^Mode: (leader|follower)$/m);
  });

  it('keep serving with Apache ZooKeeper in one ensemble when the leader is killed', async () => {
    const options = { runId: `test-mixed-${process.pid}`, systems: ['apache', 'zab', 'zab'], servers: 3 };
    await using ensemble = await createDockerEnsemble(options);
    await ensemble.start();
    await until('all three serve', async () => (await servingSids(ensemble)).length === 3);
    await createThrough(ensemble, 1, '/before');
    const [leader = 0] = await servingSids(ensemble, 'leader');

    await ensemble.kill(leader);

    await until('the other two serve', async () => (await servingSids(ensemble)).length === 2);
    const [survivor = 0] = await servingSids(ensemble);
    await createThrough(ensemble, survivor, '/after');
    await ensemble.startServer(leader);
    await until('the old leader is back', async () => (await servingSids(ensemble)).length === 3);
    assert.deepEqual(await childrenAt(ensemble, leader), ['after', 'before', 'zookeeper']);
  });
});

describe('a system in an ensemble in Docker', () => {
  it('is counted against the servers, observers included', async () => {
    const options = { runId: 'test-count', systems: ['zab', 'zab'], servers: 3, observers: 1 };

    await assert.rejects(createDockerEnsemble(options), /2 systems for 4 servers/);
  });
});

async function servingSids(ensemble: Ensemble, mode?: 'leader'): Promise<number[]> {
  const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
  const isWanted = (seen: string): boolean =>
    mode === undefined ? ['leader', 'follower'].includes(seen) : seen === mode;
  return statuses.filter((status) => isWanted(status.mode)).map(({ sid }) => sid);
}

async function connect(ensemble: Ensemble, sid: number): Promise<Client> {
  const client = ensemble.client({ ...clientOptions, servers: [sid] });
  await until(`a client is connected to server ${sid}`, () => Promise.resolve(client.state === 'connected'));
  return client;
}

async function createThrough(ensemble: Ensemble, sid: number, path: string): Promise<void> {
  const client = await connect(ensemble, sid);
  await client.create(path, Buffer.from(path));
  await client.close();
}

async function childrenAt(ensemble: Ensemble, sid: number): Promise<string[]> {
  const client = await connect(ensemble, sid);
  await client.sync('/');
  const { children } = await client.getChildren('/');
  await client.close();
  return children.sort();
}

async function askModeInside(runId: string): Promise<string> {
  const docker = await connectEngine();
  const [server] = await docker.listContainers({
    filters: { label: [`ordeal.run=${runId}`], name: ['server-2'] },
  });
  const result = await execute(docker, server?.Id ?? '', ['zab-server', 'status', '/conf/zoo.cfg']);
  return result.stdout + result.stderr;
}
