import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { defaultRunOptions } from '../../harness/run/run-options.ts';
import type { RunOptions, RunResult } from '../../harness/run/run-result.ts';
import { run } from '../../harness/run/run.ts';

/** Long enough for holders to fall silent and to write on when their turn is over. */
function runOf(changes: Partial<RunOptions>): Promise<RunResult> {
  const load = { servers: 3, timeLimitMs: 8000, ratePerSecond: 200, processes: 10, nemeses: [] };
  return run(
    { ...defaultRunOptions, seed: 5, workloads: ['fair-lock'], ...load, ...changes },
    { keepsFiles: false },
  );
}

describe('the fair-lock workload in the simulated world', () => {
  it('keeps past holders out', async () => {
    const { guarantees, verdict } = await runOf({});

    assert.equal(verdict, 'pass', JSON.stringify(guarantees));
    const { opportunities = 0 } = guarantees.find(({ name }) => name === 'fair-lock') ?? {};
    assert.ok(opportunities > 20, `${opportunities} opportunities`);
  });

  it('sees one that was not kept out', async () => {
    const { guarantees } = await runOf({ mutant: 'check-of-absent-passes' });

    const { verdict, reason = '' } = guarantees.find(({ name }) => name === 'fair-lock') ?? {};
    assert.equal(verdict, 'violated');
    assert.match(reason, /it was not kept out/);
  });
});
