import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { leaderElection } from '../../checkers/leader-election.ts';
import { contextOf, draw, type Drawn } from './draw.ts';
import { drawerOf, exerciseOf } from './recipes/draw-line.ts';

const { enter, look, use, observe } = drawerOf('/leader-election/0');

function assertVerdict(verdict: string, pattern: RegExp, calls: readonly Drawn[]): void {
  const result = leaderElection.check(draw([...exerciseOf('/leader-election/9'), ...calls]), contextOf());
  assert.equal(result.verdict, verdict, result.reason);
  assert.match(result.reason ?? '', pattern);
}

const first = [
  enter(1, 'aa', { from: 100, to: 101, process: 1 }),
  look(1, 'aa', { seen: 'first', at: 1010 }, { from: 102, to: 103, process: 1 }),
];
const second = [
  enter(2, 'bb', { from: 110, to: 111, process: 2 }),
  look(2, 'bb', { seen: 'first', at: 1200 }, { from: 130, to: 131, process: 2 }),
  use(2, 'bb', { from: 134, to: 135, process: 2 }),
];

describe('an election', () => {
  it('has no second leader beside one who still leads', () => {
    const leads = use(1, 'aa', { from: 124, to: 125, process: 1 });

    assertVerdict('violated', /two led together/, [...first, leads, ...second]);
  });

  it('has a second leader when the first may be gone, whatever the first believes', () => {
    const asks = use(1, 'aa', { from: 140, to: 141, type: 'fail', process: 1 });

    assertVerdict('pass', /^$/, [...first, ...second, asks]);
  });

  it('has epochs that rise in what members see', () => {
    const seen = observe(1, 1400, { from: 145, to: 146 });
    const stale = observe(1, 1020, { from: 145, to: 146 });

    assertVerdict('violated', /with epoch 1 .* behind one with 2/, [...first, ...second, seen]);
    assertVerdict('pass', /^$/, [...first, ...second, stale]);
  });

  it('of another root is none of its business', () => {
    const elsewhere = drawerOf('/fair-lock/0');
    const both = [1, 2].flatMap((number) => [
      elsewhere.enter(number, `a${number}`, { from: 100, to: 101 + number }),
      elsewhere.look(number, `a${number}`, { seen: 'first', at: 1050 }, { from: 110, to: 111 }),
      elsewhere.use(number, `a${number}`, { from: 120, to: 121 }),
    ]);

    assertVerdict('pass', /^$/, both);
  });
});
