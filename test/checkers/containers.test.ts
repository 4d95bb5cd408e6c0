import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { containers } from '../../checkers/containers.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';
import { child, container, finalList, look, root } from './draw-perishables.ts';

const path = `${root}/p1`;
const other = `${root}/p0`;

/** Looks at one that has a child. */
const exercise: readonly Drawn[] = [
  container(other, { from: 0 }),
  child('child-create', other, 'x', { from: 2 }),
  ...Array.from({ length: 5 }, (_, index) => look(other, 1, { from: 4 + 2 * index })),
];

function check(calls: readonly Drawn[]): GuaranteeResult {
  return containers.check(draw([...exercise, ...calls]), contextOf());
}

const { assertPass, assertViolated } = assertionsOf(check);

describe('a container', () => {
  const created = container(path, { from: 100 });
  const used = child('child-create', path, 'a', { from: 110 });
  const emptied = child('child-delete', path, 'a', { from: 120 });
  const gone = look(path, null, { from: 130 });

  it('goes when its last child has gone, or stays', () => {
    assertPass([created, used, emptied, gone]);
    assertPass([created, used, emptied, look(path, 0, { from: 130_000 })]);
  });

  it('does not go with a child', () => {
    assertViolated(/its child a was acknowledged at 0.111 s/, [created, used, gone]);
    assertViolated(/its child a was acknowledged/, [
      created,
      used,
      gone,
      child('child-delete', path, 'a', { from: 140 }),
    ]);
  });

  it('may go with a child that was in doubt, or is being deleted', () => {
    const doubt: Drawn = { ...used, type: 'info' };

    assertPass([created, doubt, gone]);
    assertPass([created, used, { ...emptied, type: 'info' }, gone]);
    assertPass([created, used, { ...emptied, from: 129, to: 160 }, gone]);
  });

  it('does not go for a delete that was refused', () => {
    assertViolated(/its child a/, [created, used, { ...emptied, type: 'fail' }, gone]);
  });

  it('does not go before it was used', () => {
    assertViolated(/nobody had asked for a child/, [created, gone]);
    assertViolated(/nobody had asked for a child/, [created, { ...used, type: 'fail' }, gone]);
    assertViolated(/nobody had asked for a child/, [
      created,
      gone,
      child('child-create', path, 'a', { from: 140, type: 'info' }),
    ]);
  });

  it('is not there yet on a server that lags behind', () => {
    assertPass([created, used, look(path, null, { from: 130, zxid: 9 })]);
  });

  it('is on every server in the end while it has a child', () => {
    assertPass([created, used, finalList(['p0', 'p1'], { from: 900 })]);
    assertViolated(/its child a/, [created, used, finalList(['p0'], { from: 900, server: 2 })]);
  });

  it('that may never have been made is nobody’s', () => {
    assertPass([{ ...created, type: 'info' }, gone]);
  });
});

describe('containers', () => {
  it('are not exercised by a few looks', () => {
    const result = containers.check(draw(exercise.slice(0, -1)), contextOf());

    assert.equal(result.verdict, 'not-exercised');
  });
});
