import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import type { Arrival, Client } from '../../harness/client/client.ts';
import type { Stat } from '../../harness/wire/records.ts';
import { Follower, Followers } from '../../workloads/follower.ts';
import type { FollowerSubject } from '../../workloads/follower.ts';

const path = '/a';

/** A session that is told at once what the znode's version is, unless its connection is down. */
class FakeSession {
  version = 1;
  isDown = false;
  /** Of reads with a watch, how many were asked for. */
  watchReads = 0;
  isClosed = false;
  #listener: (arrival: Arrival) => void = () => {};

  /** Only what a follower uses. */
  get client(): Client {
    const getData = (_path: string, watch = false): Promise<unknown> => this.#read(watch);
    const close = (): Promise<null> => {
      this.isClosed = true;
      return Promise.resolve(null);
    };
    const onArrival = (listener: (arrival: Arrival) => void): void => {
      this.#listener = listener;
    };
    const sync = (): Promise<{ zxid: number }> => Promise.resolve({ zxid: this.version });
    const fields = { state: 'connected', sessionId: 'aa', server: 1, getData, close, onArrival, sync };
    return fields as unknown as Client;
  }

  change(): void {
    this.version++;
    this.#listener({ type: 'event', event: { type: 'dataChanged', path } });
  }

  comeBack(): void {
    this.isDown = false;
    this.#listener({ type: 'attached' });
  }

  #read(watch: boolean): Promise<unknown> {
    if (watch) this.watchReads++;
    if (this.isDown) {
      const details = { kind: 'connection-loss', definite: false } as const;
      return Promise.reject(new ClientError('getData /a: gone', details));
    }
    const { version } = this;
    const stat = { version, cversion: 0 } as Stat;
    const body = { type: 'data', data: null, stat } as const;
    this.#listener({ type: 'reply', request: { type: 'getData', path, watch }, zxid: version, err: 0, body });
    return Promise.resolve({ zxid: version, data: Buffer.alloc(0), stat });
  }
}

const subject: FollowerSubject = {
  path,
  of: 'data',
  read: async (client) => {
    const { stat } = await client.getData(path, true);
    return { version: stat.version, value: `value ${stat.version}` };
  },
};

describe('a follower of a znode', () => {
  it('reads it with a watch, and tells what it was shown in the order of arrival', async () => {
    const { report, zxid } = await new Follower(new FakeSession().client, subject).report();

    assert.equal(zxid, 1);
    assert.deepEqual(
      report.journal.filter(({ got }) => got === 'read'),
      [
        { got: 'read', version: 1, isArmed: true },
        { got: 'read', version: 1, isArmed: false },
      ],
    );
    assert.deepEqual([report.session, report.syncedBy, report.shown, report.held], ['aa', 1, 1, 1]);
  });

  it('reads again when the watch has fired, and goes by the new value', async () => {
    const session = new FakeSession();
    const follower = new Follower(session.client, subject);
    await follower.report();
    session.change();

    const { report } = await follower.report();

    assert.deepEqual(report.journal, [
      { got: 'event' },
      { got: 'read', version: 2, isArmed: true },
      { got: 'read', version: 2, isArmed: false },
      { got: 'held', version: 2, value: 'value 2' },
    ]);
    assert.equal(session.watchReads, 2);
    assert.equal(report.held, 2);
  });

  it('does not read again while nothing calls for it', async () => {
    const session = new FakeSession();
    const follower = new Follower(session.client, subject);
    await follower.report();
    await follower.report();

    assert.equal(session.watchReads, 1);
  });

  it('reads again when the connection is back, if a read had failed', async () => {
    const session = new FakeSession();
    const follower = new Follower(session.client, subject);
    await follower.report();
    session.isDown = true;
    session.change();
    await assert.rejects(follower.report(), /gone/);
    session.comeBack();

    const { report } = await follower.report();

    assert.equal(report.held, 2);
    assert.deepEqual(report.journal[0], { got: 'event' }, 'what a failed report would have told is not lost');
  });
});

describe('followers', () => {
  it('report once in the end, and their sessions end with that', async () => {
    const session = new FakeSession();
    const open = (): Client => session.client;
    const sleep = (): Promise<void> => Promise.resolve();
    const followers = new Followers({ servers: [1], tickMs: 100, open, sleep }, () => subject);
    followers.at(0);

    const [last, again] = [await followers.lastReports(), await followers.lastReports()];

    assert.deepEqual([last.map(({ shown }) => shown), again], [[1], []]);
    assert.ok(session.isClosed);
  });
});
