import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { Pacing } from '../../../harness/generator/pacing.ts';
import { Random } from '../../../harness/random/random.ts';

describe('pacing', () => {
  const options = { ratePerSecond: 100, processes: 10, startMs: 0 };

  it('gives each process its share of the rate', () => {
    const pacing = new Pacing({ ...options, random: new Random(1) });
    let nowMs = 0;
    let count = 0;

    for (; nowMs < 100_000; count++) {
      nowMs += pacing.delayMs(nowMs);
      pacing.began(nowMs);
    }

    // 10 a second for 100 seconds, within three standard deviations.
    assert.ok(Math.abs(count - 1000) < 100, `${count} operations`);
  });

  it('leaves gaps of all lengths', () => {
    const pacing = new Pacing({ ...options, random: new Random(2) });
    const gaps: number[] = [];
    for (let nowMs = 0, count = 0; count < 500; count++) {
      const gap = pacing.delayMs(nowMs);
      gaps.push(gap);
      nowMs += gap;
      pacing.began(nowMs);
    }

    assert.ok(gaps.some((gap) => gap < 20));
    assert.ok(gaps.some((gap) => gap > 300));
  });

  it('goes on at once after being held up, without a burst', () => {
    const pacing = new Pacing({ ...options, random: new Random(3) });
    let nowMs = pacing.delayMs(0) + 5000;

    let atOnce = 0;
    while (pacing.delayMs(nowMs) === 0) {
      atOnce++;
      pacing.began(nowMs);
      nowMs += 1;
    }

    assert.ok(atOnce >= 1 && atOnce <= 3, `${atOnce} operations at once`);
  });
});
