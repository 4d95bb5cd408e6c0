import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import type { FaultWindow } from '../../../harness/nemesis/nemesis-run.ts';
import { judgeProgress, leastAcknowledged } from '../../../harness/run/progress-guarantee.ts';
import type { ProgressFacts } from '../../../harness/run/progress-guarantee.ts';

function windowOf(changes: Partial<FaultWindow> = {}): FaultWindow {
  const fault = {
    nemesis: 'kill',
    shape: 'kill -9 of the leader',
    targets: [3],
    startNs: 2e9,
    endNs: 5e9,
    proof: 'gone',
    acknowledgedDuring: 90,
  };
  return {
    fault,
    keepsQuorum: true,
    acknowledgedDuring: 90,
    acknowledgedAfter: 80,
    lastedMs: 3000,
    quietMs: 2000,
    ...changes,
  };
}

function judge(changes: Partial<ProgressFacts> = {}): { verdict: string; reason: string | undefined } {
  const { verdict, reason } = judgeProgress({
    windows: [windowOf()],
    nemeses: ['kill'],
    hasBegun: true,
    workloads: [{ name: 'set', leastAcknowledged: 20 }],
    acknowledged: 400,
    ratePerSecond: 100,
    recoveryBoundMs: 10_000,
    ...changes,
  });
  return { verdict, reason };
}

describe('progress', () => {
  it('passes a run that did something during and after each fault', () => {
    assert.deepEqual(judge(), { verdict: 'pass', reason: undefined });
  });

  it('is in doubt when too little was acknowledged in all', () => {
    assert.deepEqual(judge({ acknowledged: 19 }), {
      verdict: 'inconclusive',
      reason: 'only 19 operations were acknowledged in all, 20 are needed',
    });
  });

  it('is in doubt when a nemesis had no turn', () => {
    const { verdict, reason } = judge({ nemeses: ['kill', 'pause'] });

    assert.equal(verdict, 'inconclusive');
    assert.match(reason ?? '', /^pause never had its turn/);
  });

  it('is in doubt when nothing was acknowledged all through a fault that leaves a quorum', () => {
    const { reason } = judge({ windows: [windowOf({ acknowledgedDuring: 0, lastedMs: 10_000 })] });

    assert.equal(
      reason,
      '0 operations were acknowledged during kill (kill -9 of the leader) at 2.0 s, which leaves a quorum; 5 are needed',
    );
  });

  it('asks nothing of a fault that leaves no quorum', () => {
    const windows = [windowOf({ keepsQuorum: false, acknowledgedDuring: 0, lastedMs: 10_000 })];

    assert.equal(judge({ windows }).verdict, 'pass');
  });

  it('is in doubt when nothing was acknowledged after a fault', () => {
    const { reason } = judge({ windows: [windowOf({ acknowledgedAfter: 1, quietMs: 10_000 })] });

    assert.match(reason ?? '', /^1 operations were acknowledged after kill/);
  });

  it('does not blame a window that the time limit cut short', () => {
    const windows = [windowOf({ acknowledgedDuring: 0, acknowledgedAfter: 0, lastedMs: 500, quietMs: 100 })];

    assert.equal(judge({ windows }).verdict, 'pass');
  });

  it('says that a run broke off, and no more', () => {
    assert.deepEqual(judge({ hasBegun: false, windows: [], acknowledged: 0 }), {
      verdict: 'inconclusive',
      reason: 'the run broke off before its first operation',
    });
  });

  it('asks less of a slow run', () => {
    assert.equal(leastAcknowledged(1), 1);
    assert.equal(leastAcknowledged(30), 3);
    assert.equal(leastAcknowledged(5000), 5);
  });
});
