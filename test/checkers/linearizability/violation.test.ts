import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { searchLinearization } from '../../../checkers/linearizability/search.ts';
import type { SearchCall } from '../../../checkers/linearizability/search.ts';
import { explainViolation } from '../../../checkers/linearizability/violation.ts';
import type { Violation } from '../../../checkers/linearizability/violation.ts';
import type { RegisterAction } from '../../../checkers/models/register.ts';
import { casRegister } from '../../../checkers/models/register.ts';

const limits = { timeMs: 5000, memoryBytes: 64 * 1024 * 1024, nowMs: () => 0 };

type RegisterCall = SearchCall<RegisterAction>;

function read(value: number, start: number, end: number): RegisterCall {
  return { action: { type: 'read', value: String(value) }, start, end };
}

function write(value: number, start: number, end = Infinity): RegisterCall {
  return { action: { type: 'write', value: String(value) }, start, end };
}

function explain(calls: readonly RegisterCall[]): Violation<string> {
  const found = searchLinearization(casRegister, calls, limits);
  assert.ok(found.type === 'not-linearizable');
  const violation = explainViolation(casRegister, calls, found, limits);
  assert.ok(violation !== null);
  return violation;
}

describe('a violation', () => {
  it('names the longest linearizable prefix, the call that cannot follow and the states there', () => {
    const violation = explain([write(1, 0, 1), write(2, 2, 5), read(9, 3, 6), read(2, 7, 8)]);

    assert.deepEqual(violation.prefix, [0, 1]);
    assert.equal(violation.blocked, 2);
    assert.deepEqual(violation.states, ['2']);
  });

  it('reports every state in which the call was refused', () => {
    const violation = explain([write(1, 0, 9), write(2, 0, 9), read(7, 10, 11)]);

    assert.deepEqual([...violation.states].sort(), ['1', '2']);
    assert.ok(violation.areAllStates);
  });

  it('is blamed on the call at whose return the history broke, not on one that led there', () => {
    // The write of 2 is the last that may be taken before the stale read, and blameless.
    const violation = explain([write(1, 0, 1), write(2, 2, 3), write(3, 4, 5), read(2, 6, 7), read(3, 8, 9)]);

    assert.equal(violation.blocked, 3);
  });

  it('has a core of the few calls that contradict each other', () => {
    const noise = Array.from({ length: 40 }, (_, step) => [
      write(step % 3, 10 * step, 10 * step + 15),
      read(step % 3, 10 * step + 16, 10 * step + 17),
    ]).flat();
    const calls = [
      ...noise,
      write(7, 1000, 1001),
      write(8, 1010, 1011),
      read(7, 1020, 1021),
      read(8, 1030, 1031),
    ];

    const violation = explain(calls);

    // The write of 8 was over before the read of 7 began; the write of 7 cannot help, done or not.
    assert.deepEqual(violation.core, [noise.length + 1, noise.length + 2]);
  });

  it('keeps in its core the call that makes a value impossible, though other calls could write it', () => {
    const violation = explain([
      write(1, 0, 1),
      write(2, 2, 3),
      read(2, 4, 5),
      write(1, 6),
      read(1, 7, 8),
      read(2, 9, 10),
    ]);

    assert.equal(violation.blocked, 5);
    assert.deepEqual(violation.core, [4, 5]);
  });
});
