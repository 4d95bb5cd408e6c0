import assert from 'node:assert/strict';
import { parseBenchOptions, type BenchOptions } from '../../../harness/bench/bench-options.ts';
import { median, renderTable, type SystemResult } from '../../../harness/bench/bench-result.ts';

describe('bench result', () => {
  it('has the median of an odd and of an even number of runs', () => {
    assert.equal(median([5, 1, 3]), 3);
    assert.equal(median([4, 1, 3, 10]), 3.5);
    assert.ok(Number.isNaN(median([])));
  });

  it('shows medians, and the ratio of each run and their median', () => {
    const text = renderTable({
      options: parseBenchOptions(['--only', 'failover']) as BenchOptions,
      versions: {},
      machine: 'a machine',
      systems: [systemWithGaps('zab', [100, 300, 200]), systemWithGaps('apache', [400, 600, 1000])],
    });

    assert.match(text, /^3 servers each, 30 connections × 10 in flight.*; a machine$/m);
    assert.match(text, /^ +zab +apache +zab\/apache +of each run$/m);
    assert.match(text, /^failover gap, ms +200 +600 +0\.25 +0\.25 0\.50 0\.20$/m);
  });

  it('shows a dash where nothing was measured', () => {
    const text = renderTable({
      options: parseBenchOptions(['--only', 'memory', '--systems', 'zab']) as BenchOptions,
      versions: {},
      machine: 'a machine',
      systems: [systemWithGaps('zab', [])],
    });

    assert.match(text, /^memory per znode of 100 bytes +–$/m);
  });
});

function systemWithGaps(system: string, failoverGapsMs: readonly number[]): SystemResult {
  return { system, loads: {}, failoverGapsMs, memory: null };
}
