import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { barrier } from '../../checkers/barrier.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { contextOf, draw, type Drawn } from './draw.ts';

const path = '/barrier/0';
type More = Omit<Drawn, 'f' | 'value' | 'result'>;
/** A group of two, `a` and `b`. */
const size = 2;

/** A zxid is ten times the millisecond in which the call ends, unless told. */
function of(f: string, member: string, round: number, result: object, more: More): Drawn {
  const about = { round, member, size };
  const zxid = (more.to ?? 0) * 10;
  return { f, value: [path, about], result: [path, { ...about, ...result }], session: member, zxid, ...more };
}

function arrive(member: string, round: number, more: More): Drawn {
  return of('barrier-arrive', member, round, { czxid: (more.to ?? 0) * 10 }, more);
}

function open(member: string, round: number, more: More): Drawn {
  return of('barrier-open', member, round, {}, more);
}

function depart(member: string, round: number, more: More): Drawn {
  return of('barrier-depart', member, round, {}, more);
}

interface Seen {
  readonly names: readonly string[];
  readonly at: number;
  readonly open: number;
  readonly openedZxid: number;
}

function check(member: string, round: number, seen: Seen, more: More): Drawn {
  return of('barrier-check', member, round, { ...seen, isIn: seen.open >= round }, more);
}

function leave(member: string, round: number, seen: Seen, more: More): Drawn {
  return of('barrier-leave', member, round, { ...seen, isOut: true }, more);
}

function judge(calls: readonly Drawn[]): GuaranteeResult {
  return barrier.check(draw(calls), contextOf());
}

function assertPass(calls: readonly Drawn[]): void {
  const { evidence } = judge(calls);
  assert.deepEqual(evidence, []);
}

function assertViolated(pattern: RegExp, calls: readonly Drawn[]): void {
  const result = judge(calls);
  assert.equal(result.verdict, 'violated');
  assert.match(result.reason ?? '', pattern);
}

const both = ['r1-ma', 'r1-mb'];
const arriveA = arrive('a', 1, { from: 100, to: 101, process: 1 });
const arriveB = arrive('b', 1, { from: 102, to: 103, process: 2 });
const openA = open('a', 1, { from: 110, to: 111, process: 1 });
const departA = depart('a', 1, { from: 112, to: 113, process: 1 });
/** Of the two, `a` has gone and `b` is inside. */
const inside = [arriveA, arriveB, openA, departA];
const departB = depart('b', 1, { from: 120, to: 121, process: 2 });
const gone = (at: number): Seen => ({ names: [], at, open: 1, openedZxid: 1110 });

describe('a barrier', () => {
  it('opens when all have arrived', () => {
    assertPass([arriveA, arriveB, openA]);
    assertViolated(/opened early: round 1 .* "r1-mb" arrived only with zxid 0x4b0/, [
      arriveA,
      openA,
      arrive('b', 1, { from: 118, to: 120, process: 2 }),
    ]);
    assertViolated(/opened early: .*one of 2 members had not arrived/, [arriveA, openA]);
  });

  it('may have been opened by an arrival without a reply', () => {
    const doubtful = arrive('b', 1, { from: 102, to: 105, type: 'info', process: 2 });

    assertPass([arriveA, doubtful, openA]);
    assertViolated(/opened early/, [arriveA, { ...doubtful, type: 'fail' }, openA]);
    assertViolated(/opened early/, [arriveA, openA, { ...doubtful, from: 112, to: 115 }]);
  });

  it('is judged by what members see as well', () => {
    const seen = { names: ['r1-ma'], at: 1010, open: 1, openedZxid: 1020 };
    const passes = check('a', 1, seen, { from: 104, to: 105, process: 1 });

    assertViolated(/round 1 was open as of zxid 0x3fc/, [arriveA, arriveB, passes]);
    assertPass([arriveA, arriveB, { ...passes, f: 'barrier-wait' }]);
  });

  it('opens round after round', () => {
    const zero = { names: both, at: 1030, open: 0, openedZxid: 1300 };

    assertViolated(/out of order: round 1 .* round 0 opened only/, [
      arriveA,
      arriveB,
      openA,
      check('b', 1, zero, { from: 131, to: 132, process: 2 }),
    ]);
  });

  it('is left when all are gone', () => {
    const leaves = leave('a', 1, gone(1130), { from: 114, to: 115, process: 1 });
    const leavesLate = leave('a', 1, gone(1210), { from: 122, to: 123, process: 1 });

    assertViolated(/left early: process 1 .* "r1-mb" was there until zxid 0x4b9/, [
      ...inside,
      leaves,
      departB,
    ]);
    assertPass([...inside, departB, leavesLate]);
  });

  it('is left as well when the session of one who was inside may have ended', () => {
    const leaves = leave('a', 1, gone(1130), { from: 114, to: 115, process: 1 });
    const again = arrive('b', 1, { from: 130, to: 131, process: 2, session: 'bb' });

    assertPass([...inside, leaves]);
    assertPass([...inside, leaves, again]);
  });

  it('does not open the next round while one is inside', () => {
    const next = [
      arrive('a', 2, { from: 114, to: 115, process: 1 }),
      arrive('b', 2, { from: 116, to: 117, process: 3, session: 'bb' }),
      open('a', 2, { from: 118, to: 119, process: 1 }),
    ];

    assertViolated(/next round early: round 2 .* "r1-mb" was there/, [...inside, ...next, departB]);
    assertPass([...inside, ...next]);
  });

  it('shows nobody who has not arrived', () => {
    const seen = { names: both, at: 1020, open: 0, openedZxid: 5 };
    const early = check('a', 1, seen, { from: 104, to: 105, process: 1 });
    const right = check('a', 1, { ...seen, at: 1030 }, { from: 104, to: 105, process: 1 });
    const doubtful = arrive('b', 1, { from: 100, to: 106, type: 'info', process: 4 });

    assertViolated(/phantom: "r1-mb" is listed as of zxid 0x3fc/, [arriveA, arriveB, early]);
    assertPass([arriveA, arriveB, right]);
    assertPass([arriveA, doubtful, early]);
  });

  it('that hardly anybody passed is not exercised', () => {
    assert.equal(judge([arriveA, arriveB, openA]).verdict, 'not-exercised');
  });
});
