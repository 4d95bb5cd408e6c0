import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { defaultRunOptions } from '../../harness/run/run-options.ts';
import type { RunOptions, RunResult } from '../../harness/run/run-result.ts';
import { run } from '../../harness/run/run.ts';

/** Enough contention that a lock changes hands while sessions end. */
function runOf(changes: Partial<RunOptions>): Promise<RunResult> {
  const load = { servers: 3, timeLimitMs: 5000, ratePerSecond: 200, processes: 10, nemeses: [] };
  return run(
    { ...defaultRunOptions, seed: 5, workloads: ['lock'], ...load, ...changes },
    { keepsFiles: false },
  );
}

function guaranteeOf({ guarantees }: RunResult, name: string): GuaranteeResult | undefined {
  return guarantees.find((guarantee) => guarantee.name === name);
}

describe('the lock workload in the simulated world', () => {
  it('hands locks over while sessions fall silent and a server is killed', async () => {
    const result = await runOf({ nemeses: ['kill'] });

    assert.equal(result.verdict, 'pass', JSON.stringify(result.problems));
    const { verdict, opportunities = 0 } = guaranteeOf(result, 'mutual-exclusion') ?? {};
    assert.equal(verdict, 'pass');
    assert.ok(opportunities > 50, `${opportunities} opportunities`);
  });

  for (const mutant of ['ephemeral-index-keeps-deleted', 'create-takes-over-in-flight']) {
    it(`sees ${mutant}`, async () => {
      const result = await runOf({ mutant });

      assert.equal(guaranteeOf(result, 'mutual-exclusion')?.verdict, 'violated');
    });
  }
});
