// What a checker's tests say of drawn histories: it passes, or it is violated once, in these words.

import assert from 'node:assert/strict';
import type { GuaranteeResult } from '../../checkers/verdict.ts';

export interface Assertions<Given extends readonly unknown[]> {
  readonly assertPass: (...given: Given) => void;
  /** With one piece of evidence, and no other. */
  readonly assertViolated: (pattern: RegExp, ...given: Given) => void;
  /** Where one lie breaks several rules. */
  readonly assertViolatedAlso: (pattern: RegExp, ...given: Given) => void;
}

export function assertionsOf<Given extends readonly unknown[]>(
  check: (...given: Given) => GuaranteeResult,
): Assertions<Given> {
  const assertViolatedAlso = (pattern: RegExp, ...given: Given): GuaranteeResult => {
    const result = check(...given);
    assert.equal(result.verdict, 'violated');
    assert.match(result.reason ?? '', pattern);
    return result;
  };
  return {
    assertPass: (...given) => {
      const result = check(...given);
      assert.equal(result.verdict, 'pass', result.reason);
    },
    assertViolatedAlso,
    assertViolated: (pattern, ...given) => {
      const result = assertViolatedAlso(pattern, ...given);
      assert.equal(result.evidence.length, 1, result.reason);
    },
  };
}
