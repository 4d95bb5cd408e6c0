import { describe, it } from 'mocha';
import { mutualExclusion } from '../../checkers/mutual-exclusion.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';
import { acquire, closeSession, look } from './draw-ephemerals.ts';

const lock = '/lock/0-0';
const [one, two] = ['aa', 'bb'];

/** A lock that one session takes and gives back, so that a tiny history is not called too short. */
const exercise: readonly Drawn[] = Array.from({ length: 6 }, (_, index) => [
  acquire('/lock/9-0', 'ee', 1 + 2 * index, { from: 2 * index, to: 2 * index + 0.5, process: 99 }),
  deletion(
    'release',
    { from: 2 * index + 1, to: 2 * index + 1.5, process: 99, zxid: 2 + 2 * index },
    '/lock/9-0',
  ),
]).flat();

function deletion(f: 'release' | 'break', more: Omit<Drawn, 'f' | 'value'>, path = lock): Drawn {
  return { f, value: [path, null], session: 'cc', ...more };
}

function lockLook(
  session: string,
  owner: string | null,
  czxid: number,
  more: Parameters<typeof look>[3],
): Drawn {
  return { ...look(lock, session, owner === null ? null : { owner, czxid }, more), f: 'lock-look' };
}

function check(calls: readonly Drawn[]): GuaranteeResult {
  return mutualExclusion.check(draw([...exercise, ...calls]), contextOf());
}

const { assertPass, assertViolated } = assertionsOf(check);

const first = acquire(lock, one, 110, { from: 110, to: 111, process: 1 });
const second = acquire(lock, two, 120, { from: 120, to: 121, process: 2 });
const firstLives = acquire('/lock/1-0', one, 130, { from: 130, to: 131, process: 1 });

describe('mutual exclusion', () => {
  it('is broken by two holders whose sessions both live on', () => {
    assertViolated(/bb had acquired it.*while session aa had acquired it/, [first, second, firstLives]);
  });

  it('is broken when the first holder closes its session only later', () => {
    const closed = closeSession(one, 125, { from: 124, to: 126, process: 1 });

    assertViolated(/its session-close has zxid 0x7d/, [first, second, closed]);
  });

  it('holds when the first session may have expired, or closed before', () => {
    const closed = closeSession(one, 115, { from: 114, to: 116, process: 1 });

    assertPass([first, second]);
    assertPass([first, closed, second]);
  });

  it('holds when the lock was released or broken in between, or perhaps', () => {
    assertPass([
      first,
      deletion('release', { from: 112, to: 113, zxid: 115, process: 1 }),
      second,
      firstLives,
    ]);
    assertPass([first, deletion('break', { from: 105, to: 125, zxid: 115 }), second, firstLives]);
    assertPass([first, deletion('break', { from: 90 }), second, firstLives]);
  });

  it('is not saved by a release that came before, after, or was refused', () => {
    for (const useless of [
      deletion('break', { from: 105, to: 107, zxid: 105 }),
      deletion('break', { from: 119, to: 122, zxid: 121 }),
      deletion('break', { from: 112, to: 113, zxid: 115, type: 'fail' }),
    ]) {
      assertViolated(/while session aa/, [first, useless, second, firstLives]);
    }
  });

  it('hands out zxids that rise', () => {
    const late = acquire(lock, two, 105, { from: 120, to: 121, process: 2 });

    assertViolated(/before session bb had acquired it.*began/, [first, late]);
  });

  it('leaves the order of two acquisitions at the same time open', () => {
    assertPass([first, acquire(lock, two, 105, { from: 110.5, to: 121, process: 2 })]);
  });
});

describe('a holder', () => {
  it('does not lose the lock to the end of another session', () => {
    const gone = lockLook(one, null, 0, { from: 115, to: 116, process: 1 });

    assertViolated(/nobody holds it, though the session lived on/, [first, gone, firstLives]);
  });

  it('does not see another in its place', () => {
    const stolen = lockLook(one, two, 112, { from: 115, to: 116, process: 1 });

    assertViolated(/session bb holds it, though/, [first, stolen, firstLives]);
  });

  it('may lose it to somebody who broke it, or with its session', () => {
    const gone = lockLook(one, null, 0, { from: 115, to: 116, process: 1 });
    const broken = deletion('break', { from: 112, to: 113, zxid: 114 });

    assertPass([first, broken, gone, firstLives]);
    assertPass([first, gone]);
  });
});
