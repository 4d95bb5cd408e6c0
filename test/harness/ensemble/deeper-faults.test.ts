// What only the simulated world can do to disks, links and clocks, each shown by its effect.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createSimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { scanLog } from '../../../harness/wire/txn-log-codec.ts';
import { Random } from '../../../harness/random/random.ts';

describe('deeper faults of the simulated world', () => {
  it('let messages of a slow link take longer, in the direction that was asked for', async () => {
    await withServing(async (ensemble) => {
      const before = await probeMs(ensemble, 1, 2);
      await ensemble.setLinks([{ from: 1, to: 2, delayMs: 300 }]);
      const slowed = await probeMs(ensemble, 1, 2);
      const back = await probeMs(ensemble, 2, 1);
      await ensemble.setLinks([]);
      const healed = await probeMs(ensemble, 1, 2);

      assert.ok(before < 30 && back < 30 && healed < 30, `${before} ${back} ${healed} ms`);
      assert.ok(slowed >= 300, `${slowed} ms`);
    });
  });

  it('hold what a stalled link carries, so that a follower falls behind, and let it through afterwards', async () => {
    await withServing(async (ensemble) => {
      const leader = await leaderOf(ensemble);
      const [follower = 0] = [1, 2, 3].filter((sid) => sid !== leader);
      const client = ensemble.client({ servers: [leader], sessionTimeoutMs: 4000, requestTimeoutMs: 2000 });

      await ensemble.setLinks([{ from: leader, to: follower, stalled: true }]);
      const { zxid } = await client.create('/x', Buffer.alloc(0));
      await ensemble.clock.sleep(100);
      const during = await ensemble.status(follower);
      await ensemble.setLinks([]);
      await ensemble.clock.sleep(100);
      const after = await ensemble.status(follower);

      assert.ok((during.zxid ?? 0) < zxid, `${during.zxid} below ${zxid}`);
      assert.equal(after.zxid, zxid);
    });
  });

  it('move and bend a clock, and take both back', async () => {
    await withServing(async (ensemble) => {
      await ensemble.jumpClock(1, 60_000);
      const jumped = await ensemble.clockOffsetMs(1);
      await ensemble.jumpClock(1, -60_000);
      await ensemble.driftClock(2, 2);
      await ensemble.clock.sleep(1000);
      const drifted = await ensemble.clockOffsetMs(2);
      await ensemble.driftClock(2, 1);
      await ensemble.clock.sleep(1000);

      assert.ok(Math.abs(jumped - 60_000) < 100, `${jumped}`);
      assert.ok(Math.abs((await ensemble.clockOffsetMs(1)) - 0) < 100);
      assert.ok(Math.abs(drifted - 1000) < 5, `${drifted}`);
      assert.ok(Math.abs((await ensemble.clockOffsetMs(2)) - drifted) < 5);
    });
  });

  it('let timers that run already follow a clock that bends', async () => {
    await withServing(async (ensemble) => {
      for (const sid of [1, 2, 3]) await ensemble.driftClock(sid, 4);
      const leader = await leaderOf(ensemble);
      const [follower = 0] = [1, 2, 3].filter((sid) => sid !== leader);
      await ensemble.setCuts([
        { from: leader, to: follower },
        { from: follower, to: leader },
      ]);

      // Five ticks without a word from the leader, on a clock four times as fast.
      const left = await ensemble.awaitTrace(
        ({ sid, event, state }) => sid === follower && event === 'STATE' && state === 'looking',
        2 * ensemble.syncLimit * ensemble.tickMs,
      );

      assert.ok(left !== null, 'the follower gave its leader up');
      await ensemble.setCuts([]);
    });
  });

  it('wipe a stopped server but for its id', async () => {
    await withServing(async (ensemble) => {
      await ensemble.kill(1);
      await ensemble.wipe(1);

      const { files } = await ensemble.collect();
      const left = [...files.keys()].filter((path) => path.startsWith('data/server-1/'));
      assert.deepEqual(left, ['data/server-1/data/myid']);
    });
  });

  it('damage one byte of a log that was synced, and say which', async () => {
    await withServing(async (ensemble) => {
      const client = ensemble.client({ servers: [1], sessionTimeoutMs: 4000, requestTimeoutMs: 2000 });
      await client.create('/x', Buffer.from('data'));
      const before = (await ensemble.collect()).files;
      const said = await ensemble.rot(1, 'log', new Random(1));
      const after = (await ensemble.collect()).files;

      const [, offset = '', path = ''] = /^byte (\d+) of (\S+)/.exec(said ?? '') ?? [];
      const [was, is] = [before, after].map((files) => files.get(`data/server-1${path}`) as Buffer);
      const differing = [...(was ?? [])].flatMap((byte, index) => (byte === is?.[index] ? [] : [index]));
      assert.deepEqual(differing, [Number(offset)]);
      assert.equal(await ensemble.rot(1, 'snapshot', new Random(1)).then((text) => typeof text), 'string');
    });
  });

  it('spare the last record of a log, which would pass for a torn tail', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      await withServing(async (ensemble) => {
        const client = ensemble.client({ servers: [1], sessionTimeoutMs: 4000, requestTimeoutMs: 2000 });
        await client.create('/x', Buffer.alloc(200));
        const { files } = await ensemble.collect();

        const said = await ensemble.rot(1, 'log', new Random(seed));

        const [, offset = '', path = ''] = /^byte (\d+) of (\S+)/.exec(said ?? '') ?? [];
        const log = files.get(`data/server-1${path}`);
        assert(Buffer.isBuffer(log), path);
        const last = scanLog(log).records.at(-1);
        assert(last !== undefined && Number(offset) < last.offset, said ?? 'nothing');
      });
    }
  });

  it('hand over a report at the moment at which it is made, or nothing when none comes', async () => {
    await withServing(async (ensemble) => {
      const client = ensemble.client({ servers: [1, 2, 3], sessionTimeoutMs: 4000, requestTimeoutMs: 2000 });
      const awaited = ensemble.awaitTrace(({ event }) => event === 'COMMIT_DECIDE', 1000);
      const created = client.create('/x', Buffer.alloc(0));
      const commit = await awaited;

      assert.equal(commit?.time, ensemble.clock.nowNs());
      await created;
      assert.equal(await ensemble.awaitTrace(({ event }) => event === 'ELECTED', 50), null);
    });
  });
});

async function withServing(test: (ensemble: SimEnsemble) => Promise<void>): Promise<void> {
  await using ensemble = createSimEnsemble({ random: new Random(1), servers: 3, snapCount: 10 });
  await ensemble.drive(
    (async () => {
      await ensemble.start();
      await leaderOf(ensemble);
      await test(ensemble);
    })(),
  );
}

async function leaderOf(ensemble: SimEnsemble): Promise<number> {
  const deadlineNs = ensemble.clock.nowNs() + 30e9;
  while (ensemble.clock.nowNs() < deadlineNs) {
    const statuses = await Promise.all([1, 2, 3].map((sid) => ensemble.status(sid)));
    const leader = statuses.find(({ mode }) => mode === 'leader');
    if (leader !== undefined && statuses.every(({ mode }) => mode !== 'none')) return leader.sid;
    await ensemble.clock.sleep(20);
  }
  throw new Error('three servers serve within 30 s');
}

async function probeMs(ensemble: SimEnsemble, from: number, to: number): Promise<number> {
  const startNs = ensemble.clock.nowNs();
  await ensemble.canReach(from, to);
  return (ensemble.clock.nowNs() - startNs) / 1e6;
}
