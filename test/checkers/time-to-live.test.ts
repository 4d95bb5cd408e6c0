import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { timeToLive } from '../../checkers/time-to-live.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn, Noted } from './draw.ts';
import { contextOf, draw } from './draw.ts';
import { child, look, refusedTtl, root, ttl, ttlWrite } from './draw-perishables.ts';

const path = `${root}/p1`;

/** Looks at one whose time is not over. */
const exercise: readonly Drawn[] = [
  ttl(`${root}/p0`, 60_000, { from: 0 }),
  ...Array.from({ length: 5 }, (_, index) => look(`${root}/p0`, 0, { from: 4 + 2 * index })),
];

function check(calls: readonly Drawn[], nemesis: readonly Noted[] = []): GuaranteeResult {
  return timeToLive.check(draw([...exercise, ...calls], nemesis), contextOf());
}

const { assertPass, assertViolated } = assertionsOf(check);

describe('a znode with a time to live of a second', () => {
  const created = ttl(path, 1000, { from: 100 });

  it('goes when it was idle for a second', () => {
    assertPass([created, look(path, null, { from: 1200 })]);
    assertPass([created, ttlWrite(path, { from: 600 }), look(path, null, { from: 1700 })]);
  });

  it('may stay for longer', () => {
    assertPass([created, look(path, 0, { from: 90_000 })]);
  });

  it('does not go before', () => {
    assertViolated(/its time to live is 1000 ms and it was never idle for more than 701 ms/, [
      created,
      look(path, null, { from: 800 }),
    ]);
  });

  it('does not go while it is written', () => {
    const writes = [500, 1000, 1500].map((from) => ttlWrite(path, { from }));

    assertViolated(/never idle for more than 501 ms; it was last written between 1.500 s/, [
      created,
      ...writes,
      look(path, null, { from: 1900 }),
    ]);
  });

  it('may go right behind a write, once it has been idle for a second', () => {
    assertPass([created, ttlWrite(path, { from: 1200 }), look(path, null, { from: 1250 })]);
  });

  it('may have been idle between two writes that took long', () => {
    const first = ttlWrite(path, { from: 200, to: 900 });
    const second = ttlWrite(path, { from: 800, to: 1300 });

    assertPass([created, first, second, look(path, null, { from: 1400 })]);
  });

  it('is not kept by writes that may not have taken place, or were refused', () => {
    const write = ttlWrite(path, { from: 600 });

    for (const type of ['info', 'fail'] as const) {
      assertPass([created, { ...write, type }, look(path, null, { from: 1200 })]);
    }
  });

  it('does not go with a child, however idle', () => {
    const parent = child('child-create', path, 'a', { from: 110 });
    const bereft = child('child-delete', path, 'a', { from: 5000 });

    assertPass([created, parent, bereft, look(path, null, { from: 5100 })]);
    assertViolated(/its child a was acknowledged/, [created, parent, look(path, null, { from: 4000 })]);
  });

  it('is not there yet on a server that lags behind', () => {
    assertPass([created, look(path, null, { from: 200, zxid: 9 })]);
  });

  it('goes by the clocks of the servers, wherever these were set', () => {
    const early = [created, look(path, null, { from: 800 })];

    assertPass(early, [{ at: 300, f: 'clock-jump', value: { phase: 'start' } }]);
    assertViolated(/its time to live/, early, [{ at: 300, f: 'kill', value: { phase: 'start' } }]);
  });
});

describe('times to live', () => {
  it('are not supported where the servers refuse them', () => {
    const result = timeToLive.check(draw([refusedTtl(path, { from: 1 })]), contextOf());

    assert.equal(result.verdict, 'not-supported');
    assert.match(result.reason ?? '', /1 create refused/);
  });

  it('are not exercised by a few looks', () => {
    assert.equal(timeToLive.check(draw(exercise.slice(0, -1)), contextOf()).verdict, 'not-exercised');
  });
});
