import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import type { Verdict } from '../../../checkers/verdict.ts';
import { exitCodeOf, verdictOf, worstExitCode } from '../../../harness/run/exit-code.ts';

type Kind = 'harness' | 'environment';

function judge(verdicts: readonly Verdict[], kinds: readonly Kind[] = []): [Verdict, number] {
  const judged = {
    guarantees: verdicts.map((verdict) => ({ verdict })),
    problems: kinds.map((kind) => ({ kind, message: kind })),
  };
  return [verdictOf(judged), exitCodeOf(judged)];
}

describe('exit code', () => {
  const table: readonly [string, readonly Verdict[], readonly Kind[], Verdict, number][] = [
    ['all passed', ['pass', 'pass'], [], 'pass', 0],
    [
      'what was not exercised does not spoil a pass',
      ['pass', 'not-exercised', 'not-supported'],
      [],
      'pass',
      0,
    ],
    ['doubt outranks a pass', ['pass', 'inconclusive'], [], 'inconclusive', 2],
    ['nothing exercised is no pass', ['not-exercised', 'not-exercised'], [], 'inconclusive', 2],
    ['nothing judged is no pass', [], [], 'inconclusive', 2],
    ['the environment failed', ['inconclusive'], ['environment'], 'inconclusive', 3],
    ['the environment failed although all passed', ['pass'], ['environment'], 'inconclusive', 3],
    ['the harness failed', ['pass'], ['harness'], 'inconclusive', 4],
    ['the harness outranks the environment', ['pass'], ['environment', 'harness'], 'inconclusive', 4],
    ['a violation outranks doubt', ['violated', 'inconclusive'], [], 'violated', 1],
    ['a violation outranks the harness', ['violated'], ['harness', 'environment'], 'violated', 1],
  ];
  for (const [title, verdicts, problems, verdict, exit] of table) {
    it(`${exit}: ${title}`, () => {
      assert.deepEqual(judge(verdicts, problems), [verdict, exit]);
    });
  }

  it('of several things is the first that applies', () => {
    assert.equal(worstExitCode([0, 0]), 0);
    assert.equal(worstExitCode([]), 0);
    assert.equal(worstExitCode([0, 64]), 64);
    assert.equal(worstExitCode([64, 2]), 2);
    assert.equal(worstExitCode([2, 3]), 3);
    assert.equal(worstExitCode([3, 4]), 4);
    assert.equal(worstExitCode([4, 1, 0]), 1);
  });
});
