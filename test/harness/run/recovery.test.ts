import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { ClientError } from '../../../harness/client/client.ts';
import { HistoryRecorder } from '../../../harness/history/recorder.ts';
import { awaitRecovery, awaitStill, recoveryBoundMs } from '../../../harness/run/recovery.ts';
import { FakeClient, inDoubt } from '../fake-client.ts';
import { FakeEnsemble } from '../fake-ensemble.ts';

function setUp(makeClient?: (ensemble: FakeEnsemble) => FakeClient) {
  const ensemble = new FakeEnsemble();
  const usual = new FakeClient(ensemble.store);
  const recorder = new HistoryRecorder({ nowNs: () => ensemble.clock.nowNs() });
  const recover = () =>
    awaitRecovery({
      ensemble,
      recorder,
      client: () => makeClient?.(ensemble) ?? usual,
      boundMs: 2000,
    });
  return { ensemble, recorder, recover };
}

describe('recovery', () => {
  it('is noted with its time when all serve and a fresh write reached all', async () => {
    const { ensemble, recorder, recover } = setUp();
    ensemble.dead.add(2);
    const recovering = recover();
    await ensemble.clock.drive(ensemble.clock.sleep(700));
    ensemble.dead.delete(2);

    const { recoveredNs } = await ensemble.clock.drive(recovering);

    assert.deepEqual(
      recorder.operations.map(({ f }) => f),
      ['heal', 'recovered'],
    );
    const { elapsedMs } = recorder.operations[1]!.value as { elapsedMs: number };
    assert.ok(elapsedMs >= 700 && elapsedMs < 800);
    assert.ok(recoveredNs !== null);
  });

  it('is not, while one server does not serve', async () => {
    const { ensemble, recorder, recover } = setUp();
    ensemble.dead.add(2);

    const { recoveredNs } = await ensemble.clock.drive(recover());

    assert.equal(recoveredNs, null);
    const { value } = recorder.operations[1]!;
    assert.deepEqual((value as { servers: unknown[] }).servers[1], { sid: 2, mode: 'dead', applied: null });
    assert.equal((value as { committed: unknown }).committed, null);
  });

  it('is not, while nobody leads', async () => {
    const { ensemble, recorder, recover } = setUp();
    ensemble.leader = null;

    await ensemble.clock.drive(recover());

    assert.equal(recorder.operations[1]?.f, 'not-recovered');
  });

  it('is not, while no write commits', async () => {
    const { ensemble, recorder, recover } = setUp(
      ({ store }) =>
        new FakeClient(store, () => {
          throw inDoubt();
        }),
    );

    await ensemble.clock.drive(recover());

    assert.equal(recorder.operations[1]?.f, 'not-recovered');
  });

  it('does not fail when the session of its client expired during the faults', async () => {
    const sessionExpired = new ClientError('the session is gone', {
      kind: 'session-expired',
      definite: true,
    });
    let clients = 0;
    const { ensemble, recorder, recover } = setUp(({ store }) => {
      const isFirst = clients++ === 0;
      return new FakeClient(store, () => {
        if (isFirst) throw sessionExpired;
      });
    });

    await ensemble.clock.drive(recover());

    assert.equal(recorder.operations[1]?.f, 'recovered');
  });

  it('is not, while a server lags behind the write', async () => {
    const { ensemble, recorder, recover } = setUp();
    ensemble.status = async (sid) => ({
      sid,
      mode: sid === 1 ? 'leader' : 'follower',
      zxid: sid === 3 ? 5 : ensemble.store.zxid,
    });

    await ensemble.clock.drive(recover());

    assert.equal(recorder.operations[1]?.f, 'not-recovered');
  });

  it('bound grows with ticks and with the longest fault, up to the longest pause of an election', () => {
    const ensemble = { world: 'sim', tickMs: 200, initLimit: 10, syncLimit: 5 } as const;

    assert.equal(recoveryBoundMs(ensemble, 5000), 2 * (5000 + 3000 + 2000));
    assert.equal(recoveryBoundMs(ensemble, 3_600_000), 2 * (60_000 + 3000 + 2000));
  });
});

describe('standstill', () => {
  it('waits until all servers stand at one zxid', async () => {
    const { ensemble } = setUp();
    let applied = 10;
    ensemble.status = async (sid) => ({ sid, mode: 'follower', zxid: sid === 1 ? applied : 12 });
    const waiting = awaitStill(ensemble, 11, 5e9);
    await ensemble.clock.drive(ensemble.clock.sleep(400));
    applied = 12;

    assert.equal(await ensemble.clock.drive(waiting), true);
    assert.ok(ensemble.clock.nowNs() >= 400e6);
  });

  it('gives up at its deadline', async () => {
    const { ensemble } = setUp();
    let zxid = 0;
    ensemble.status = async (sid) => ({ sid, mode: 'follower', zxid: zxid++ });

    assert.equal(await ensemble.clock.drive(awaitStill(ensemble, 1, 1e9)), false);
  });
});
