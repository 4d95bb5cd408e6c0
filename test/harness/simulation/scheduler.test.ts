import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { ScheduledEvent, Scheduler } from '../../../harness/simulation/scheduler.ts';
import { TraceHash } from '../../../harness/simulation/trace-hash.ts';

function newScheduler(): { scheduler: Scheduler; hash: TraceHash } {
  const hash = new TraceHash();
  return { scheduler: new Scheduler(hash), hash };
}

function runAll(scheduler: Scheduler): void {
  while (scheduler.runNext());
}

describe('scheduler', () => {
  it('lets events happen in the order of their times, and of their scheduling at equal times', () => {
    const { scheduler } = newScheduler();
    const seen: string[] = [];
    for (const [name, timeNs] of [
      ['late', 30],
      ['first of two', 20],
      ['early', 10],
      ['second of two', 20],
    ] as const)
      scheduler.at(timeNs, () => seen.push(`${name} at ${scheduler.nowNs}`));

    runAll(scheduler);

    assert.deepEqual(seen, ['early at 10', 'first of two at 20', 'second of two at 20', 'late at 30']);
  });

  it('lets at least a nanosecond pass before what an event schedules', () => {
    const { scheduler } = newScheduler();
    const times: number[] = [];
    scheduler.at(5, () => {
      scheduler.after(0, () => times.push(scheduler.nowNs));
      scheduler.after(1e-9, () => times.push(scheduler.nowNs));
    });

    runAll(scheduler);

    assert.deepEqual(times, [6, 6]);
  });

  it('refuses the past', () => {
    const { scheduler } = newScheduler();
    scheduler.at(10, () => {});
    runAll(scheduler);

    assert.throws(() => scheduler.at(9, () => {}), /in the past/);
    assert.throws(() => scheduler.after(NaN, () => {}), /in the past: for NaN ns, when it is \d+ ns/);
  });

  it('agrees with a sorted list under random schedules and cancellations', () => {
    const step = fc.record({ timeNs: fc.nat(50), cancels: fc.option(fc.nat(60), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { scheduler } = newScheduler();
        const seen: number[] = [];
        const events = steps.map(({ timeNs }, index) => scheduler.at(timeNs, () => seen.push(index)));
        const cancelled = new Set<number>();
        for (const { cancels } of steps) {
          if (cancels === undefined || cancels >= events.length) continue;
          scheduler.cancel(events[cancels]!);
          cancelled.add(cancels);
        }

        runAll(scheduler);

        const expected = steps
          .map(({ timeNs }, index) => ({ timeNs, index }))
          .filter(({ index }) => !cancelled.has(index))
          .sort((one, other) => one.timeNs - other.timeNs || one.index - other.index)
          .map(({ index }) => index);
        assert.deepEqual(seen, expected);
      }),
    );
  });

  it('takes an event again that happened or was cancelled, and one that is pending not', () => {
    const { scheduler } = newScheduler();
    const times: number[] = [];
    const event = new ScheduledEvent(() => {
      times.push(scheduler.nowNs);
      if (times.length < 3) scheduler.scheduleAfter(event, 10);
    });

    scheduler.scheduleAt(event, 5);
    assert.throws(
      () => scheduler.scheduleAt(event, 6),
      /scheduled once at a time: for 6 ns, and it is due at 5 ns/,
    );
    scheduler.cancel(event);
    scheduler.scheduleAt(event, 7);
    runAll(scheduler);

    assert.deepEqual(times, [7, 17, 27]);
    assert.equal(event.isPending, false);
  });

  it('leaves a hash that depends on what happened and when', () => {
    const digestOf = (times: number[]): string => {
      const { scheduler, hash } = newScheduler();
      for (const timeNs of times) scheduler.at(timeNs, () => {});
      runAll(scheduler);
      return hash.digest();
    };

    assert.match(digestOf([1, 2]), /^[0-9a-f]{16}$/);
    assert.equal(digestOf([1, 2]), digestOf([1, 2]));
    assert.notEqual(digestOf([1, 2]), digestOf([1, 3]));
    assert.notEqual(digestOf([1, 2]), digestOf([2, 1]));
    assert.notEqual(digestOf([1]), digestOf([1 + 2 ** 32]));
  });
});

describe('trace hash', () => {
  it('sees a change of any byte of a short message', () => {
    const digestOf = (bytes: Buffer): string => {
      const hash = new TraceHash();
      hash.mixBytes(bytes);
      return hash.digest();
    };
    const message = Buffer.from('a message of less than 128 bytes');

    const digests = new Set([digestOf(message)]);
    for (let at = 0; at < message.length; at++) {
      const changed = Buffer.from(message);
      changed[at]! ^= 1;
      digests.add(digestOf(changed));
    }

    assert.equal(digests.size, message.length + 1);
  });
});
