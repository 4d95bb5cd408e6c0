import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ExerciseTally } from '../../../harness/campaign/exercise.ts';
import type { JudgedGuarantee } from '../../../harness/campaign/exercise.ts';
import { renderExerciseTable } from '../../../reports/exercise-table.ts';

function judged(name: string, verdict: JudgedGuarantee['verdict'], opportunities: number): JudgedGuarantee {
  return { name, verdict, opportunities, leastOpportunities: 5 };
}

describe('what a guarantee was given to break', () => {
  it('is summed by workload, with the least and the median of the runs', () => {
    const tally = new ExerciseTally();
    for (const opportunities of [40, 7, 3, 12]) {
      tally.add('set', [judged('durability', opportunities < 5 ? 'not-exercised' : 'pass', opportunities)]);
    }
    tally.add('register', [judged('durability', 'violated', 9)]);

    assert.deepEqual(tally.exercises(['durability']), [
      {
        workload: 'register',
        guarantee: 'durability',
        verdicts: { violated: 1 },
        opportunities: { sum: 9, least: 9, median: 9 },
      },
      {
        workload: 'set',
        guarantee: 'durability',
        verdicts: { pass: 3, 'not-exercised': 1 },
        opportunities: { sum: 62, least: 3, median: 7 },
      },
    ]);
  });

  it('leaves runs out that could not judge it', () => {
    const tally = new ExerciseTally();
    tally.add(null, [judged('trace-invariants', 'not-supported', 0), judged('durability', 'pass', 8)]);

    const [durability, trace] = tally.exercises(['durability']);

    assert.equal(durability?.opportunities.least, 8);
    assert.deepEqual(trace?.opportunities, { sum: 0, least: null, median: null });
  });

  it('does not depend on the order in which runs end', () => {
    const [one, other] = [new ExerciseTally(), new ExerciseTally()];
    const runs = [
      ['b', judged('sequences', 'pass', 6)],
      ['a', judged('durability', 'pass', 5)],
      ['a', judged('sequences', 'pass', 9)],
    ] as const;
    for (const [workload, result] of runs) one.add(workload, [result]);
    for (const [workload, result] of runs.toReversed()) other.add(workload, [result]);

    assert.deepEqual(
      one.exercises(['sequences', 'durability']),
      other.exercises(['sequences', 'durability']),
    );
  });

  it('is a table with a row for each guarantee, and a dash for a verdict that no run came to', () => {
    const tally = new ExerciseTally();
    tally.add('set', [judged('durability', 'pass', 1_200), judged('replicas-agree', 'not-exercised', 1)]);
    tally.add('set', [judged('durability', 'pass', 800), judged('replicas-agree', 'pass', 6)]);

    assert.deepEqual(renderExerciseTable(tally.exercises(['durability'])), [
      'guarantee            pass  violated  inconclusive  not exercised  opportunities  least  median',
      'set: durability         2         –             –              –          2,000    800     800',
      'set: replicas-agree     1         –             –              1              7      1       1',
    ]);
  });

  it('keeps its columns under their titles, however large the numbers', () => {
    const tally = new ExerciseTally();
    tally.add(null, [judged('trace-invariants', 'pass', 12_345_678), judged('recovery', 'pass', 1)]);

    const widths = renderExerciseTable(tally.exercises([])).map((line) => line.length);

    assert.equal(new Set(widths).size, 1, widths.join());
  });
});
