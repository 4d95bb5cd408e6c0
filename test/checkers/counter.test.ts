import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { counter } from '../../checkers/counter.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';

const path = '/counter/0';
type More = Partial<Omit<Drawn, 'f' | 'value'>> & { readonly from: number };

/** From `before`, at the version in front of `version`. */
function increment(amount: number, before: number, version: number, more: More): Drawn {
  const result = [path, { amount, before, attempt: 1 }];
  return { f: 'increment', value: [path, amount], result, version, to: more.from + 1, ...more };
}

/** Its answer was lost, or it was refused for certain. */
function unanswered(amount: number, more: More): Drawn {
  return { f: 'increment', value: [path, amount], to: more.from + 1, type: 'info', ...more };
}

function read(f: string, value: number | null, version: number | undefined, more: More): Drawn {
  const seen = { value: [path, null], result: [path, value], server: 1, session: 'aa', to: more.from + 1 };
  return { f, ...seen, ...(version === undefined ? {} : { version }), ...more };
}

/** Ten increments by 1, from version 0 to 10. */
const ten = Array.from({ length: 10 }, (_, index) => increment(1, index, index + 1, { from: 2 * index }));

/** On every server. */
function atTheEnd(value: number, version: number): Drawn[] {
  return [1, 2, 3].map((server) => read('final-counter', value, version, { from: 1000, server }));
}

function check(calls: readonly Drawn[], servers = [1, 2, 3]): GuaranteeResult {
  return counter.check(draw(calls), contextOf({ quorumSyncServers: new Set(servers) }));
}

const { assertPass, assertViolated } = assertionsOf(check);

describe('a counter', () => {
  it('is the sum of its increments', () => {
    assertPass([...ten, ...atTheEnd(10, 10)]);
  });

  it('has lost one where two made the same version', () => {
    const lost = increment(1, 9, 10, { from: 30 });

    assertViolated(/made version 10, and so did/, [...ten, lost, ...atTheEnd(10, 10)]);
  });

  it('has lost one where a server ends behind it', () => {
    const [, , third] = atTheEnd(10, 10);
    const behind = [...atTheEnd(10, 10).slice(0, 2), { ...(third as Drawn), result: [path, 9], version: 9 }];

    assertViolated(/made version 10, but final-counter .* on server 3 showed 9/, [...ten, ...behind]);
  });

  it('counts an increment in doubt once or never', () => {
    const doubt = unanswered(2, { from: 30 });

    assertPass([...ten, doubt, ...atTheEnd(10, 10)]);
    assertPass([...ten, doubt, ...atTheEnd(12, 11)]);
    assertViolated(/of 1 increment in doubt 2 would have to make up for 4/, [
      ...ten,
      doubt,
      ...atTheEnd(14, 12),
    ]);
    assertViolated(/of 1 increment in doubt 1 would have to make up for 1/, [
      ...ten,
      doubt,
      ...atTheEnd(11, 11),
    ]);
  });

  it('does not count one in doubt before it was asked for', () => {
    const seen = read('counter-read', 12, 11, { from: 30 });

    assertPass([...ten, unanswered(2, { from: 29 }), seen, ...atTheEnd(12, 11)]);
    assertViolated(/of 0 increments in doubt/, [
      ...ten,
      seen,
      unanswered(2, { from: 40 }),
      ...atTheEnd(12, 11),
    ]);
  });

  it('does not count one that was refused', () => {
    const refused = unanswered(1, { from: 30, type: 'fail' });

    assertPass([...ten, refused, ...atTheEnd(10, 10)]);
    assertViolated(/of 0 increments in doubt 1/, [...ten, refused, ...atTheEnd(11, 11)]);
  });

  it('is one number at a version', () => {
    const odd = read('counter-read', 6, 5, { from: 40 });

    assertViolated(/showed 6 at version 5.*, but|, but .* 6 at version 5/, [
      ...ten,
      odd,
      ...atTheEnd(10, 10),
    ]);
  });

  it('was there all the time', () => {
    assertViolated(/showed no counter/, [
      ...ten,
      read('final-counter', null, undefined, { from: 900, server: 2 }),
    ]);
  });

  it('never falls for a session, but may for another one', () => {
    const newer = read('counter-read', 10, 10, { from: 40 });
    const older = read('counter-read', 9, 9, { from: 50 });

    assertViolated(/the same session had seen more/, [...ten, newer, older, ...atTheEnd(10, 10)]);
    assertPass([...ten, newer, { ...older, session: 'bb' }, ...atTheEnd(10, 10)]);
  });

  it('is up to date behind a barrier, where the server has one', () => {
    const stale = read('counter-sync-read', 9, 9, { from: 50, session: 'bb' });
    const calls = [...ten, stale, ...atTheEnd(10, 10)];

    assertViolated(/the read was behind a barrier/, calls);
    assert.equal(check(calls, []).verdict, 'pass');
    assertPass([...ten, { ...stale, from: 18.5 }, ...atTheEnd(10, 10)]);
  });

  it('is in doubt where a server was not read in the end', () => {
    const result = check([...ten, ...atTheEnd(10, 10).slice(0, 2)]);

    assert.equal(result.verdict, 'inconclusive');
    assert.match(result.reason ?? '', /from server 3/);
  });

  it('is not exercised by a few increments', () => {
    assert.equal(check([...ten.slice(0, 9), ...atTheEnd(9, 9)]).verdict, 'not-exercised');
  });
});
