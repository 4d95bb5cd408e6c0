import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { linearizableWrites } from '../../../checkers/linearizable-writes.ts';
import { searchCalls } from '../../../checkers/linearizability/check-history.ts';
import { znodeRegister } from '../../../checkers/models/znode-register.ts';
import { registersOf } from '../../../checkers/register-calls.ts';
import type { CheckContext, GuaranteeResult } from '../../../checkers/verdict.ts';
import type { Operation } from '../../../harness/history/operation.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';
import { Random } from '../../../harness/random/random.ts';
import type { Drawn } from '../draw.ts';
import { cas, contextOf, draw, finalRegister, path, read, syncRead, write } from '../draw.ts';

const base = 0x1_0000_0000;

/** The Stat of a register whose version was made by this zxid. */
function statOf(
  version: number,
  mzxid: number,
  value: number,
  changes: Record<number, number> = {},
): number[] {
  const mtime = version === 0 ? 1000 : 1000 + mzxid - base;
  const stat = [base + 1, mzxid, 1000, mtime, version, 0, 0, 0, String(value).length, 0, base + 1];
  for (const [field, changed] of Object.entries(changes)) stat[Number(field)] = changed;
  return stat;
}

/** So many calls on the same znode that they are not kept, before everything else. */
const flood: readonly Drawn[] = Array.from({ length: 4001 }, (_, count) =>
  syncRead(0, { process: 77, from: count / 1e4, to: (count + 0.5) / 1e4, version: 0, zxid: base + 1 }),
);

function check(calls: readonly Drawn[], changes: Partial<CheckContext> = {}): GuaranteeResult {
  const context = contextOf({ exactReadServers: new Set([1, 2, 3]), ...changes });
  return linearizableWrites.check(draw([...flood, ...calls]), context);
}

function assertPass(calls: readonly Drawn[], changes: Partial<CheckContext> = {}): void {
  const result = check(calls, changes);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(calls: readonly Drawn[], sentence: string): void {
  const result = check(calls);
  assert.equal(result.verdict, 'violated', result.reason);
  assert.deepEqual(
    result.evidence.map((evidence) => evidence.sentence),
    [sentence],
  );
  const [last] = result.evidence[0]?.operations.slice(-1) ?? [];
  assert.ok((last?.index ?? 0) > 8000, 'the evidence has entries of the history');
}

const first = write(4, { process: 1, from: 10, to: 20, version: 1, zxid: base + 5 });
const second = write(5, { process: 1, from: 30, to: 40, version: 2, zxid: base + 8 });

describe('witnessed order of a register', () => {
  it('is that of the versions', () => {
    assertPass([first, second, syncRead(5, { from: 50, to: 60, version: 2, zxid: base + 8 })]);
  });

  it('is broken by a sync-read of what was overwritten before it began', () => {
    assertViolated(
      [first, second, syncRead(4, { process: 3, from: 50, to: 60, version: 1, zxid: base + 6 })],
      'sync-read 4 (version 1) by process 3 at 0.060 s, begun at 0.050 s, after write 5 (version 2) by process 1 at 0.040 s',
    );
    assertPass([first, second, syncRead(4, { process: 3, from: 40, to: 60, version: 1, zxid: base + 6 })]);
  });

  it('is broken by a write that makes a version below one that is known', () => {
    assertViolated(
      [
        write(4, { process: 1, from: 10, to: 20, version: 2, zxid: base + 5 }),
        write(5, { process: 2, from: 30, to: 40, version: 1, zxid: base + 8 }),
      ],
      'write 5 (version 1) by process 2 at 0.040 s, begun at 0.030 s, after write 4 (version 2) by process 1 at 0.020 s',
    );
  });

  it('has one value for each version', () => {
    const other = write(9, { process: 2, from: 0.5, to: 90, type: 'info' });

    assertViolated(
      [first, other, read(9, { process: 3, from: 30, to: 40, version: 1, zxid: base + 5 })],
      'version 1 has two values: write 4 (version 1) by process 1 at 0.020 s, read 9 (version 1) by process 3 at 0.040 s',
    );
    assertViolated(
      [read(9, { process: 3, from: 30, to: 40, version: 0, zxid: base + 5 })],
      'version 0 has two values: sync-read 0 (version 0) by process 77 at 0.000 s, read 9 (version 0) by process 3 at 0.040 s',
    );
  });

  it('has one maker for each version', () => {
    assertViolated(
      [first, cas({ version: 0, value: 5 }, { process: 2, from: 15, to: 40, zxid: base + 7 })],
      'version 1 was made twice: write 4 (version 1) by process 1 at 0.020 s, cas 5 (version 1) by process 2 at 0.040 s',
    );
  });

  it('has a conditional write behind the version that it expected', () => {
    const unexpected = cas({ version: 0, value: 5 }, { process: 2, from: 30, to: 40, zxid: base + 7 });

    assertViolated(
      [first, { ...unexpected, version: 2 }],
      'cas 5 (version 2) by process 2 at 0.040 s, but what it asked for can only make version 1',
    );
  });

  it('has no version that nobody can have made', () => {
    const jump = { ...second, version: 3 };

    assertViolated(
      [first, jump],
      'write 5 (version 3) by process 1 at 0.040 s, but no write that was asked for can have made version 2',
    );
    assertPass([first, jump, write(6, { process: 3, from: 25, to: 50, type: 'info' })]);
    assertPass([first, jump, write(6, { process: 3, from: 25 })]);
  });

  it('has no value that was refused for certain', () => {
    assertViolated(
      [
        write(6, { process: 2, from: 1, to: 2, type: 'fail' }),
        read(6, { process: 3, from: 30, to: 40, version: 1, zxid: base + 5 }),
      ],
      'read 6 (version 1) by process 3 at 0.040 s, but no write that was asked for can have made version 1',
    );
  });

  it('takes a wild version for what it is', () => {
    assertViolated(
      [{ ...first, version: 2 ** 40 }],
      `write 4 (version ${2 ** 40}) by process 1 at 0.020 s, but no write that was asked for can have made version ${2 ** 40}`,
    );
  });

  it('is searched for where a write was told no version, as long as its calls are kept', () => {
    const untold = write(4, { from: 10, to: 20 });

    const result = linearizableWrites.check(
      draw([...flood.slice(0, 100), untold, syncRead(0, { process: 3, from: 30, to: 40, version: 0 })]),
      contextOf(),
    );
    assert.equal(result.verdict, 'violated');
    assert.equal(check([untold]).verdict, 'inconclusive');
  });
});

describe('zxids of a register', () => {
  it('rise with the versions', () => {
    assertViolated(
      [
        { ...first, to: 60 },
        { ...second, process: 2, from: 15, to: 50, zxid: base + 4 },
      ],
      'version 2 was made by a lower zxid than one before it: 0x100000004 in write 5 (version 2) by process 2 at 0.050 s, 0x100000005 in write 4 (version 1) by process 1 at 0.060 s',
    );
  });

  it('of a read are below that of the next version', () => {
    const behind = read(4, { process: 3, from: 50, to: 60, version: 1, zxid: base + 8 });

    assertViolated(
      [first, second, behind],
      'read 4 (version 1) by process 3 at 0.060 s shows the state of zxid 0x100000008, but write 5 (version 2) by process 1 at 0.040 s had made a later version by zxid 0x100000008',
    );
    assertPass([first, second, { ...behind, zxid: base + 7 }]);
  });

  it('of a read are told against a read that shows the next version, where nobody heard of its write', () => {
    const lost = write(5, { process: 1, from: 30 });
    const stat = statOf(2, base + 8, 5);
    const shown = read(5, { process: 2, from: 35, to: 40, version: 2, zxid: base + 8, stat });
    const behind = read(4, { process: 3, from: 50, to: 60, version: 1, zxid: base + 8 });

    assertViolated(
      [first, lost, shown, behind],
      'read 4 (version 1) by process 3 at 0.060 s shows the state of zxid 0x100000008, but read 5 (version 2) by process 2 at 0.040 s shows a later version made by zxid 0x100000008',
    );
  });

  it('of a read are not below that of its version, where the server says which state it shows', () => {
    const ahead = read(5, { process: 3, from: 50, to: 60, version: 2, zxid: base + 7, server: 2 });

    assertViolated(
      [first, second, ahead],
      'read 5 (version 2) by process 3 at 0.060 s shows the state of zxid 0x100000007, but its version was not made before zxid 0x100000008, in write 5 (version 2) by process 1 at 0.040 s',
    );
    assertPass([first, second, ahead], { exactReadServers: new Set([1, 3]) });
    assertPass([first, second, { ...ahead, zxid: base + 8 }]);
  });
});

describe('Stats of a register', () => {
  const stated = { ...first, stat: statOf(1, base + 5, 4) };
  const readOf = (changes: Record<number, number> = {}): Drawn =>
    read(4, {
      process: 3,
      from: 30,
      to: 40,
      version: 1,
      zxid: base + 6,
      stat: statOf(1, base + 5, 4, changes),
    });
  const shown = 'read 4 (version 1) by process 3 at 0.040 s';
  const written = 'write 4 (version 1) by process 1 at 0.020 s';

  it('agree with the replies and with each other', () => {
    assertPass([
      stated,
      readOf(),
      { ...second, stat: statOf(2, base + 8, 5) },
      { ...finalRegister(2, 5, 2), zxid: base + 9, stat: statOf(2, base + 8, 5) },
    ]);
  });

  const cases: readonly [field: number, changed: number, sentence: string][] = [
    [0, base + 2, `czxid is 0x100000001 in ${written}, and 0x100000002 in ${shown}`],
    [1, base + 4, `version 1 was made by two zxids: 0x100000005 in ${written}, 0x100000004 in ${shown}`],
    [2, 999, `ctime is 1000 in ${written}, and 999 in ${shown}`],
    [3, 1006, `mtime is 1005 in ${written}, and 1006 in ${shown}`],
    [4, 2, `${shown} has a Stat with version 2`],
    [5, 1, `cversion is 0 in ${written}, and 1 in ${shown}`],
    [6, 1, `aversion is 0 in ${written}, and 1 in ${shown}`],
    [7, 1, `ephemeralOwner is 0 in ${written}, and 1 in ${shown}`],
    [8, 2, `${shown} has a Stat with dataLength 2`],
    [9, 1, `numChildren is 0 in ${written}, and 1 in ${shown}`],
    [10, base + 2, `pzxid is 0x100000001 in ${written}, and 0x100000002 in ${shown}`],
  ];
  for (const [field, changed, sentence] of cases) {
    it(`with another value in field ${field} are a violation`, () => {
      assertViolated([stated, readOf({ [field]: changed })], sentence);
    });
  }

  it('of a write name its own zxid', () => {
    assertViolated(
      [{ ...first, stat: statOf(1, base + 4, 4) }],
      `${written} has a Stat with mzxid 0x100000004, and its own zxid is 0x100000005`,
    );
  });

  it('of version 0 name the zxid that created it', () => {
    const early = read(0, {
      process: 3,
      from: 30,
      to: 40,
      version: 0,
      zxid: base + 6,
      stat: statOf(0, base + 1, 0),
    });

    assertPass([early]);
    assertViolated(
      [{ ...early, stat: statOf(0, base + 2, 0) }],
      'read 0 (version 0) by process 3 at 0.040 s has a Stat with mzxid 0x100000002, and it was created by 0x100000001',
    );
  });

  it('say when a write took effect whose reply was lost', () => {
    const lost = write(9, { process: 2, from: 5, to: 25, type: 'info' });
    const proof = read(9, {
      process: 3,
      from: 50,
      to: 60,
      version: 2,
      zxid: base + 9,
      stat: statOf(2, base + 7, 9),
    });
    const third = write(5, { process: 1, from: 30, to: 40, version: 3, zxid: base + 8 });

    assertPass([first, lost, third, { ...proof, zxid: base + 7 }]);
    assertViolated(
      [first, lost, { ...third, zxid: base + 7 }, { ...proof, stat: statOf(2, base + 8, 9) }],
      'version 3 was made by a lower zxid than one before it: 0x100000007 in write 5 (version 3) by process 1 at 0.040 s, 0x100000008 in read 9 (version 2) by process 3 at 0.060 s',
    );
  });
});

describe('transaction logs', () => {
  const inLog = (version: number, value: unknown, zxid: number): Partial<CheckContext> => ({
    committedWrites: [{ path, version, value, zxid, mtime: 1234 }],
  });
  const lost = write(9, { process: 2, from: 5, to: 25, type: 'info' });
  const third = { ...second, version: 3 };

  const violation = (calls: readonly Drawn[], changes: Partial<CheckContext>): string | undefined =>
    check(calls, changes).evidence[0]?.sentence;

  it('say the same as the replies', () => {
    assertPass([first], inLog(1, 4, base + 5));
    const claim = 'write 4 (version 1) by process 1 at 0.020 s, but the transaction logs have';
    assert.equal(
      violation([first], inLog(1, 5, base + 5)),
      `${claim} value 5 at version 1, written by zxid 0x100000005 at 1234`,
    );
    assert.equal(
      violation([first], inLog(1, 4, base + 6)),
      `${claim} value 4 at version 1, written by zxid 0x100000006 at 1234`,
    );
  });

  it('tell which lost write took place, and when', () => {
    assertPass([first, lost, third], inLog(2, 9, base + 6));
    assert.match(
      violation([first, lost, third], inLog(2, 8, base + 6)) ?? '',
      /^write 5 \(version 3\) .*, but no write that was asked for can have made version 2$/,
    );
    assert.match(
      violation([first, lost, third], inLog(2, 9, base + 9)) ?? '',
      /^version 3 was made by a lower zxid than one before it/,
    );
  });

  it('tell of a version that nobody was shown', () => {
    assertPass([first, lost], inLog(2, 9, base + 9));
    assert.equal(
      violation([first, lost], inLog(2, 8, base + 9)),
      'the transaction logs tell of version 2, but no write that was asked for can have made it',
    );
  });

  it('of znodes that are no registers are nobody’s concern', () => {
    const committedWrites = [{ path: '/other', version: 5, value: 'x', zxid: base + 5, mtime: 1 }];

    assertPass([first], { committedWrites });
  });
});

describe('claims of a register', () => {
  it('stand exactly where a search finds an order', () => {
    const seen = { violated: 0, fine: 0 };

    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const history = draw(randomRegister(new Random(seed)));

        const { verdict } = linearizableWrites.check(history, contextOf());

        const expected = isLinearizable(history) ? 'fine' : 'violated';
        seen[expected]++;
        assert.equal(verdict === 'violated' ? 'violated' : 'fine', expected);
      }),
      { numRuns: 1500, seed: 3 },
    );

    assert.ok(seen.violated > 150 && seen.fine > 150, JSON.stringify(seen));
  });
});

/** Acknowledged calls tell their version, true or not; lost ones happen or not. */
function randomRegister(random: Random): Drawn[] {
  let state = { version: 0, value: 0 };
  const calls: Drawn[] = [];
  for (let step = 0; step < 10; step++) {
    const at = 10 * step;
    const span = { from: at - random.below(25) + 30, to: at + random.below(25) + 30 };
    const isLost = random.chance(0.3);
    const happens = !isLost || random.chance(0.5);
    const ending = isLost ? { type: 'info' as const } : {};
    const kind = random.below(5);
    const value = random.chance(0.8) ? step + 1 : 1 + random.below(3);
    if (kind < 2) {
      const make = kind === 0 ? syncRead : read;
      calls.push(make(state.value, { ...span, version: state.version }));
    } else if (kind === 2) {
      const expected = isLost && random.chance(0.3) ? random.below(5) : state.version;
      if (happens && expected === state.version) state = { version: state.version + 1, value };
      calls.push(cas({ version: expected, value }, { ...span, ...ending }));
    } else {
      if (happens) state = { version: state.version + 1, value };
      calls.push(write(value, { ...span, ...(isLost ? {} : { version: state.version }), ...ending }));
    }
  }
  const victim = random.below(calls.length);
  const isSpoiled = random.chance(0.5);
  return calls.map((call, index) => (isSpoiled && index === victim ? spoil(call, random) : call));
}

function spoil(call: Drawn, random: Random): Drawn {
  if (call.f === 'sync-read') return { ...call, version: random.below(6), result: [path, random.below(8)] };
  if (call.version === undefined || call.f === 'read') return call;
  return { ...call, version: Math.max(1, call.version + random.between(-1, 1)) };
}

/** Plain reads are sightings only, so they are judged here by what they say of a version alone. */
function isLinearizable(history: readonly Operation[]): boolean {
  const calls = registersOf(pairOperations(history)).get(path) ?? [];
  const { nowMs, budget } = contextOf();
  const sightings = calls.filter(({ f }) => f === 'read');
  const strict = calls.filter(({ f }) => f !== 'read');
  const asSyncReads = sightings.map((call, index) => ({
    ...call,
    process: 1000 + index,
    f: 'sync-read',
    // As if it had been under way all the time: then its version and value alone bind it.
    invocation: { ...call.invocation, f: 'sync-read', time: -1 },
    completion: call.completion === null ? null : { ...call.completion, f: 'sync-read', time: 1e12 },
  }));
  return (
    searchCalls(znodeRegister, [...strict, ...asSyncReads], { nowMs, ...budget }).result.type ===
    'linearizable'
  );
}
