import { describe, it } from 'mocha';
import { readWriteLock } from '../../checkers/read-write-lock.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import { contextOf, draw, type Drawn } from './draw.ts';
import { drawerOf, exerciseOf } from './recipes/draw-line.ts';

const exercise = exerciseOf('/read-write-lock/9');
/** Even numbers read. */
const { enter, look, use, useShared } = drawerOf('/read-write-lock/0', (number) => number % 2 === 0);

function check(calls: readonly Drawn[]): GuaranteeResult {
  return readWriteLock.check(draw([...exercise, ...calls]), contextOf());
}

const { assertPass, assertViolatedAlso: assertViolated } = assertionsOf(check);

const reader = enter(2, 'aa', { from: 100, to: 101, process: 1 });
const reads = look(2, 'aa', { seen: 'first', at: 1010 }, { from: 102, to: 103, process: 1 });
const other = enter(4, 'bb', { from: 110, to: 111, process: 2 });
const othersRead = look(4, 'bb', { seen: 'first', at: 1110 }, { from: 112, to: 113, process: 2 });
const readAgain = useShared(2, 'aa', { token: -1, mzxid: 5 }, { from: 124, to: 125, process: 1 });

describe('a read-write lock', () => {
  it('is shared by readers', () => {
    assertPass([reader, reads, other, othersRead, readAgain]);
  });

  it('is broken by a writer beside a reader', () => {
    const writer = enter(5, 'bb', { from: 110, to: 111, process: 2 });
    const writes = look(5, 'bb', { seen: 'first', at: 1200 }, { from: 130, to: 131, process: 2 });

    assertViolated(/two had the lock together/, [reader, reads, writer, readAgain, writes]);
    assertPass([reader, reads, writer, writes]);
  });

  it('is broken by a reader beside a writer', () => {
    const writer = enter(1, 'bb', { from: 90, to: 91, process: 2 });
    const writes = look(1, 'bb', { seen: 'first', at: 910 }, { from: 92, to: 93, process: 2 });
    const late = use(1, 'bb', { from: 104, to: 105, process: 2 });

    assertViolated(/two had the lock together/, [writer, writes, reader, reads, late]);
    assertPass([writer, writes, reader, reads]);
  });

  it('is broken by a write that a reader meets in his turn, although it had no reply', () => {
    const writer = enter(1, 'bb', { from: 90, to: 91, process: 2 });
    const lost = use(1, 'bb', { from: 92, process: 2 });
    const seen = useShared(2, 'aa', { token: 1, mzxid: 1100 }, { from: 124, to: 125, process: 1 });
    const before = useShared(2, 'aa', { token: 1, mzxid: 1000 }, { from: 124, to: 125, process: 1 });

    assertViolated(/passed over/, [writer, lost, reader, reads, seen]);
    assertPass([writer, lost, reader, reads, before]);
  });

  it('lets no reader pass by a writer who waits', () => {
    const writer = enter(3, 'cc', { from: 104, to: 105, process: 3 });
    const waits = look(3, 'cc', { seen: 'behind', at: 1120 }, { from: 114, to: 115, process: 3 });

    assertViolated(/one was passed over/, [reader, reads, writer, other, othersRead, waits]);
    assertPass([reader, reads, other, othersRead, enter(5, 'cc', { from: 120, to: 121, process: 3 })]);
  });
});
