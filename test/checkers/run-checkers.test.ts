import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { guarantees } from '../../checkers/guarantees.ts';
import { runCheckers, worstVerdict } from '../../checkers/run-checkers.ts';
import type { Checker, GuaranteeResult, Verdict } from '../../checkers/verdict.ts';
import { wholeHistory } from '../../checkers/whole-history.ts';
import { add, contextOf, draw, finalSet, write } from './draw.ts';

function checkerOf(name: string, check: Checker['check'] = () => resultOf(name, 'pass')): Checker {
  return wholeHistory({ name, title: name, description: name, concerns: () => true, check });
}

function resultOf(name: string, verdict: Verdict): GuaranteeResult {
  return { name, title: name, verdict, opportunities: 1, leastOpportunities: 1, evidence: [] };
}

describe('running checkers', () => {
  it('makes a crashed checker inconclusive and judges the others', () => {
    const crashing = checkerOf('crashing', () => {
      throw new RangeError('index out of range');
    });

    const { results, crashes } = runCheckers([crashing, checkerOf('sound')], [], contextOf());

    assert.deepEqual(
      results.map(({ name, verdict, reason }) => [name, verdict, reason]),
      [
        ['crashing', 'inconclusive', 'the checker crashed: index out of range'],
        ['sound', 'pass', undefined],
      ],
    );
    assert.deepEqual(
      crashes.map(({ checker, error }) => [checker, error.message]),
      [['crashing', 'index out of range']],
    );
  });

  it('runs a checker once that several workloads name', () => {
    const { results } = runCheckers([checkerOf('a'), checkerOf('b'), checkerOf('a')], [], contextOf());

    assert.deepEqual(
      results.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('gives what one checker did not use to the next', () => {
    const shares: number[] = [];
    let now = 0;
    const spending = (timeMs: number) =>
      checkerOf(`spends ${timeMs}`, (_, { budget }) => {
        shares.push(budget.timeMs);
        now += timeMs;
        return resultOf('any', 'pass');
      });
    const context = contextOf({ budget: { timeMs: 90, memoryBytes: 1 }, nowMs: () => now });

    runCheckers([spending(0), spending(45), spending(60)], [], context);

    assert.deepEqual(shares, [30, 45, 45]);
  });

  it('leaves nothing below zero when a checker overspent', () => {
    let now = 0;
    let share = -1;
    const over = checkerOf('over', () => {
      now = 500;
      return resultOf('over', 'pass');
    });
    const next = checkerOf('next', (_, { budget }) => {
      share = budget.timeMs;
      return resultOf('next', 'pass');
    });

    runCheckers([over, next], [], contextOf({ budget: { timeMs: 90, memoryBytes: 1 }, nowMs: () => now }));

    assert.equal(share, 0);
  });

  it('judges a run of register and set together', () => {
    const history = draw([
      write(1, { from: 0, to: 10, type: 'info' }),
      ...Array.from({ length: 12 }, (_, element) => add(element, { from: element, to: element + 20 })),
      ...[1, 2, 3].map((server) => finalSet(server, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])),
    ]);

    const { results, crashes } = runCheckers(guarantees, history, contextOf());

    assert.deepEqual(crashes, []);
    const exercised = results.filter(({ verdict }) => verdict !== 'not-exercised');
    assert.deepEqual(Object.fromEntries(exercised.map(({ name, verdict }) => [name, verdict])), {
      'linearizable-writes': 'inconclusive',
      'session-monotonic': 'inconclusive',
      availability: 'pass',
      durability: 'pass',
      'replicas-agree': 'pass',
    });
  });

  it('makes a malformed history inconclusive, not a pass', () => {
    const history = draw([write(1, { process: 1, from: 0, to: 10 })]).slice(1);

    const { results, crashes } = runCheckers(guarantees.slice(0, 1), history, contextOf());

    assert.equal(results[0]?.verdict, 'inconclusive');
    assert.match(crashes[0]?.error.message ?? '', /completes nothing/);
  });
});

describe('verdict of a run', () => {
  const cases: readonly [verdicts: readonly Verdict[], worst: Verdict][] = [
    [['pass', 'violated', 'inconclusive'], 'violated'],
    [['pass', 'inconclusive', 'not-exercised'], 'inconclusive'],
    [['pass', 'not-exercised', 'not-supported'], 'pass'],
    [['not-exercised', 'not-supported'], 'not-exercised'],
    [[], 'not-exercised'],
  ];
  for (const [verdicts, worst] of cases) {
    it(`of ${verdicts.join(', ') || 'nothing'} is ${worst}`, () => {
      assert.equal(worstVerdict(verdicts.map((verdict) => ({ verdict }))), worst);
    });
  }
});
