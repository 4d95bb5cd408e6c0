import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { judgeTrace } from '../../../checkers/trace/judge-trace.ts';
import type { Client } from '../../../harness/client/client.ts';
import { createSimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { Random } from '../../../harness/random/random.ts';
import { keepTrace, keptTrace } from './kept-trace.ts';

const patience = { sessionTimeoutMs: 4000, requestTimeoutMs: 2000 };

async function startEnsemble(seed: number, options: { observers?: number } = {}): Promise<SimEnsemble> {
  const ensemble = createSimEnsemble({ random: new Random(seed), servers: 5, ...options });
  keepTrace(ensemble);
  await ensemble.start();
  return ensemble;
}

async function modesOf(ensemble: SimEnsemble): Promise<string[]> {
  return Promise.all(ensemble.servers.map(async ({ sid }) => (await ensemble.status(sid)).mode));
}

/** Waits until a leader and so many learners serve, and gives the leader. */
async function waitForLeader(ensemble: SimEnsemble, serving = ensemble.servers.length): Promise<number> {
  for (let count = 0; count < 200; count++) {
    const modes = await modesOf(ensemble);
    const servingNow = modes.filter((mode) => ['leader', 'follower', 'observer'].includes(mode)).length;
    const leaders = ensemble.servers.filter((_, index) => modes[index] === 'leader');
    if (servingNow >= serving && leaders.length === 1) return leaders[0]!.sid;
    await ensemble.clock.sleep(100);
  }
  throw new assert.AssertionError({ message: `no leader within 20 s: ${String(await modesOf(ensemble))}` });
}

/** Repeats until it succeeds, as the set-up of a run does. */
async function insist<T>(ensemble: SimEnsemble, attempt: () => Promise<T>): Promise<T> {
  for (let count = 0; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (count === 20) throw error;
      await ensemble.clock.sleep(100);
    }
  }
}

function clientOf(ensemble: SimEnsemble, ...servers: number[]): Client {
  return ensemble.client({ ...patience, servers });
}

describe('the bundled ensemble in the simulated world', () => {
  it('elects a leader, and what one server takes every server shows', async () => {
    await using ensemble = await startEnsemble(1);
    const leader = await waitForLeader(ensemble);
    const writer = clientOf(ensemble, leader === 1 ? 2 : 1);

    const { path } = await writer.create('/register', Buffer.from('0'));
    await writer.setData('/register', Buffer.from('1'), 0);

    assert.equal(path, '/register');
    for (const { sid } of ensemble.servers) {
      const { data, stat } = await clientOf(ensemble, sid).syncAndGetData('/register');
      assert.deepEqual([data.toString(), stat.version], ['1', 1]);
    }
  });

  it('recovers from the death of its leader, and takes it back as a follower', async () => {
    await using ensemble = await startEnsemble(2);
    const leader = await waitForLeader(ensemble);
    const client = clientOf(
      ensemble,
      ...ensemble.servers.map(({ sid }) => sid).filter((sid) => sid !== leader),
    );
    await client.create('/register', Buffer.from('before'));
    const session = client.sessionId;

    await ensemble.kill(leader);
    await insist(ensemble, () => client.setData('/register', Buffer.from('after'), -1));
    await ensemble.startServer(leader);
    const next = await waitForLeader(ensemble);

    assert.notEqual(next, leader);
    assert.equal(client.sessionId, session, 'the session survives the leader');
    const { data } = await clientOf(ensemble, leader).syncAndGetData('/register');
    assert.equal(data.toString(), 'after');
  });

  it('keeps what it acknowledged while disks fill up, empty and fail to sync', async () => {
    for (const seed of [11, 12, 13]) {
      await using ensemble = await startEnsemble(seed);
      await waitForLeader(ensemble);
      const random = new Random(seed).fork('disks');
      const client = clientOf(ensemble, 1, 2, 3, 4, 5);
      const acknowledged: string[] = [];

      for (let round = 0; round < 40; round++) {
        const leader = ensemble.servers.find(({ sid }) => sid === 1 + (round % 5))!.sid;
        const sid = random.chance(0.5) ? leader : random.between(1, 5);
        await ensemble.setDisk(sid, { error: random.chance(0.8) ? 'ENOSPC' : 'EIO' });
        for (let count = 0; count < 5; count++) {
          const path = `/${round}-${count}`;
          await client.create(path, Buffer.alloc(300)).then(
            () => acknowledged.push(path),
            () => undefined,
          );
        }
        await ensemble.clock.sleep(random.between(0, 600));
        await ensemble.setDisk(sid, { error: null });
        if (!(await ensemble.isRunning(sid))) await ensemble.startServer(sid);
      }
      await waitForLeader(ensemble);

      const { findings } = judgeTrace(keptTrace(ensemble), {
        voters: [1, 2, 3, 4, 5],
        observers: [],
        tickMs: ensemble.tickMs,
        syncLimit: ensemble.syncLimit,
      });
      assert.deepEqual(
        findings.map(({ sentence }) => sentence),
        [],
      );
      const logs = JSON.stringify(
        [...(await ensemble.collect()).files.values()].filter((file) => typeof file === 'string'),
      );
      for (const sign of ['takes no writes (ENOSPC', 'takes writes again', 'the disk failed (EIO']) {
        assert.ok(logs.includes(sign), `no server said that ${sign}`);
      }
      assert.ok(acknowledged.length > 100, `${acknowledged.length} of 200 acknowledged`);
      for (const { sid } of ensemble.servers) {
        const reader = clientOf(ensemble, sid);
        await insist(ensemble, () => reader.sync('/'));
        const kept = new Set((await reader.getChildren('/')).children);
        for (const path of acknowledged) assert.ok(kept.has(path.slice(1)), `${path} at server ${sid}`);
      }
    }
  });

  it('serves in the majority and not in the minority of a partition', async () => {
    await using ensemble = await startEnsemble(3);
    const leader = await waitForLeader(ensemble);
    const others = ensemble.servers.map(({ sid }) => sid).filter((sid) => sid !== leader);
    const minority = [leader, others[0]!];
    const majority = others.slice(1);
    await clientOf(ensemble, leader).create('/register', Buffer.from('0'));

    await ensemble.setCuts(
      minority.flatMap((one) =>
        majority.flatMap((other) => [
          { from: one, to: other },
          { from: other, to: one },
        ]),
      ),
    );
    const inMajority = clientOf(ensemble, ...majority);
    await insist(ensemble, () => inMajority.setData('/register', Buffer.from('1'), -1));
    await assert.rejects(clientOf(ensemble, ...minority).setData('/register', Buffer.from('2'), -1));
    await ensemble.setCuts([]);
    await waitForLeader(ensemble);

    const { data } = await clientOf(ensemble, leader).syncAndGetData('/register');
    assert.equal(data.toString(), '1');
  });

  it('keeps what it acknowledged when every server loses power', async () => {
    for (const seed of [4, 5, 6]) {
      await using ensemble = await startEnsemble(seed);
      await waitForLeader(ensemble);
      const client = clientOf(ensemble, 1, 2, 3, 4, 5);
      await client.create('/register', Buffer.from('0'));
      for (let count = 1; count <= 30; count++)
        await client.setData('/register', Buffer.from(String(count)), -1);

      await Promise.all(ensemble.servers.map(({ sid }) => ensemble.powerLoss(sid)));
      for (const { sid } of ensemble.servers) await ensemble.startServer(sid);
      await waitForLeader(ensemble);

      for (const { sid } of ensemble.servers) {
        const { data } = await clientOf(ensemble, sid).syncAndGetData('/register');
        assert.equal(data.toString(), '30');
      }
    }
  });

  it('goes on without a paused minority, which catches up afterwards', async () => {
    await using ensemble = await startEnsemble(7);
    const leader = await waitForLeader(ensemble);
    const paused = ensemble.servers
      .map(({ sid }) => sid)
      .filter((sid) => sid !== leader)
      .slice(0, 2);
    const client = clientOf(ensemble, leader);
    await client.create('/register', Buffer.from('0'));

    for (const sid of paused) await ensemble.pause(sid);
    for (let count = 1; count <= 100; count++) {
      await client.setData('/register', Buffer.from(String(count)), -1);
      await ensemble.clock.sleep(30);
    }
    for (const sid of paused) await ensemble.resume(sid);
    await waitForLeader(ensemble);

    for (const sid of paused) {
      const { data } = await insist(ensemble, () => clientOf(ensemble, sid).syncAndGetData('/register'));
      assert.equal(data.toString(), '100');
    }
  });

  it('lets observers serve without counting them', async () => {
    await using ensemble = await startEnsemble(8, { observers: 1 });
    await waitForLeader(ensemble);
    const observer = clientOf(ensemble, 6);

    await observer.create('/register', Buffer.from('0'));
    assert.equal((await ensemble.status(6)).mode, 'observer');
    for (const sid of [1, 2, 3]) await ensemble.kill(sid);
    await ensemble.clock.sleep(5000);

    assert.deepEqual(await modesOf(ensemble), ['dead', 'dead', 'dead', 'none', 'none', 'none']);
  });

  it('is one run per seed: the same trace, whatever the wall clock does', async () => {
    const runOnce = async (seed: number, dawdles: boolean): Promise<{ hash: string; trace: string[] }> => {
      await using ensemble = await startEnsemble(seed);
      const leader = await waitForLeader(ensemble);
      const client = clientOf(ensemble, 1, 2, 3, 4, 5);
      await insist(ensemble, () => client.create('/register', Buffer.from('0')));
      for (let count = 0; count < 20; count++) {
        if (count === 5) await ensemble.kill(leader);
        if (count === 15) await ensemble.startServer(leader);
        await client.setData('/register', Buffer.from(String(count)), -1).catch(() => {});
        if (dawdles && count % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      }
      return { hash: ensemble.traceHash(), trace: keptTrace(ensemble).map((event) => JSON.stringify(event)) };
    };

    const first = await runOnce(9, false);
    const again = await runOnce(9, true);
    const other = await runOnce(10, false);

    assert.equal(again.hash, first.hash);
    assert.deepEqual(again.trace, first.trace);
    assert.ok(first.trace.length > 100, `${first.trace.length} trace lines`);
    assert.notEqual(other.hash, first.hash);
  });
});
