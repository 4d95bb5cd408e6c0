import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { beforeEach, describe, it } from 'mocha';
import { SessionTracker } from '../../../../docker/zab/src/state/session-tracker.ts';

const tickMs = 1000;

let tracker: SessionTracker<string>;

beforeEach(() => {
  tracker = new SessionTracker<string>(tickMs);
});

describe('session expiry', () => {
  it('comes with the end of the tick in which the timeout ends', () => {
    tracker.add('s', 2000, 300);

    assert.equal(tracker.nextExpiryMs, 3000);
    assert.deepEqual(tracker.expired(2999.9), []);
    assert.deepEqual(tracker.expired(3000), ['s']);
  });

  it('never comes early: a timeout that ends with a tick lasts one more', () => {
    tracker.add('s', 2000, 1000);

    assert.equal(tracker.nextExpiryMs, 4000);
  });

  it('is put off by every sign of life', () => {
    tracker.add('s', 2000, 0);

    assert(tracker.touch('s', 1500));

    assert.deepEqual(tracker.expired(3000), []);
    assert.equal(tracker.nextExpiryMs, 4000);
    assert.deepEqual(tracker.expired(4000), ['s']);
  });

  it('follows the timeout that the session was attached with last', () => {
    tracker.add('s', 2000, 0);

    tracker.touch('s', 0, 8000);

    assert.equal(tracker.timeoutOf('s'), 8000);
    assert.equal(tracker.nextExpiryMs, 9000);
  });

  it('takes whole buckets, oldest first', () => {
    tracker.add('late', 4000, 0);
    tracker.add('one', 2000, 0);
    tracker.add('two', 2100, 500);

    assert.deepEqual(tracker.expired(10_000), ['one', 'two', 'late']);
  });

  it('is told once and cannot be undone', () => {
    tracker.add('s', 2000, 0);
    tracker.expired(3000);

    assert.deepEqual(tracker.expired(9000), []);
    assert(!tracker.touch('s', 3000));
    assert(!tracker.isLive('s'));
    assert.equal(tracker.nextExpiryMs, Infinity);
  });

  it('does not concern sessions that are closing or gone', () => {
    tracker.add('closing', 2000, 0);
    tracker.add('gone', 2000, 0);
    tracker.close('closing');
    tracker.remove('gone');

    assert.deepEqual(tracker.expired(9000), []);
    assert.equal(tracker.size, 1);
    assert(!tracker.touch('gone', 0));
  });

  it('starts anew, with the whole timeout for everybody, on a new leader', () => {
    tracker.add('old', 2000, 0);
    tracker.setOwner('old', 'server 1');

    tracker.restart(
      new Map([
        ['old', 2000],
        ['other', 4000],
      ]),
      2999,
    );

    assert.equal(tracker.nextExpiryMs, 5000);
    assert.deepEqual(tracker.expired(6999), ['old']);
    assert.equal(tracker.ownerOf('old'), undefined);
    assert(tracker.isLive('other'));
  });

  it('lies between the timeout and one tick more after the last sign of life', () => {
    const touches = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9000 }), touches, (timeoutMs, pauses) => {
        const each = new SessionTracker<string>(tickMs);
        let nowMs = 12.5;
        each.add('s', timeoutMs, nowMs);
        for (const pauseMs of pauses) {
          nowMs += Math.min(pauseMs, timeoutMs);
          assert(each.touch('s', nowMs));
        }

        assert(each.nextExpiryMs > nowMs + timeoutMs);
        assert(each.nextExpiryMs <= nowMs + timeoutMs + tickMs);
        assert.deepEqual(each.expired(each.nextExpiryMs), ['s']);
      }),
    );
  });
});

describe('owner of a session', () => {
  it('is whoever claimed it last', () => {
    tracker.add('s', 2000, 0);
    assert.equal(tracker.ownerOf('s'), undefined);

    tracker.setOwner('s', 'server 1');
    tracker.setOwner('s', 'server 2');

    assert.equal(tracker.ownerOf('s'), 'server 2');
  });

  it('is nobody for a session that is not there', () => {
    tracker.setOwner('s', 'server 1');

    assert.equal(tracker.ownerOf('s'), undefined);
  });
});
