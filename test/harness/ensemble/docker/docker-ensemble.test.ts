// An ensemble in Docker, on Apache ZooKeeper: what each fault does, that it can be shown, and that nothing is
// left behind. One ensemble serves most of these tests; each leaves it healed.

import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { after, before, describe, it } from 'mocha';
import { clean } from '../../../../harness/ensemble/docker/clean.ts';
import { createDockerEnsemble } from '../../../../harness/ensemble/docker/docker-ensemble.ts';
import { connectEngine } from '../../../../harness/ensemble/docker/engine.ts';
import { EnvironmentError } from '../../../../harness/ensemble/ensemble.ts';
import type { Ensemble } from '../../../../harness/ensemble/ensemble.ts';
import { describeDocker } from '../../../docker-required.ts';
import { listRun } from './list-run.ts';
import { until } from './until.ts';

const sessionTimeoutMs = 6000;

describeDocker('an ensemble in Docker', function () {
  this.timeout(60_000);
  const runId = `test-ensemble-${process.pid}`;
  let ensemble: Ensemble;

  before(async () => {
    ensemble = await createDockerEnsemble({ runId, systems: ['apache'], servers: 3 });
    await ensemble.start();
    await until('all three servers serve', async () => (await servingCount(ensemble)) === 3);
  });

  after(async () => {
    await ensemble[Symbol.asyncDispose]();
  });

  it('serves clients at every server', async () => {
    for (const { sid } of ensemble.servers) {
      const client = ensemble.client({ sessionTimeoutMs, requestTimeoutMs: 5000, servers: [sid] });
      await until('the client is connected', () => Promise.resolve(client.state === 'connected'));

      const { path } = await client.create(`/at-${sid}`, Buffer.from('x'));

      assert.equal(path, `/at-${sid}`);
      await client.close();
    }
  });

  it('has exactly one leader', async () => {
    const modes = await Promise.all(
      ensemble.servers.map(async ({ sid }) => (await ensemble.status(sid)).mode),
    );

    assert.deepEqual(modes.sort(), ['follower', 'follower', 'leader']);
  });

  it('publishes on the loopback address only', async () => {
    const docker = await connectEngine();
    const containers = await docker.listContainers({ filters: { label: [`ordeal.run=${runId}`] } });
    const published = containers.flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort > 0));

    assert.deepEqual(
      published.map(({ IP }) => IP),
      ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    );
  });

  it('cuts one direction of a link and leaves the other open', async () => {
    await ensemble.setCuts([{ from: 1, to: 2 }]);

    const [there, back, elsewhere] = await Promise.all([
      ensemble.canReach(1, 2),
      ensemble.canReach(2, 1),
      ensemble.canReach(3, 2),
    ]);

    assert.deepEqual({ there, back, elsewhere }, { there: false, back: true, elsewhere: true });
    await ensemble.setCuts([]);
    assert.equal(await ensemble.canReach(1, 2), true);
  });

  it('cuts connections that exist: a leader alone stops serving, and comes back when healed', async () => {
    const leader = await findLeader(ensemble);
    const others = ensemble.servers.map(({ sid }) => sid).filter((sid) => sid !== leader);

    await ensemble.setCuts(
      others.flatMap((sid) => [
        { from: sid, to: leader },
        { from: leader, to: sid },
      ]),
    );

    await until('the leader steps down', async () => (await ensemble.status(leader)).mode === 'none');
    await ensemble.setCuts([]);
    await until('all three serve again', async () => (await servingCount(ensemble)) === 3);
  });

  it('kills a server, which keeps its address and its cuts through the restart', async () => {
    await ensemble.setCuts([{ from: 2, to: 1 }]);

    await ensemble.kill(1);

    assert.equal(await ensemble.isRunning(1), false);
    assert.equal((await ensemble.status(1)).mode, 'dead');
    await ensemble.startServer(1);
    assert.equal(await ensemble.isRunning(1), true);
    assert.equal(await ensemble.canReach(2, 1), false);
    await ensemble.setCuts([]);
    await until('the killed server serves again', async () => (await servingCount(ensemble)) === 3);
  });

  it('takes killing a dead server for done', async () => {
    await ensemble.kill(2);
    await ensemble.kill(2);

    assert.equal(await ensemble.isRunning(2), false);
    await ensemble.startServer(2);
  });

  it('pauses a server, which is running and silent until it is resumed', async () => {
    await ensemble.pause(3);

    assert.equal(await ensemble.isPaused(3), true);
    assert.equal(await ensemble.isRunning(3), true);
    assert.equal((await ensemble.status(3)).mode, 'paused');
    await ensemble.resume(3);
    await ensemble.resume(3);
    assert.equal(await ensemble.isPaused(3), false);
  });

  it('kills a paused server', async () => {
    await ensemble.pause(3);

    await ensemble.kill(3);

    assert.equal(await ensemble.isRunning(3), false);
    assert.equal(await ensemble.isPaused(3), false);
    await ensemble.startServer(3);
  });

  it('refuses to cut power, which a container has none of', async () => {
    assert.equal(ensemble.capabilities.has('powerLoss'), false);
    await assert.rejects(ensemble.powerLoss(1), EnvironmentError);
  });

  it('collects the output and the data directory of every server', async () => {
    const { files, trace } = await ensemble.collect();

    assert.deepEqual(
      [...files.keys()],
      [1, 2, 3]
        .map((sid) => `data/server-${sid}.tar.gz`)
        .concat([1, 2, 3].map((sid) => `logs/server-${sid}.log`)),
    );
    assert.match(String(files.get('logs/server-1.log')), /QuorumPeer/);
    const data = gunzipSync(files.get('data/server-1.tar.gz') as Buffer).toString('latin1');
    assert.match(data, /data\/version-2\/currentEpoch/);
    assert.deepEqual(trace, []);
  });

  it('is left alone by a clean while its harness is at work', async () => {
    const { kept } = await clean();

    assert.ok(kept.some((run) => run.runId === runId && /process \d+, is still at work/.test(run.reason)));
    assert.equal((await listRun(runId)).length, 10);
  });

  it('leaves nothing behind when it is disposed of', async () => {
    assert.equal((await listRun(runId)).length, 10);

    await ensemble[Symbol.asyncDispose]();

    assert.deepEqual(await listRun(runId), []);
  });
});

describeDocker('provisioning in Docker', function () {
  this.timeout(30_000);

  it('fails with the image that is missing, and leaves nothing behind', async () => {
    const runId = `test-missing-${process.pid}`;
    const options = { runId, systems: ['ordeal/no-such-image:latest'], servers: 1 };

    await assert.rejects(createDockerEnsemble(options), (error) => {
      assert.ok(error instanceof EnvironmentError);
      assert.match(error.message, /no image ordeal\/no-such-image:latest; run: docker pull/);
      return true;
    });
    assert.deepEqual(await listRun(runId), []);
  });

  it('needs one system for all servers or one for each', async () => {
    const options = { runId: 'test-systems', systems: ['apache', 'zab'], servers: 3 };

    await assert.rejects(createDockerEnsemble(options), /2 systems for 3 servers/);
  });

  it('removes what it made when it is interrupted half way', async () => {
    const runId = `test-interrupted-${process.pid}`;
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(new Error('interrupted')), 100);
    const options = { runId, systems: ['apache'], servers: 3, signal: interrupt.signal };

    await assert.rejects(createDockerEnsemble(options), /interrupted/);

    assert.deepEqual(await listRun(runId), []);
  });
});

describe('the options of an ensemble in Docker', () => {
  it('are judged before the engine is asked for anything', async () => {
    const options = { runId: 'test-systems', systems: [], servers: 3 };

    await assert.rejects(createDockerEnsemble(options), /0 systems for 3 servers/);
  });
});

async function findLeader(ensemble: Ensemble): Promise<number> {
  for (const { sid } of ensemble.servers) {
    if ((await ensemble.status(sid)).mode === 'leader') return sid;
  }
  throw new assert.AssertionError({ message: 'an ensemble that serves has a leader' });
}

async function servingCount(ensemble: Ensemble): Promise<number> {
  const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
  return statuses.filter(({ mode }) => mode === 'leader' || mode === 'follower').length;
}
