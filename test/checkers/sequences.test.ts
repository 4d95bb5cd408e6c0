import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { sequences } from '../../checkers/sequences.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';

const parent = '/sequential/0';

type More = Omit<Drawn, 'f' | 'value' | 'result'>;

function numbered(prefix: string, number: number, more: More): Drawn {
  return given(prefix, `${prefix}${String(number).padStart(10, '0')}`, more);
}

function given(prefix: string, name: string, more: More): Drawn {
  return { f: 'sequential-create', value: [parent, prefix], result: [parent, name], ...more };
}

/** Whose reply was lost, or who was refused. */
function ungiven(prefix: string, more: More): Drawn {
  return { f: 'sequential-create', value: [parent, prefix], type: 'info', ...more };
}

function plain(name: string, more: More): Drawn {
  return { f: 'plain-create', value: [parent, name], ...more };
}

function remove(name: string, more: More): Drawn {
  return { f: 'sequence-delete', value: [parent, name], ...more };
}

function list(names: readonly string[], more: More): Drawn {
  return { f: 'list', value: [parent, null], result: [parent, names], server: 2, ...more };
}

function finally_(names: readonly string[]): Drawn {
  const at = { from: 5000, to: 5010 };
  return { f: 'final-children', value: [parent, null], result: [parent, names], server: 3, ...at };
}

/** Below another parent, so that a tiny history is not called too short. */
const exercise: readonly Drawn[] = Array.from({ length: 10 }, (_, number) => ({
  process: 99,
  f: 'sequential-create',
  value: ['/sequential/other', 'x-'],
  result: ['/sequential/other', `x-${String(number).padStart(10, '0')}`],
  zxid: 0x100 + number,
  from: 10 * number,
  to: 10 * number + 5,
}));

function check(calls: readonly Drawn[]): GuaranteeResult {
  return sequences.check(draw([...calls, ...exercise]), contextOf());
}

function assertPass(calls: readonly Drawn[]): void {
  const result = check(calls);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(calls: readonly Drawn[], sentence: string): void {
  const result = check(calls);
  assert.equal(result.verdict, 'violated');
  assert.equal(result.evidence[0]?.subject, parent);
  assert.equal(result.evidence[0]?.sentence, sentence);
}

describe('sequence numbers', () => {
  const first = numbered('n-', 3, { process: 1, from: 0, to: 10, zxid: 0x10 });

  it('may have holes', () => {
    assertPass([
      first,
      plain('plain1', { from: 20, to: 30, zxid: 0x11 }),
      numbered('n-', 9, { from: 40, to: 50, zxid: 0x15 }),
    ]);
  });

  it('are each parent’s own', () => {
    assertPass([numbered('x-', 0, { from: 0, to: 10, zxid: 0x10 })]);
  });

  it('need enough acknowledged creates to be judged', () => {
    const result = sequences.check(draw([first]), contextOf());

    assert.equal(result.verdict, 'not-exercised');
    assert.equal(result.reason, 'acknowledged sequential creates: 1, needs at least 10');
  });

  it('that are given twice are a violation, whatever stands in front of them', () => {
    assertViolated(
      [first, numbered('own1-', 3, { process: 2, from: 5, to: 30, zxid: 0x12 })],
      'process 2 was given "own1-0000000003" at 0.030 s, a number that process 1 had been given at 0.010 s with "n-0000000003"',
    );
  });

  it('that come back after the delete of their znode are a violation', () => {
    assertViolated(
      [
        first,
        remove('n-0000000003', { from: 20, to: 30, zxid: 0x11 }),
        numbered('n-', 3, { process: 2, from: 40, to: 50, zxid: 0x12 }),
      ],
      'process 2 was given "n-0000000003" at 0.050 s, a number that process 1 had been given at 0.010 s with "n-0000000003"',
    );
  });

  it('of a create whose reply was lost count as soon as they are listed', () => {
    const lost = ungiven('own1-', { from: 0, to: 5 });

    assertViolated(
      [first, lost, list(['n-0000000003', 'own1-0000000003'], { from: 20, to: 30 })],
      '"own1-0000000003" was listed at 0.030 s, and "n-0000000003" has the same number since 0.010 s',
    );
    assertPass([first, lost, list(['n-0000000003', 'own1-0000000002'], { from: 20, to: 30 })]);
  });

  it('that fall in real time are a violation, unless the creates were concurrent', () => {
    const lower = { process: 2, to: 30 };

    assertViolated(
      [first, numbered('n-', 2, { ...lower, from: 20 })],
      '"n-0000000002" of process 2 began at 0.020 s, after "n-0000000003" of process 1 was acknowledged at 0.010 s',
    );
    assertPass([first, numbered('n-', 2, { ...lower, from: 10 })]);
  });

  it('that fall against the zxids are a violation, also of concurrent creates', () => {
    const lower = { process: 2, from: 5, to: 30 };

    assertViolated(
      [first, numbered('n-', 2, { ...lower, zxid: 0x11 })],
      '"n-0000000002" of process 2 with zxid 0x11 is not behind "n-0000000003" of process 1 with zxid 0x10',
    );
    assertPass([first, numbered('n-', 2, { ...lower, zxid: 0xf })]);
  });

  it('have ten digits behind the prefix', () => {
    for (const name of ['n-7', 'n-00000000007', 'm-0000000007', 'n-000000000x']) {
      assertViolated(
        [given('n-', name, { process: 4, from: 0, to: 10, zxid: 0x10 })],
        `process 4 asked for "n-" and ten digits at 0.010 s, and was given "${name}"`,
      );
    }
  });

  it('never meet a znode: NODEEXISTS is a violation', () => {
    const refused = { process: 5, from: 20, to: 30, type: 'fail' } as const;

    assertViolated(
      [ungiven('n-', { ...refused, error: 'create /sequential/0/n-: NODEEXISTS (-110)' })],
      'a sequential create of "n-" by process 5 met a znode of its name at 0.030 s: its number had been given before',
    );
    assertPass([ungiven('n-', { ...refused, error: 'create /sequential/0/n-: SESSIONMOVED (-118)' })]);
    assertPass([plain('plain1', { ...refused, error: 'create /sequential/0/plain1: NODEEXISTS (-110)' })]);
  });
});

describe('znodes of sequential creates', () => {
  const created = numbered('n-', 3, { process: 1, from: 0, to: 10, zxid: 0x10 });
  const name = 'n-0000000003';

  it('are listed at the end, or deleted', () => {
    assertPass([created, finally_([name])]);
    assertPass([created, remove(name, { from: 20, to: 30 }), finally_([])]);
    assertViolated(
      [created, finally_([])],
      '"n-0000000003", which process 1 was given at 0.010 s, is missing on server 3 at 5.010 s',
    );
  });

  it('may be there or not after a delete in doubt', () => {
    const lost = remove(name, { from: 20, to: 30, type: 'info' });

    assertPass([created, lost, finally_([name])]);
    assertPass([created, lost, finally_([])]);
  });

  it('are there after a delete that was refused, unless it found nothing', () => {
    const refused = { process: 2, from: 20, to: 30, type: 'fail' } as const;
    const moved = { ...refused, error: `delete ${parent}/${name}: SESSIONMOVED (-118)` };
    const missed = { ...refused, error: `delete ${parent}/${name}: NONODE (-101)` };

    assertPass([created, remove(name, moved), finally_([name])]);
    assertViolated(
      [created, remove(name, missed)],
      '"n-0000000003", which process 1 was given at 0.010 s and nobody else deleted, was not there at 0.030 s',
    );
  });

  it('stay away after an acknowledged delete', () => {
    assertViolated(
      [created, remove(name, { process: 6, from: 20, to: 30 }), finally_([name])],
      '"n-0000000003", whose delete by process 6 was acknowledged at 0.030 s, is on server 3 at 5.010 s',
    );
    // A server may lag behind in the course of the run.
    assertPass([created, remove(name, { from: 20, to: 30 }), list([name], { from: 40, to: 50 })]);
  });

  it('that nobody asked for are a violation', () => {
    assertViolated(
      [created, finally_([name, 'n-0000000004'])],
      '"n-0000000004" is on server 3 at 5.010 s: nobody was given it, and no create without a reply can have made it',
    );
    assertPass([created, ungiven('n-', { from: 20, to: 30 }), finally_([name, 'n-0000000004'])]);
    assertViolated(
      [created, ungiven('n-', { from: 20, to: 30 }), finally_([name, 'n-0000000004', 'n-0000000005'])],
      '"n-0000000005" is on server 3 at 5.010 s: 2 znodes of this prefix that nobody was given, and 1 create without a reply',
    );
  });

  it('that were refused for certain are a violation when they are listed', () => {
    const refused = plain('plain1', { from: 20, to: 30, type: 'fail', error: 'not connected' });

    assertViolated(
      [created, refused, finally_([name, 'plain1'])],
      '"plain1" is on server 3 at 5.010 s: nobody was given it, and no create without a reply can have made it',
    );
    assertPass([created, { ...refused, type: 'info' }, finally_([name, 'plain1'])]);
  });
});
