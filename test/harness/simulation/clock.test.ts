import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { Random } from '../../../harness/random/random.ts';
import { SimulatedClock } from '../../../harness/simulation/clock.ts';
import { atOnce } from '../../../harness/simulation/executor.ts';
import { nsPerMs, Scheduler } from '../../../harness/simulation/scheduler.ts';
import { ServerProcess } from '../../../harness/simulation/server-process.ts';
import { TraceHash } from '../../../harness/simulation/trace-hash.ts';

describe('simulated clock', () => {
  let scheduler: Scheduler;

  beforeEach(() => {
    scheduler = new Scheduler(new TraceHash());
  });

  function passTo(ms: number): void {
    scheduler.at(ms * nsPerMs, () => {});
    while (scheduler.nowNs < ms * nsPerMs && scheduler.runNext());
  }

  it('drifts against true time, and its timers with it', () => {
    const fast = new SimulatedClock(scheduler, { driftPpm: 200, uptimeMs: 1000 });
    const startWallMs = fast.wallMs();
    let firedAtMs = 0;
    fast.portFor(atOnce).after(100_020, () => (firedAtMs = scheduler.nowNs / nsPerMs));

    passTo(200_000);

    assert.equal(fast.nowMs(), 1000 + 200_040);
    assert.equal(fast.wallMs() - startWallMs, 200_040);
    assert.ok(Math.abs(firedAtMs - 100_000) < 0.001, `${firedAtMs} ms`);
  });

  it('lets only the wall clock jump', () => {
    const clock = new SimulatedClock(scheduler, { driftPpm: 0, uptimeMs: 0 });
    const startWallMs = clock.wallMs();

    clock.jump(-60_000);
    passTo(10);

    assert.equal(clock.wallMs() - startWallMs, -59_990);
    assert.equal(clock.nowMs(), 10);
  });

  it('never fires before its own clock shows the time', () => {
    const slow = new SimulatedClock(scheduler, { driftPpm: -137, uptimeMs: 12_345.678 });
    for (let count = 1; count < 200; count++) {
      const dueMs = slow.nowMs() + count / 7;
      const fired: number[] = [];
      slow.portFor(atOnce).after(dueMs - slow.nowMs(), () => fired.push(slow.nowMs()));
      while (fired.length === 0) scheduler.runNext();
      assert.ok(slow.nowMs() >= dueMs - 1e-6, `${slow.nowMs()} before ${dueMs}`);
    }
  });

  it('keeps timers of a paused process until it goes on, and drops those that are cancelled meanwhile', () => {
    const ended = (): void => assert.fail('the process does not end');
    const process = new ServerProcess({ scheduler, random: new Random(1), ended });
    const port = new SimulatedClock(scheduler, { driftPpm: 0, uptimeMs: 0 }).portFor(process);
    const fired: string[] = [];
    port.after(10, () => fired.push('kept'));
    const cancelled = port.after(10, () => fired.push('cancelled'));

    process.pause();
    passTo(20);
    cancelled.cancel();
    assert.deepEqual(fired, []);
    process.resume();
    passTo(30);

    assert.deepEqual(fired, ['kept']);
  });

  it('forgets the timers of a dead process', () => {
    const process = new ServerProcess({ scheduler, random: new Random(1), ended: () => {} });
    const port = new SimulatedClock(scheduler, { driftPpm: 0, uptimeMs: 0 }).portFor(process);
    port.after(10, () => assert.fail('its process is dead'));

    process.die();
    passTo(20);

    assert.equal(port.nowMs(), 20);
  });
});
