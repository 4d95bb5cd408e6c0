import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { Alarm } from '../../../../docker/zab/src/server/alarm.ts';

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

describe('alarm', () => {
  let nowMs: number;
  let timers: Due[];
  let rang: number[];
  let alarm: Alarm;
  beforeEach(() => {
    nowMs = 0;
    timers = [];
    rang = [];
    const clock = {
      nowMs: () => nowMs,
      wallMs: () => nowMs,
      after: (delayMs: number, run: () => void) => {
        const due = { atMs: nowMs + delayMs, run };
        timers.push(due);
        return { cancel: () => void (timers = timers.filter((other) => other !== due)) };
      },
    };
    alarm = new Alarm(clock, (atMs) => void rang.push(atMs));
  });

  function ring(): void {
    const due = timers.shift();
    assert.ok(due !== undefined, 'a timer runs');
    nowMs = due.atMs;
    due.run();
  }

  it('rings once at the time that it is set to', () => {
    alarm.set(5);
    ring();

    assert.deepEqual(rang, [5]);
    assert.deepEqual(timers, []);
  });

  it('is moved to an earlier time, and comes too early rather than being moved back', () => {
    alarm.set(9);
    alarm.set(4);
    alarm.set(7);
    assert.deepEqual(
      timers.map(({ atMs }) => atMs),
      [4],
    );
    ring();
    alarm.set(7);
    ring();

    assert.deepEqual(rang, [4, 7]);
  });

  it('rings at once for a time that is past, and never for none', () => {
    nowMs = 20;
    alarm.set(Infinity);
    assert.deepEqual(timers, []);
    alarm.set(12);
    ring();

    assert.equal(nowMs, 20);
    assert.deepEqual(rang, [12]);
  });

  it('can be cancelled', () => {
    alarm.set(5);
    alarm.cancel();

    assert.deepEqual(timers, []);
  });
});
