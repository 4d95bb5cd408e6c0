import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { membership } from '../../checkers/membership.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn, Noted } from './draw.ts';
import { contextOf, draw } from './draw.ts';
import { armed, asked, event, held, report } from './draw-followers.ts';

const service = '/membership/a';
type More = Partial<Omit<Drawn, 'f' | 'value' | 'result'>> & { readonly from: number };
const timeoutMs = 1000;

function join(name: string, session: string, zxid: number, more: More): Drawn {
  const path = `${service}/${name}`;
  return {
    f: 'member-join',
    value: [path, null],
    result: [path, { timeoutMs }],
    session,
    zxid,
    to: more.from + 1,
    ...more,
  };
}

function leave(name: string, zxid: number, more: More): Drawn {
  return {
    f: 'member-leave',
    value: [`${service}/${name}`, null],
    session: 'aa',
    zxid,
    to: more.from + 1,
    ...more,
  };
}

function sessionEvent(f: string, session: string, more: More): Drawn {
  return {
    f,
    value: ['/membership', null],
    result: ['/membership', { timeoutMs }],
    session,
    to: more.from + 1,
    ...more,
  };
}

/** By a session of its own; a list with `syncedBy` is behind a sync. */
function list(
  names: readonly string[],
  { pzxid = 0, syncedBy, f, ...more }: More & { pzxid?: number; syncedBy?: number; f?: string },
): Drawn {
  const seen = { names, pzxid, ...(syncedBy === undefined ? {} : { syncedBy }) };
  const isSynced = syncedBy !== undefined;
  return {
    f: f ?? (isSynced ? 'member-sync-list' : 'member-list'),
    value: [service, null],
    result: [service, seen],
    session: 'ff',
    zxid: pzxid,
    server: 1,
    to: more.from + 1,
    ...more,
  };
}

/** A follower that takes up ten changes of another service. */
const exercise: readonly Drawn[] = Array.from({ length: 10 }, (_, index) => ({
  f: 'member-follow',
  value: ['/membership/b', null],
  result: ['/membership/b', report([event, armed(index), held(index)], { session: 'ee' })],
  session: 'ee',
  zxid: index,
  from: index,
  to: index + 0.5,
}));

function check(calls: readonly Drawn[], nemesis: readonly Noted[] = []): GuaranteeResult {
  return membership.check(draw([...exercise, ...calls], nemesis), contextOf({ recoveryBoundMs: 1000 }));
}

const { assertPass, assertViolated } = assertionsOf(check);

const joined = join('m1', 'aa', 100, { from: 100 });
/** Proves that the session lived on. */
const lives = join('m2', 'aa', 200, { from: 200 });

describe('a member that is alive', () => {
  it('is on every list that is no older than its join', () => {
    assertPass([joined, list(['m1'], { from: 150, pzxid: 100 }), lives]);
    assertViolated(/m1: session aa joined .* got a list from server 1 at 0.151 s without it/, [
      joined,
      list([], { from: 150, pzxid: 100 }),
      lives,
    ]);
  });

  it('may miss on an older list', () => {
    assertPass([joined, list([], { from: 150, pzxid: 99 }), lives]);
  });

  it('is on the lists of a session that has seen its join, and on its own', () => {
    const seen = list(['m1'], { from: 140, pzxid: 100 });

    assertViolated(/without it/, [joined, seen, list([], { from: 150, pzxid: 99 }), lives]);
    assertViolated(/without it/, [joined, list([], { from: 150, pzxid: 99, session: 'aa' }), lives]);
  });

  it('is on lists behind a barrier, where the server has one', () => {
    assertViolated(/without it/, [joined, list([], { from: 150, pzxid: 99, syncedBy: 1 }), lives]);
    assertPass([joined, list([], { from: 150, pzxid: 99, syncedBy: 7 }), lives]);
    assertPass([joined, list([], { from: 100.5, pzxid: 99, syncedBy: 1 }), lives]);
  });

  it('may have left', () => {
    const missing = list([], { from: 150, pzxid: 130 });

    assertPass([joined, leave('m1', 130, { from: 130 }), missing, lives]);
    assertPass([joined, leave('m1', 130, { from: 130, type: 'info' }), missing, lives]);
    assertViolated(/without it/, [joined, leave('m1', 130, { from: 130, type: 'fail' }), missing, lives]);
    assertViolated(/without it/, [joined, missing, leave('m1', 160, { from: 160 }), lives]);
  });

  it('is proven alive by a later write only: a server that is cut off answers reads of the dead', () => {
    const missing = list([], { from: 150, pzxid: 130 });
    const answered = list(['m1'], { from: 160, pzxid: 100, session: 'aa' });

    assertPass([joined, missing]);
    assertPass([joined, missing, answered]);
  });
});

describe('a member that is gone', () => {
  const left = leave('m1', 130, { from: 130 });
  const closed = sessionEvent('session-close', 'aa', { from: 130, zxid: 130 });

  it('is on no list that is no older than its leave', () => {
    assertPass([joined, left, list(['m1'], { from: 150, pzxid: 129 })]);
    assertViolated(/with it, though it had left with zxid 0x82/, [
      joined,
      left,
      list(['m1'], { from: 150, pzxid: 131 }),
    ]);
  });

  it('is on none after the close of its session', () => {
    assertPass([joined, closed, list(['m1'], { from: 150, pzxid: 129 })]);
    assertViolated(/though its session aa had been closed/, [
      joined,
      closed,
      list(['m1'], { from: 150, pzxid: 130 }),
    ]);
    assertViolated(/though its session aa had been closed/, [
      joined,
      closed,
      list(['m1'], { from: 150, pzxid: 129, syncedBy: 1 }),
    ]);
  });

  it('may be there where its leave or close is in doubt', () => {
    for (const end of [left, closed]) {
      assertPass([joined, { ...end, type: 'info' }, list(['m1'], { from: 150, pzxid: 131 })]);
    }
  });

  it('never was where its join was refused, or nobody asked', () => {
    const shown = list(['m1'], { from: 150, pzxid: 100 });

    assertViolated(/its join was refused for certain/, [{ ...joined, type: 'fail' }, shown]);
    assertViolated(/nobody had asked for it/, [shown]);
    assertPass([{ ...joined, type: 'info' }, shown]);
  });
});

describe('a member that fell silent', () => {
  const silent = sessionEvent('session-silence', 'aa', { from: 200 });
  const late = list(['m1'], { from: 3300, pzxid: 100, syncedBy: 1 });

  it('is not listed after three of its timeouts', () => {
    assertPass([joined, silent, { ...late, from: 3200, to: 3201 }]);
    assertViolated(/nothing was heard of its session aa since 0.201 s/, [joined, silent, late]);
  });

  it('may be on a list that is not behind a barrier', () => {
    assertPass([joined, silent, list(['m1'], { from: 3300, pzxid: 100 })]);
  });

  it('may be listed for longer around a fault, or when it has woken up', () => {
    const fault = (at: number): Noted[] => [
      { at, f: 'kill', value: { phase: 'start' } },
      { at: at + 10, f: 'kill', value: { phase: 'end' } },
    ];

    assertPass([joined, silent, late], fault(1000));
    assertPass([joined, silent, sessionEvent('session-wake', 'aa', { from: 3000 }), late]);
  });

  it('is on no list in the end, counted from the recovery', () => {
    const nemesis: Noted[] = [
      { at: 1000, f: 'kill', value: { phase: 'start' } },
      { at: 2000, f: 'kill', value: { phase: 'end' } },
      { at: 3000, f: 'recovered' },
    ];
    const final = (from: number): Drawn => list(['m1'], { from, pzxid: 100, f: 'final-members' });

    assertPass([joined, silent, final(5900)], nemesis);
    assertViolated(/nothing was heard/, [joined, silent, final(6100)], nemesis);
  });
});

describe('who follows the members', () => {
  it('misses no change', () => {
    const follow = (journal: Parameters<typeof report>[0]): Drawn => ({
      f: 'member-follow',
      value: [service, null],
      result: [service, report(journal, { session: 'dd' })],
      session: 'dd',
      zxid: 1,
      from: 100,
      to: 101,
    });

    assertPass([follow([armed(1), event, asked(2)])]);
    assertViolated(/had a watch at version 1 and was shown version 2/, [follow([armed(1), asked(2)])]);
  });
});

describe('membership', () => {
  it('is not exercised by a few changes', () => {
    assert.equal(membership.check(draw(exercise.slice(1)), contextOf()).verdict, 'not-exercised');
  });
});
