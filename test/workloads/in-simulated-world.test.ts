import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { defaultRunOptions } from '../../harness/run/run-options.ts';
import type { RunOptions, RunResult } from '../../harness/run/run-result.ts';
import { run } from '../../harness/run/run.ts';

/** Three simulated seconds of one workload on three servers. */
function runOf(workload: string, changes: Partial<RunOptions>): Promise<RunResult> {
  const base = { ...defaultRunOptions, seed: 5, servers: 3, timeLimitMs: 3000, snapCount: 20 };
  return run({ ...base, workloads: [workload], ...changes }, { keepsFiles: false });
}

function verdictOf({ guarantees }: RunResult, name: string): string | undefined {
  return guarantees.find((guarantee) => guarantee.name === name)?.verdict;
}

interface Case {
  readonly workload: string;
  readonly guarantee: string;
  readonly mutant: string;
  /** Without these the mutant does no harm. */
  readonly needs?: readonly string[];
}

const cases: readonly Case[] = [
  { workload: 'sequential', guarantee: 'sequence', mutant: 'sequence-from-child-count' },
  { workload: 'multi', guarantee: 'multi-atomicity', mutant: 'multi-partial' },
  { workload: 'append', guarantee: 'serializable-transactions', mutant: 'check-ignored-in-multi' },
  { workload: 'reconfig', guarantee: 'reconfiguration', mutant: 'config-version-unchecked' },
  { workload: 'ephemeral', guarantee: 'ephemerals', mutant: 'no-closing-flag' },
  { workload: 'session-order', guarantee: 'session-order', mutant: 'read-overtakes-write' },
  { workload: 'watch', guarantee: 'watches', mutant: 'reply-before-event' },
  { workload: 'conformance', guarantee: 'conformance', mutant: 'exists-without-acl' },
  { workload: 'acl', guarantee: 'access-control', mutant: 'any-entry-lets-in' },
  { workload: 'counter', guarantee: 'counter', mutant: 'cas-against-applied' },
  { workload: 'sync-barrier', guarantee: 'sync-barrier', mutant: 'sync-local', needs: ['slow-links'] },
  { workload: 'configuration', guarantee: 'configuration', mutant: 'reply-before-event' },
  { workload: 'membership', guarantee: 'membership', mutant: 'child-watch-deaf-to-delete' },
  { workload: 'container-ttl', guarantee: 'containers', mutant: 'containers-go-with-children' },
  { workload: 'fair-lock', guarantee: 'fair-lock', mutant: 'sequence-from-child-count' },
  { workload: 'read-write-lock', guarantee: 'read-write-lock', mutant: 'sequence-from-child-count' },
  { workload: 'leader-election', guarantee: 'leader-election', mutant: 'sequence-from-child-count' },
  { workload: 'queue', guarantee: 'queue', mutant: 'delete-of-absent-succeeds' },
  { workload: 'barrier', guarantee: 'barrier', mutant: 'delete-leaves-pzxid' },
];

for (const { workload, guarantee, mutant, needs = [] } of cases) {
  describe(`the ${workload} workload in the simulated world`, () => {
    it('passes under faults', async () => {
      const result = await runOf(workload, { nemeses: ['kill'], timeLimitMs: 5000 });

      assert.equal(result.verdict, 'pass', JSON.stringify(result.problems));
      assert.equal(verdictOf(result, guarantee), 'pass');
      // Where servers remove znodes by themselves, two of them cannot be compared.
      assert.equal(verdictOf(result, 'replicas-agree') ?? 'pass', 'pass');
    });

    it('asks the same for the same seed', async () => {
      const [one, same] = [await runOf(workload, { nemeses: [] }), await runOf(workload, { nemeses: [] })];

      assert.deepEqual(same.operations, one.operations);
      assert.equal(same.traceHash, one.traceHash);
    });

    it(`sees ${mutant}`, async () => {
      const result = await runOf(workload, { nemeses: needs, mutant });

      assert.equal(verdictOf(result, guarantee), 'violated');
    });
  });
}

describe('workloads that share a session', () => {
  it('do not take what is about the others for their own', async () => {
    const result = await runOf('conformance', {
      workloads: ['conformance', 'acl', 'watch', 'ephemeral'],
      nemeses: ['client-cuts'],
      timeLimitMs: 5000,
    });

    assert.equal(result.verdict, 'pass', JSON.stringify(result.guarantees));
    assert.equal(verdictOf(result, 'conformance'), 'pass');
    assert.equal(verdictOf(result, 'watches'), 'pass');
  });
});
