import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { fairLock } from '../../checkers/fair-lock.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import { contextOf, draw, type Drawn } from './draw.ts';
import { drawerOf, exerciseOf } from './recipes/draw-line.ts';

const exercise = exerciseOf('/fair-lock/9');
const { enter, look, use, leave, observe } = drawerOf('/fair-lock/0');

function check(calls: readonly Drawn[]): GuaranteeResult {
  return fairLock.check(draw([...exercise, ...calls]), contextOf());
}

const { assertPass, assertViolatedAlso: assertViolated } = assertionsOf(check);

/** Number 1 comes and has the lock as of zxid 1010, number 2 comes behind it. */
const first = [
  enter(1, 'aa', { from: 100, to: 101, process: 1 }),
  look(1, 'aa', { seen: 'first', at: 1010 }, { from: 102, to: 103, process: 1 }),
];
const second = enter(2, 'bb', { from: 110, to: 111, process: 2 });
const secondHas = (at: number): Drawn =>
  look(2, 'bb', { seen: 'first', at }, { from: 130, to: 131, process: 2 });
const closeOf = (session: string, more: Omit<Drawn, 'f' | 'value'>): Drawn => ({
  f: 'session-close',
  value: ['/fair-lock', null],
  session,
  ...more,
});

describe('a fair lock', () => {
  it('is broken by a second holder while the first one goes on writing', () => {
    const late = use(1, 'aa', { from: 124, to: 125, process: 1 });

    assertViolated(/two had the lock together/, [...first, second, late, secondHas(1200)]);
    assertPass([...first, second, late, secondHas(1260)]);
  });

  it('is broken where the first one gives it back only later', () => {
    const leaves = leave(1, 'aa', { from: 124, to: 125, process: 1 });

    assertViolated(/two had the lock together.*its line-leave says/, [
      ...first,
      second,
      leaves,
      secondHas(1249),
    ]);
    assertPass([...first, second, leaves, secondHas(1250)]);
  });

  it('is broken where the session of the first one lives on, which another write of it shows', () => {
    const elsewhere = drawerOf('/fair-lock/5').enter(1, 'aa', { from: 124, to: 125, process: 1 });

    assertViolated(/two had the lock together/, [...first, second, elsewhere, secondHas(1200)]);
  });

  it('is broken where the first one closes its session only later', () => {
    const closes = closeOf('aa', { from: 124, to: 125, zxid: 1250, process: 1 });

    assertViolated(/two had the lock together/, [...first, second, closes, secondHas(1240)]);
    assertPass([...first, second, closes, secondHas(1250)]);
  });

  it('is handed on when the first session may have expired', () => {
    assertPass([...first, second, secondHas(1200)]);
  });

  it('is handed on when a delete was asked for, although no reply came and the session lives on', () => {
    const leaves = leave(1, 'aa', { from: 112, process: 1 });
    const lives = drawerOf('/fair-lock/5').enter(1, 'aa', { from: 124, to: 125, process: 3 });

    assertPass([...first, second, leaves, lives, secondHas(1200)]);
  });

  it('is not taken from a holder by a delete that was refused', () => {
    const refused = leave(1, 'aa', { from: 112, to: 113, type: 'fail', process: 1 });
    const late = use(1, 'aa', { from: 124, to: 125, process: 1 });

    assertViolated(/two had the lock together/, [...first, second, refused, late, secondHas(1200)]);
  });

  it('goes to those who wait in the order in which they came', () => {
    const third = enter(3, 'cc', { from: 112, to: 113, process: 3 });
    const gone = leave(1, 'aa', { from: 114, to: 115, process: 1 });
    const passes = look(3, 'cc', { seen: 'first', at: 1150 }, { from: 116, to: 117, process: 3 });
    const waits = look(2, 'bb', { seen: 'behind', at: 1160 }, { from: 118, to: 119, process: 2 });

    assertViolated(/one was passed over.*had not had its turn/, [
      ...first,
      second,
      third,
      gone,
      passes,
      waits,
    ]);
    assertPass([...first, second, third, gone, passes]);
  });

  it('is broken by a number that is lower than one that was given before', () => {
    const fifth = [
      enter(5, 'bb', { from: 90, to: 91, process: 2 }),
      look(5, 'bb', { seen: 'first', at: 910 }, { from: 92, to: 93, process: 2 }),
    ];

    assertViolated(/passed over.*came later/, [...fifth, ...first]);
  });

  it('is broken by a number that is given twice', () => {
    const same = enter(1, 'bb', { from: 110, to: 111, process: 2 });
    const renamed = {
      ...same,
      result: ['/fair-lock/0', { role: 'exclusive', prefix: 'x7-', name: 'x7-0000000001' }],
    };

    assertViolated(/the same number/, [...first, renamed]);
  });
});

describe('what a lock guards', () => {
  it('takes no write of a past holder', () => {
    const writes = use(2, 'bb', { from: 134, to: 135, process: 2 });
    const late = use(1, 'aa', { from: 140, to: 141, process: 1 });
    const handed = [...first, second, secondHas(1200), writes];

    assertViolated(/it was not kept out/, [...handed, late]);
    assertPass([...handed, { ...late, type: 'fail' }]);
  });

  it('takes none that had no reply either, when somebody sees it', () => {
    const writes = use(2, 'bb', { from: 134, to: 135, process: 2 });
    const late = use(1, 'aa', { from: 126, process: 1 });
    const handed = [...first, second, late, secondHas(1200), writes];

    assertViolated(/it was not kept out/, [...handed, observe(1, 1380, { from: 140, to: 141 })]);
    assertPass([...handed, observe(1, 1100, { from: 140, to: 141 })]);
  });

  it('has one content at a time', () => {
    const seen = [observe(1, 1050, { from: 106, to: 107 }), observe(2, 1050, { from: 108, to: 109 })];

    assertViolated(/has fencing token 1 and 2/, [...first, ...seen]);
  });
});

describe('a place in line', () => {
  const gone = look(1, 'aa', { seen: 'gone', at: 1040 }, { from: 104, to: 105, process: 1 });

  it('is kept as long as the session lives', () => {
    const lives = drawerOf('/fair-lock/5').enter(1, 'aa', { from: 106, to: 107, process: 1 });

    assertViolated(/nobody had asked to delete it and its session aa lived on/, [...first, gone, lives]);
  });

  it('goes with the session, or with the wish to leave', () => {
    const lives = drawerOf('/fair-lock/5').enter(1, 'aa', { from: 106, to: 107, process: 3 });
    const leaves = leave(1, 'aa', { from: 103.5, to: 103.7, type: 'info', process: 4 });

    assertPass([...first, gone]);
    assertPass([...first, leaves, gone, lives]);
  });
});

it('a fair lock that never changed hands is not exercised', () => {
  assert.equal(fairLock.check(draw(first), contextOf()).verdict, 'not-exercised');
});
