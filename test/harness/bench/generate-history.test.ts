import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { checkHistory } from '../../../checkers/linearizability/check-history.ts';
import { findModel } from '../../../checkers/models/models.ts';
import { generateHistory } from '../../../harness/bench/checkers/generate-history.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';
import { Random } from '../../../harness/random/random.ts';

const limits = { timeMs: 10_000, memoryBytes: 256 * 1024 * 1024, nowMs: () => performance.now() };
const casRegister = findModel('cas-register')!;

describe('generated histories', () => {
  for (const keys of [1, 4]) {
    for (const [processes, indefinitePercent] of [
      [5, 0],
      [20, 5],
      [100, 5],
    ] as const) {
      it(`of ${processes} processes on ${keys} keys, ${indefinitePercent} % indefinite, are linearizable`, () => {
        const history = generateHistory(
          { operations: 600, processes, indefinitePercent, keys },
          new Random(5),
        );

        const calls = pairOperations(history);
        assert.equal(calls.length, 600);
        const lost = calls.filter(({ outcome }) => outcome === 'info').length;
        assert.ok(indefinitePercent === 0 ? lost === 0 : lost > 10 && lost < 60, `${lost} lost`);
        assert.equal(checkHistory(history, casRegister, limits).verdict, 'pass');
      });
    }
  }

  it('are violated once a late read sees a value that was not there', () => {
    const history = generateHistory(
      { operations: 600, processes: 20, indefinitePercent: 5, keys: 1 },
      new Random(5),
    );
    const last = history.findLastIndex(({ type, f }) => type === 'ok' && f === 'read');
    const wrong = history.map((entry, index) => (index === last ? { ...entry, value: [0, 77] } : entry));

    const { verdict, evidence } = checkHistory(wrong, casRegister, limits);

    assert.equal(verdict, 'violated');
    assert.equal(evidence[0]?.operations.at(-1)?.index, last);
  });

  it('are equal for equal seeds', () => {
    const size = { operations: 100, processes: 5, indefinitePercent: 5, keys: 2 };

    assert.deepEqual(generateHistory(size, new Random(1)), generateHistory(size, new Random(1)));
  });
});
