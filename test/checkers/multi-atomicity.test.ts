import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { multiAtomicity } from '../../checkers/multi-atomicity.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';

const pair = '/multi/pair0';
const accounts = '/multi/accounts';
const box = '/multi/box';

type More = Omit<Drawn, 'f' | 'value' | 'result'>;

/** Of a and b, both at the version given, by the zxid given. */
function pairWrite(by: number, version: number, more: More): Drawn {
  const at = { a: version, b: version };
  const one = { version, mzxid: more.zxid };
  return {
    f: 'pair-write',
    value: [pair, { by }],
    ...((more.type ?? 'ok') === 'ok' ? { result: [pair, { by, at, made: { a: one, b: one } }] } : {}),
    ...more,
  };
}

/** What a znode of a pair shows: its own version, and that its multi made the same of both. */
function seen(by: number, version: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { by, version, mzxid: 0x10 + by, at: by === 0 ? {} : { a: version, b: version }, ...more };
}

function read(scope: string, znodes: unknown, more: Partial<Drawn> = {}): Drawn {
  return {
    process: 7,
    f: 'multi-read',
    value: [scope, null],
    result: [scope, znodes],
    server: 2,
    from: 1000,
    to: 1010,
    ...more,
  };
}

function finalRead(scope: string, znodes: unknown): Drawn {
  return read(scope, znodes, { f: 'final-multi-read', from: 5000, to: 5010 });
}

/** Of a box that nobody else speaks of, so that a tiny history is not called too short. */
const exercise: readonly Drawn[] = Array.from({ length: 10 }, (_, count) =>
  read(box, { cversion: 1, tokens: ['token0'] }, { process: 99, from: 10 * count, to: 10 * count + 5 }),
);

function check(calls: readonly Drawn[]): GuaranteeResult {
  return multiAtomicity.check(draw([...calls, ...exercise]), contextOf());
}

function assertPass(calls: readonly Drawn[]): void {
  const result = check(calls);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(calls: readonly Drawn[], sentence: string): void {
  const result = check(calls);
  assert.equal(result.verdict, 'violated');
  assert.equal(result.evidence[0]?.sentence, sentence);
}

const where = 'the read by process 7 of server 2 at 1.010 s';
const whereFinal = 'the read by process 7 of server 2 at 5.010 s';

describe('multi atomicity of reads', () => {
  const write = pairWrite(1, 1, { process: 1, from: 0, to: 10, zxid: 0x11 });
  const next = pairWrite(2, 2, { process: 2, from: 20, to: 30, zxid: 0x12 });

  it('accepts all of a multi, and nothing of it', () => {
    assertPass([write, read(pair, { a: seen(1, 1), b: seen(1, 1) })]);
    assertPass([write, read(pair, { a: seen(0, 0), b: seen(0, 0) })]);
  });

  it('needs reads that could show a part', () => {
    const result = multiAtomicity.check(
      draw([write, read(pair, { a: seen(0, 0), b: seen(0, 0) })]),
      contextOf(),
    );

    assert.equal(result.verdict, 'not-exercised');
  });

  it('finds a part of a multi', () => {
    assertViolated(
      [write, read(pair, { a: seen(1, 1), b: seen(0, 0) })],
      `${where} shows a part of multi 1: a has it at version 1, b is still at version 0, and it made version 1 of b`,
    );
    assertViolated(
      [write, next, read(pair, { a: seen(1, 1), b: seen(2, 2) })],
      `${where} shows a part of multi 2: b has it at version 2, a is still at version 1, and it made version 2 of a`,
    );
  });

  it('tells of one group once, however many reads saw it', () => {
    const half = { a: seen(1, 1), b: seen(0, 0) };

    const result = check([write, read(pair, half), read(pair, half, { from: 2000, to: 2010 })]);

    assert.equal(result.evidence.length, 1);
    assert.equal(result.evidence[0]?.operations.at(-1)?.time, 1010e6);
  });

  it('lets a znode be written again by another multi that leaves the other alone', () => {
    assertPass([
      { f: 'transfer', value: [accounts, { by: 1 }], from: 0 },
      { f: 'transfer', value: [accounts, { by: 2 }], from: 0 },
      read(accounts, {
        '0': seen(1, 1, { at: { '0': 1, '1': 1 }, balance: 90 }),
        '1': seen(2, 2, { at: { '1': 2, '2': 1 }, balance: 105 }),
        '2': seen(2, 1, { at: { '1': 2, '2': 1 }, balance: 105 }),
        '3': seen(0, 0, { balance: 100 }),
      }),
    ]);
  });

  it('finds a version that another multi overwrote in place', () => {
    assertViolated(
      [write, next, read(pair, { a: seen(1, 1), b: seen(2, 1, { at: {} }) })],
      `${where} shows a part of multi 1: version 1 of b is its own, but holds what multi 2 wrote`,
    );
  });

  it('finds two zxids in one multi', () => {
    assertViolated(
      [write, read(pair, { a: seen(1, 1), b: seen(1, 1, { mzxid: 0x99 }) })],
      `${where} shows a part of multi 1: a was changed by zxid 0x11, b by 0x99`,
    );
  });

  it('adds the accounts up', () => {
    const balances = (last: number): Record<string, unknown> => ({
      '0': seen(0, 0, { balance: 100 }),
      '1': seen(0, 0, { balance: 100 }),
      '2': seen(0, 0, { balance: 100 }),
      '3': seen(0, 0, { balance: last }),
    });

    assertPass([read(accounts, balances(100))]);
    assertViolated([read(accounts, balances(93))], `${where} shows 393 in all accounts; there are 400`);
  });

  it('misses a znode only at the end: a server may lag behind setup', () => {
    assertPass([read(pair, { a: seen(0, 0), b: null })]);
    assertViolated(
      [finalRead(pair, { a: seen(0, 0), b: null })],
      `${whereFinal} has no b, although setup made it`,
    );
    assertViolated([finalRead(box, null)], `${whereFinal} has no box, although setup made it`);
  });
});

describe('a multi that failed', () => {
  const shown = read(pair, { a: seen(1, 1), b: seen(1, 1) });

  it('for certain leaves nothing', () => {
    assertViolated(
      [pairWrite(1, 1, { process: 1, from: 0, to: 10, type: 'fail' }), shown],
      `${where} shows in a what multi 1 of process 1 wrote, which failed for certain at 0.010 s`,
    );
  });

  it('without a reply may be seen, at once or later', () => {
    assertPass([pairWrite(1, 1, { process: 1, from: 0, to: 10, type: 'info' }), shown]);
    assertPass([pairWrite(1, 1, { process: 1, from: 0 }), shown]);
  });

  it('and that nobody asked for is seen by nobody', () => {
    assertViolated([shown], `${where} shows in a what multi 1 wrote, which nobody asked for`);
  });

  it('because it must fail is not acknowledged, and not seen without a reply either', () => {
    const broken = (type: 'ok' | 'info' | 'fail'): Drawn => ({
      process: 1,
      f: 'broken-multi',
      value: [pair, { by: 1, shape: 'last' }],
      from: 0,
      to: 10,
      type,
    });

    assertPass([broken('fail')]);
    assertPass([broken('info')]);
    assertViolated(
      [broken('info'), shown],
      `${where} shows in a what multi 1 of process 1 wrote, one of whose operations cannot succeed`,
    );
    assertViolated(
      [broken('ok')],
      'multi 1 of process 1 was acknowledged at 0.010 s, although one of its operations cannot succeed',
    );
  });
});

describe('an acknowledged multi', () => {
  const write = pairWrite(1, 1, { process: 1, from: 0, to: 10, zxid: 0x11 });

  it('makes each version once', () => {
    assertViolated(
      [write, pairWrite(2, 1, { process: 2, from: 5, to: 20, zxid: 0x12 })],
      'multi 1 of process 1 and multi 2 of process 2 were both acknowledged, and both made version 1 of a',
    );
    assertPass([write, pairWrite(2, 1, { process: 2, from: 5, to: 20, type: 'fail' })]);
  });

  it('makes the version behind the one that it expected', () => {
    const made = { a: { version: 1, mzxid: 0x11 }, b: { version: 3, mzxid: 0x11 } };

    assertViolated(
      [{ ...write, result: [pair, { by: 1, at: { a: 1, b: 1 }, made }] }],
      'multi 1 of process 1, acknowledged at 0.010 s, made version 3 of b on condition of version 0',
    );
  });

  it('has one zxid', () => {
    const made = { a: { version: 1, mzxid: 0x11 }, b: { version: 1, mzxid: 0x12 } };

    assertViolated(
      [{ ...write, result: [pair, { by: 1, at: { a: 1, b: 1 }, made }] }],
      'multi 1 of process 1, acknowledged at 0.010 s, was answered with zxid 0x11, and b with 0x12',
    );
  });

  it('is on every server at the end, or a later one is', () => {
    assertPass([write, finalRead(pair, { a: seen(1, 1), b: seen(1, 1) })]);
    assertPass([
      write,
      pairWrite(2, 2, { from: 20, to: 30, type: 'info' }),
      finalRead(pair, { a: seen(2, 2), b: seen(2, 2) }),
    ]);
    assertViolated(
      [write, finalRead(pair, { a: seen(0, 0), b: seen(0, 0) })],
      `${whereFinal} ends with version 0 of a by multi 0; multi 1 was acknowledged at 0.010 s with version 1`,
    );
  });
});

describe('the box', () => {
  const swap = (by: number, type: 'ok' | 'fail' | 'info'): Drawn => ({
    process: by,
    f: 'token-swap',
    value: [box, { by }],
    from: 10 * by,
    to: 10 * by + 5,
    type,
  });

  it('holds one token at any moment', () => {
    assertPass([swap(1, 'ok'), read(box, { cversion: 3, tokens: ['token1'] })]);
    assertViolated(
      [swap(1, 'ok'), read(box, { cversion: 2, tokens: ['token0', 'token1'] })],
      `${where} shows token0 and token1 in the box: a multi puts one token in and takes another out`,
    );
    assertViolated(
      [swap(1, 'ok'), read(box, { cversion: 2, tokens: [] })],
      `${where} shows no token in the box: a multi puts one token in and takes another out`,
    );
  });

  it('holds none of a multi that failed', () => {
    assertViolated(
      [swap(1, 'fail'), read(box, { cversion: 3, tokens: ['token1'] })],
      `${where} shows token1, which can only come of a multi that failed`,
    );
    assertViolated(
      [read(box, { cversion: 3, tokens: ['token9'] })],
      `${where} shows token9, which nobody asked for`,
    );
  });

  it('counts the swaps that were, in doubt or not, and no others', () => {
    const end = (cversion: number): Drawn => finalRead(box, { cversion, tokens: ['token1'] });

    assertPass([swap(1, 'ok'), swap(2, 'fail'), end(3)]);
    assertPass([swap(1, 'ok'), swap(2, 'info'), end(5)]);
    for (const wrong of [5, 2]) {
      assertViolated(
        [swap(1, 'ok'), swap(2, 'fail'), end(wrong)],
        `${whereFinal} ends with cversion ${wrong} of the box, which starts with 1 and rises by 2 with every swap: 1 swap acknowledged, 0 swaps in doubt`,
      );
    }
  });
});
