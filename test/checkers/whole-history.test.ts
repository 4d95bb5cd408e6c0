import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { GuaranteeResult, Verdict } from '../../checkers/verdict.ts';
import { named, wholeHistory } from '../../checkers/whole-history.ts';
import { contextOf, draw, read, write } from './draw.ts';

/** What it was given, and what it said. */
function check(
  entries: number,
  verdict: Verdict = 'pass',
): { readonly seen: number[]; readonly result: GuaranteeResult } {
  const seen: number[] = [];
  const reads = wholeHistory({
    name: 'reads',
    title: 'reads',
    description: 'of reads',
    concerns: named('read'),
    check(history) {
      seen.push(...history.map(({ index }) => index));
      return {
        name: 'reads',
        title: 'reads',
        verdict,
        opportunities: 1,
        leastOpportunities: 1,
        evidence: [],
      };
    },
  });
  const history = draw(
    [write(1, { from: 0, to: 1 }), read(1, { from: 2, to: 3 }), read(1, { from: 4, to: 5 })],
    [{ at: 2.5, f: 'read' }],
  );
  const result = reads.check(history, contextOf({ budget: { timeMs: 1000, memoryBytes: entries * 4096 } }));
  return { seen, result };
}

describe('a checker of whole histories', () => {
  it('is given what concerns it, with the indices of the whole', () => {
    const { seen, result } = check(4);

    assert.deepEqual(seen, [2, 4, 5, 6]);
    assert.equal(result.verdict, 'pass');
  });

  it('leaves in doubt what did not fit into its memory', () => {
    const { seen, result } = check(3);

    assert.deepEqual(seen, [2, 4, 5]);
    assert.equal(result.verdict, 'inconclusive');
    assert.match(result.reason ?? '', /only the first 3 of 4 entries/);
  });

  it('says what is violated all the same', () => {
    assert.equal(check(3, 'violated').result.verdict, 'violated');
  });
});
