import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ephemerals } from '../../checkers/ephemerals.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn, Noted } from './draw.ts';
import { contextOf, draw } from './draw.ts';
import {
  acquire,
  closeSession,
  create,
  finalList,
  hold,
  look,
  peek,
  sessionEvent,
} from './draw-ephemerals.ts';

const path = '/ephemeral/e1';
const mine = 'aa';
const other = 'bb';

/** So that a tiny history is not called too short; of a session that is closed at last. */
const exercise: readonly Drawn[] = [
  create('/ephemeral/x', 'ee', 1, { from: 0, to: 1, process: 99 }),
  ...Array.from({ length: 10 }, (_, index) =>
    look('/ephemeral/x', 'ee', { owner: 'ee', czxid: 1 }, { from: 2 + index, to: 2.5 + index, process: 99 }),
  ),
];

function check(calls: readonly Drawn[], nemesis: readonly Noted[] = []): GuaranteeResult {
  return ephemerals.check(draw([...exercise, ...calls], nemesis), contextOf());
}

const { assertPass, assertViolated } = assertionsOf(check);

const created = create(path, mine, 10, { from: 20, to: 21, process: 1 });
const seesNothing = look(path, mine, null, { from: 30, to: 31, process: 1, zxid: 20 });
const livesOn = create('/ephemeral/e2', mine, 30, { from: 40, to: 41, process: 1 });

describe('ephemerals', () => {
  it('must not vanish while their session is answered', () => {
    assertViolated(/it was gone, though nobody had asked/, [created, seesNothing, livesOn]);
  });

  it('may be gone in the last answer that a session gets', () => {
    assertPass([created, seesNothing]);
  });

  it('may be gone when somebody asked to delete them, even in doubt', () => {
    const asked = { f: 'ephemeral-remove', value: [path, null], process: 2 };
    const acknowledged = { ...asked, from: 25, to: 26, zxid: 15, session: other };
    const doubtful = { ...asked, from: 22 };

    assertPass([created, acknowledged, seesNothing, livesOn]);
    assertPass([created, doubtful, seesNothing, livesOn]);
  });

  it('are not excused by a delete that came before, was refused or began later', () => {
    const asked = { f: 'ephemeral-remove', value: [path, null], process: 2, session: other };
    const before = { ...asked, from: 5, to: 6, zxid: 5 };
    const refused = { ...asked, from: 25, to: 26, zxid: 15, type: 'fail' as const };
    const later = { ...asked, from: 35, to: 36, zxid: 25 };

    for (const useless of [before, refused, later]) {
      assertViolated(/it was gone/, [created, useless, seesNothing, livesOn]);
    }
  });

  it('belong to the session that created them', () => {
    const foreign = look(path, mine, { owner: other, czxid: 10 }, { from: 30, to: 31, process: 1 });

    assertViolated(/it belonged to session bb/, [created, foreign]);
  });
});

describe('ephemerals of a closed session', () => {
  const closed = closeSession(mine, 20, { from: 30, to: 32, process: 1 });
  const there = { owner: mine, czxid: 10 };

  it('are gone for a session that has seen the close', () => {
    const seesClose = peek('/ephemeral/e9', other, null, { from: 40, to: 41, process: 2, zxid: 20 });
    const seesIt = peek(path, other, there, { from: 42, to: 43, process: 2, zxid: 21 });

    assertViolated(/seen at 0.043 s.*close was acknowledged/, [created, closed, seesClose, seesIt]);
  });

  it('may be shown by a server that lags behind', () => {
    assertPass([created, closed, peek(path, other, there, { from: 42, to: 43, process: 2, zxid: 11 })]);
  });

  it('are gone behind a sync that began after the close, where sync is a barrier', () => {
    const seesIt = peek(path, other, there, { from: 42, to: 43, process: 2, zxid: 11, isSynced: true });

    assertViolated(/seen at 0.043 s/, [created, closed, seesIt]);
    const lax = contextOf({ quorumSyncServers: new Set() });
    assert.equal(ephemerals.check(draw([...exercise, created, closed, seesIt]), lax).verdict, 'pass');
  });

  it('may be seen behind a sync that began before the close was acknowledged', () => {
    const seesIt = peek(path, other, there, { from: 31, to: 33, process: 2, zxid: 11, isSynced: true });

    assertPass([created, closed, seesIt]);
  });

  it('are on no server at the end', () => {
    const recovered = [{ at: 100, f: 'recovered' }];
    const left = finalList(2, { e1: there }, { from: 110, to: 111 });

    assertViolated(/still there at the end on server 2/, [created, closed, left], recovered);
    assertPass([created, closed, finalList(2, {}, { from: 110, to: 111 })], recovered);
  });

  it('are not asked of servers that never came back', () => {
    assertPass([created, closed, finalList(2, { e1: there }, { from: 110, to: 111 })]);
  });
});

describe('ephemerals of a session that fell silent', () => {
  const recovered = [{ at: 100, f: 'recovered' }];
  const there = { owner: mine, czxid: 10 };

  it('are gone three timeouts after all is calm', () => {
    const left = finalList(2, { e1: there }, { from: 3101, to: 3102 });

    assertViolated(/nothing was heard for 3001 ms/, [created, left], recovered);
  });

  it('may be there before that', () => {
    assertPass([created, finalList(2, { e1: there }, { from: 3000, to: 3001 })], recovered);
  });

  it('are gone at the end when its client was told of its end', () => {
    const told = sessionEvent('session-expired', mine, { from: 5000, to: 5001, process: 1 });
    const left = finalList(2, { e1: there }, { from: 5100, to: 5101 });

    assertViolated(/told that it had expired/, [created, told, left], recovered);
  });
});

describe('a session', () => {
  const answered = look(path, mine, { owner: mine, czxid: 10 }, { from: 500, to: 501, process: 1 });

  it('does not expire within its timeout after an answer', () => {
    const told = sessionEvent('session-expired', mine, { from: 1400, to: 1401, process: 1 });

    assertViolated(/it had expired at 1.400 s.*there was no fault/, [created, answered, told]);
  });

  it('may expire when its timeout has passed', () => {
    assertPass([
      created,
      answered,
      sessionEvent('session-expired', mine, { from: 1500, to: 1501, process: 1 }),
    ]);
  });

  it('may expire soon after it woke up', () => {
    const woke = sessionEvent('session-wake', mine, { from: 498, to: 499, process: 1 });
    const told = sessionEvent('session-expired', mine, { from: 600, to: 601, process: 1 });

    assertPass([created, woke, answered, told]);
  });

  it('does not expire while it is silent for less than its timeout', () => {
    const woke = sessionEvent('session-wake', mine, { from: 1390, to: 1391, process: 1 });
    const told = sessionEvent('session-expired', mine, { from: 1400, to: 1401, process: 1 });

    assertViolated(/it had expired at 1.400 s/, [created, answered, woke, told]);
  });

  it('may expire early where a fault kept its server from telling the leader', () => {
    const told = sessionEvent('session-expired', mine, { from: 1400, to: 1401, process: 1 });
    const fault = [
      { at: 15, f: 'partition', value: { phase: 'start' } },
      { at: 400, f: 'partition', value: { phase: 'end' } },
    ];

    assertPass([created, answered, told], fault);
  });

  it('is judged again long after a fault', () => {
    const late = [created, answered].map((call) => ({
      ...call,
      from: call.from + 20_000,
      to: (call.to ?? 0) + 20_000,
    }));
    const told = sessionEvent('session-expired', mine, { from: 21_400, to: 21_401, process: 1 });
    const fault = [
      { at: 15, f: 'partition', value: { phase: 'start' } },
      { at: 400, f: 'partition', value: { phase: 'end' } },
    ];

    assertViolated(/it had expired at 21.400 s/, [...late, told], fault);
  });
});

describe('a session that was left to its pings', () => {
  const lapsed = hold(mine, true, { from: 500, to: 2001, process: 1 });
  const fault = (end: number): Noted[] => [
    { at: 15, f: 'partition', value: { phase: 'start' } },
    { at: end, f: 'partition', value: { phase: 'end' } },
  ];

  it('does not expire', () => {
    assertViolated(/it had expired at 2.001 s.*sent pings/, [created, lapsed]);
  });

  it('lives', () => {
    assertPass([created, hold(mine, false, { from: 500, to: 2001, process: 1 })]);
  });

  it('may expire where there was a fault lately', () => {
    assertPass([created, lapsed], fault(400));
  });

  it('may expire when the client was held up itself', () => {
    assertPass([created, { ...lapsed, to: 2501 }]);
  });

  it('may expire when its end can have been decided while it was silent', () => {
    const lately = sessionEvent('session-wake', mine, { from: 498, to: 499, process: 1 });
    const before = { ...lapsed, from: 1600, to: 3101 };

    assertPass([created, lately, lapsed]);
    assertViolated(/it had expired at 3.101 s/, [created, lately, before]);
  });
});

it('ephemerals are not exercised by acquisitions alone', () => {
  const history = draw([acquire('/lock/0-0', mine, 10, { from: 1, to: 2 })]);

  assert.equal(ephemerals.check(history, contextOf()).verdict, 'not-exercised');
});
