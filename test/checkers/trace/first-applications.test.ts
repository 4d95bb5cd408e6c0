import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FirstApplications } from '../../../checkers/trace/first-applications.ts';
import type { TraceEvent } from '../../../harness/history/trace-event.ts';
import { zxid } from './scene.ts';

function applied(sid: number, counter: number, hash: number): TraceEvent {
  const stamp = {
    sid,
    incarnation: 2,
    instance: 3,
    sequence: counter,
    timeMs: counter + 0.5,
    time: counter * 9,
  };
  return { event: 'APPLY', zxid: zxid(1, counter), hash, digest: `after ${hash}`, ...stamp };
}

describe('the first applications of transactions', () => {
  it('are told as they were reported, and no later one changes them', () => {
    const first = new FirstApplications();
    first.take(applied(1, 1, 11));
    first.take(applied(2, 1, 12));

    assert.deepEqual(first.eventOf(zxid(1, 1)), applied(1, 1, 11));
    assert.equal(first.digestOf(zxid(1, 1)), 'after 11');
    assert.ok(first.isOther(zxid(1, 1), 12));
    assert.ok(!first.isOther(zxid(1, 1), 11));
  });

  it('know nothing of what was not applied', () => {
    const first = new FirstApplications();
    first.take(applied(1, 1, 11));

    assert.equal(first.eventOf(zxid(1, 2)), undefined);
    assert.equal(first.digestOf(zxid(1, 2)), undefined);
    assert.ok(!first.has(zxid(1, 2)));
    assert.ok(!first.isOther(zxid(1, 2), 11));
  });

  it('may be many', () => {
    const first = new FirstApplications();
    for (let counter = 1; counter <= 5000; counter++) first.take(applied(1, counter, counter));

    assert.deepEqual(first.eventOf(zxid(1, 1)), applied(1, 1, 1));
    assert.deepEqual(first.eventOf(zxid(1, 5000)), applied(1, 5000, 5000));
  });
});
