import assert from 'node:assert/strict';
import { LatencyHistogram } from '../../../harness/history/latency-histogram.ts';
import { Random } from '../../../harness/random/random.ts';

describe('latency histogram', () => {
  it('is right to 2 % at every percentile', () => {
    const random = new Random('histogram');
    const values = Array.from({ length: 20_000 }, () => 10 ** (4 * random.float() - 2));
    const histogram = new LatencyHistogram();
    for (const value of values) histogram.record(value);
    values.sort((a, b) => a - b);

    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = values[Math.ceil(values.length * share) - 1] as number;
      const found = histogram.percentileMs(share);
      assert.ok(Math.abs(found - exact) <= 0.02 * exact + 0.001, `${share}: ${found}, exactly ${exact}`);
    }
  });

  it('knows the longest latency exactly, and counts', () => {
    const histogram = new LatencyHistogram();
    for (const value of [3, 12_345.678, 0]) histogram.record(value);

    assert.equal(histogram.maxMs, 12_345.678);
    assert.equal(histogram.count, 3);
    assert.equal(histogram.percentileMs(1), 12_345.678);
  });

  it('of nothing is 0', () => {
    assert.equal(new LatencyHistogram().percentileMs(0.99), 0);
  });
});
