import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { Scheduler } from '../../../harness/simulation/scheduler.ts';
import { TraceHash } from '../../../harness/simulation/trace-hash.ts';
import { VirtualTime } from '../../../harness/simulation/virtual-time.ts';

describe('virtual time', () => {
  let scheduler: Scheduler;
  let time: VirtualTime;

  beforeEach(() => {
    scheduler = new Scheduler(new TraceHash());
    time = new VirtualTime(scheduler, (turn) => () => setImmediate(turn));
  });

  it('runs every continuation before the next event, however long their chain', async () => {
    const seen: string[] = [];
    scheduler.at(2_000_000, () => seen.push('next event'));
    const longChain = async (): Promise<void> => {
      await time.sleep(1);
      for (let count = 0; count < 1000; count++) await Promise.resolve();
      seen.push('end of the chain');
    };

    await Promise.all([longChain(), time.sleep(3)]);

    assert.deepEqual(seen, ['end of the chain', 'next event']);
  });

  it('lets whoever was told by a callback go on before the next event', async () => {
    const seen: string[] = [];
    const told = Promise.withResolvers<void>();
    scheduler.at(1_000_000, () => {
      told.resolve();
      time.disturb();
    });
    scheduler.at(1_000_001, () => seen.push('next event'));
    const listener = told.promise.then(() => seen.push('listener'));

    await Promise.all([listener, time.sleep(2)]);

    assert.deepEqual(seen, ['listener', 'next event']);
  });

  it('stands still while nobody waits', async () => {
    scheduler.at(1_000_000, () => assert.fail('nobody waited for this'));

    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });

    assert.equal(scheduler.nowNs, 0);
  });

  it('starts all that begins together at the same moment', async () => {
    const starts: number[] = [];
    const worker = async (): Promise<void> => {
      starts.push(scheduler.nowNs);
      await time.sleep(1);
      await Promise.resolve();
      starts.push(scheduler.nowNs);
    };

    await Promise.all([worker(), worker(), worker()]);

    assert.deepEqual(starts, [0, 0, 0, 1_000_000, 1_000_000, 1_000_000]);
  });

  it('fails instead of hanging when nothing can happen any more', async () => {
    const never = time.wait(() => {});

    await assert.rejects(time.drive(never), /nothing can happen any more at 0 ms, and 1 wait for it/);
  });

  it('fails when an event throws', async () => {
    scheduler.at(1, () => {
      throw new Error('a defect of the world');
    });

    await assert.rejects(time.drive(time.sleep(1)), /a defect of the world/);
  });

  it('stops for good', async () => {
    const slept = time.sleep(1).then(() => assert.fail('time was stopped'));
    time.stop();
    void slept;

    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });

    assert.equal(scheduler.nowNs, 0);
  });
});
