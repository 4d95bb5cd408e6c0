import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { GuaranteeResult, Verdict } from '../../../checkers/verdict.ts';
import { failureOf, showsFailure } from '../../../harness/shrink/failure.ts';

function judged(name: string, verdict: Verdict, subject = '/register/1'): GuaranteeResult {
  const evidence = verdict === 'violated' ? [{ subject, sentence: 'wrong', operations: [] }] : [];
  return { name, title: name, verdict, opportunities: 1, leastOpportunities: 1, evidence };
}

const trace = judged('trace-invariants', 'violated', 'I-11 commit means quorum durable');

describe('failure to keep', () => {
  it('is the one that a client can see, where there is one', () => {
    const result = { guarantees: [trace, judged('durability', 'violated')] };

    assert.deepEqual(failureOf(result), { guarantee: 'durability', invariant: null });
  });

  it('is the same invariant, where only the trace shows it', () => {
    const failure = failureOf({ guarantees: [judged('durability', 'pass'), trace] });

    assert.deepEqual(failure, {
      guarantee: 'trace-invariants',
      invariant: 'I-11 commit means quorum durable',
    });
    const other = judged('trace-invariants', 'violated', 'I-16 a log is a prefix');
    assert.ok(failure !== null && showsFailure({ guarantees: [trace], problems: [] }, failure));
    assert.equal(showsFailure({ guarantees: [other], problems: [] }, failure), false);
  });

  it('is the one asked for, or none', () => {
    const result = { guarantees: [trace, judged('durability', 'violated')] };

    assert.equal(failureOf(result, 'trace-invariants')?.guarantee, 'trace-invariants');
    assert.equal(failureOf(result, 'replicas-agree'), null);
    assert.equal(failureOf({ guarantees: [judged('durability', 'inconclusive')] }), null);
  });

  it('does not show in a run whose harness failed', () => {
    const guarantees = [judged('durability', 'violated')];
    const failure = { guarantee: 'durability', invariant: null };

    assert.ok(showsFailure({ guarantees, problems: [] }, failure));
    const problems = [{ kind: 'harness' as const, message: 'a fault did not bite' }];
    assert.equal(showsFailure({ guarantees, problems }, failure), false);
  });
});
