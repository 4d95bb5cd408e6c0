import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { linearizableWrites } from '../../checkers/linearizable-writes.ts';
import { searchCalls } from '../../checkers/linearizability/check-history.ts';
import { znodeRegister } from '../../checkers/models/znode-register.ts';
import { registersOf } from '../../checkers/register-calls.ts';
import type { CheckContext, GuaranteeResult } from '../../checkers/verdict.ts';
import { pairOperations } from '../../harness/history/pairing.ts';
import { Random } from '../../harness/random/random.ts';
import type { Drawn } from './draw.ts';
import { add, cas, contextOf, draw, finalRegister, path, read, syncRead, write } from './draw.ts';

/** Enough uncontested work on another znode, so that a tiny history is not called too short. */
const exercise: readonly Drawn[] = Array.from({ length: 10 }, (_, version) => ({
  process: 99,
  f: 'cas',
  value: ['/register/other', { version, value: 500 + version }],
  result: ['/register/other', 500 + version],
  version: version + 1,
  from: 1 + 10 * version,
  to: 5 + 10 * version,
}));

function check(calls: readonly Drawn[], changes: Partial<CheckContext> = {}): GuaranteeResult {
  return linearizableWrites.check(draw([...calls, ...exercise]), contextOf(changes));
}

function assertPass(calls: readonly Drawn[], changes: Partial<CheckContext> = {}): void {
  const result = check(calls, changes);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(
  calls: readonly Drawn[],
  sentence: string,
  changes: Partial<CheckContext> = {},
): void {
  const result = check(calls, changes);
  assert.equal(result.verdict, 'violated', result.reason);
  assert.equal(result.evidence[0]?.sentence, sentence);
}

describe('linearizable writes', () => {
  it('accepts sync-reads that see each acknowledged write', () => {
    assertPass([
      write(4, { from: 0, to: 10, version: 1 }),
      syncRead(4, { from: 20, to: 30, version: 1 }),
      write(5, { from: 40, to: 50, version: 2 }),
      syncRead(5, { from: 60, to: 70, version: 2 }),
    ]);
  });

  describe('stale sync-read', () => {
    const stale = [
      write(4, { process: 3, from: 4090, to: 4101, version: 1 }),
      syncRead(0, { process: 12, from: 4200, to: 4218, version: 0 }),
    ];

    it('is a violation that names the acknowledged write', () => {
      assertViolated(
        stale,
        'sync-read 0 (version 0) by process 12 at 4.218 s (begun at 4.200 s), after write 4 (version 1) was acknowledged at 4.101 s',
      );
    });

    it('shows the operations as the history has them, the offending one last', () => {
      const [evidence] = check(stale).evidence;

      assert.equal(evidence?.subject, path);
      assert.deepEqual(
        evidence?.operations.map(({ type, f, value }) => [type, f, value]),
        [
          ['invoke', 'write', [path, 4]],
          ['ok', 'write', [path, 4]],
          ['invoke', 'sync-read', [path, null]],
          ['ok', 'sync-read', [path, 0]],
        ],
      );
    });

    it('is right on a server whose sync is no quorum barrier', () => {
      assertPass(stale, { quorumSyncServers: new Set([2, 3]) });
    });

    it('is right while the write is under way', () => {
      assertPass([write(4, { from: 0, to: 30, version: 1 }), syncRead(0, { from: 10, to: 20, version: 0 })]);
    });

    it('is right as a plain read', () => {
      assertPass([write(4, { from: 0, to: 10, version: 1 }), read(0, { from: 20, to: 30, version: 0 })]);
    });

    it('is a violation after another sync-read saw more', () => {
      assertViolated(
        [
          write(4, { process: 1, from: 0, to: 90, version: 1 }),
          syncRead(4, { process: 2, from: 10, to: 20, version: 1 }),
          syncRead(0, { process: 3, from: 30, to: 40, version: 0 }),
        ],
        'sync-read 0 (version 0) by process 3 at 0.040 s (begun at 0.030 s), after sync-read 4 (version 1) was answered to process 2 at 0.020 s',
      );
    });

    it('is a violation without versions too', () => {
      assertViolated(
        [write(4, { process: 1, from: 0, to: 10 }), syncRead(0, { process: 3, from: 30, to: 40 })],
        'sync-read 0 by process 3 at 0.040 s, where only value 4 (version 1) is possible, left by write 4 of process 1',
      );
    });
  });

  describe('lost reply', () => {
    const lost = write(4, { from: 0, to: 10, type: 'info' });

    it('allows the write to appear much later', () => {
      assertPass([
        lost,
        syncRead(0, { from: 20, to: 30, version: 0 }),
        syncRead(4, { from: 900, to: 910, version: 1 }),
      ]);
    });

    it('allows the write never to appear', () => {
      assertPass([lost, write(5, { from: 20, to: 30, version: 1 })]);
    });

    it('explains a version that nobody was told of', () => {
      assertPass([lost, write(5, { from: 20, to: 30, version: 2 })]);
    });

    it('explains one version only', () => {
      assertViolated(
        [lost, write(5, { process: 7, from: 20, to: 30, version: 3 })],
        'write 5 (version 3) by process 7 at 0.030 s, where only value 0 (version 0) or value (never read) (version 1) is possible',
      );
    });

    it('does not allow what was seen to go away', () => {
      assertViolated(
        [
          lost,
          syncRead(4, { process: 2, from: 20, to: 30, version: 1 }),
          syncRead(0, { process: 3, from: 40, to: 50, version: 0 }),
        ],
        'sync-read 0 (version 0) by process 3 at 0.050 s (begun at 0.040 s), after sync-read 4 (version 1) was answered to process 2 at 0.030 s',
      );
    });

    it('of a cas leaves its expected version binding', () => {
      const lostCas = cas({ version: 3, value: 8 }, { from: 0, to: 5, type: 'info' });

      assert.equal(check([lostCas, syncRead(8, { from: 10, to: 20, version: 1 })]).verdict, 'violated');
      assert.equal(check([lostCas, syncRead(0, { from: 10, to: 20, version: 0 })]).verdict, 'pass');
    });

    it('may write a value that another one writes too', () => {
      assertPass([
        lost,
        write(4, { from: 0, to: 10, type: 'info' }),
        syncRead(4, { from: 20, to: 30, version: 1 }),
        write(5, { from: 40, to: 50, version: 2 }),
        syncRead(4, { from: 60, to: 70, version: 3 }),
      ]);
    });

    it('does not slow the search down when plain reads saw what was written', () => {
      const lostOnes = Array.from({ length: 120 }, (_, value) => [
        write(1000 + value, { from: 0, to: 5, type: 'info' }),
        read(1000 + value, { from: 600, to: 610, version: 1 + ((value * 7) % 120) }),
      ]).flat();
      const started = performance.now();

      const result = check([
        ...lostOnes,
        write(5, { from: 500, to: 510, version: 121 }),
        write(6, { from: 560, to: 570, version: 123 }),
      ]);

      assert.equal(result.verdict, 'violated');
      assert.ok(performance.now() - started < 500, `took ${performance.now() - started} ms`);
    });

    it('does not slow the search down, however many there are', () => {
      const lostOnes = Array.from({ length: 120 }, (_, value) =>
        write(1000 + value, { from: value, to: value + 0.5, type: 'info' }),
      );
      const started = performance.now();

      const result = check([
        ...lostOnes,
        write(5, { from: 500, to: 510, version: 60 }),
        syncRead(5, { from: 520, to: 530, version: 60 }),
        write(6, { from: 540, to: 550, version: 62 }),
        syncRead(5, { from: 560, to: 570, version: 60 }),
      ]);

      assert.equal(result.verdict, 'violated');
      assert.ok(performance.now() - started < 500, `took ${performance.now() - started} ms`);
    });
  });

  describe('cas', () => {
    it('takes effect at its expected version', () => {
      assertPass([
        write(4, { from: 0, to: 10, version: 1 }),
        cas({ version: 1, value: 5 }, { from: 20, to: 30 }),
        syncRead(5, { from: 40, to: 50, version: 2 }),
      ]);
    });

    it('at a version that is past is a violation', () => {
      assertViolated(
        [
          write(4, { process: 1, from: 0, to: 10, version: 1 }),
          write(5, { process: 1, from: 20, to: 30, version: 2 }),
          cas({ version: 0, value: 6 }, { process: 2, from: 40, to: 50 }),
        ],
        'version 1 was made twice: write 4 (version 1) by process 1 at 0.010 s, cas 6 (version 1) by process 2 at 0.050 s',
      );
    });

    it('that was refused must leave no trace', () => {
      const refused = cas(
        { version: 7, value: 6 },
        { process: 2, from: 0, to: 10, type: 'fail', error: 'BADVERSION' },
      );

      assertPass([refused, syncRead(0, { from: 20, to: 30, version: 0 })]);
      assertViolated(
        [refused, read(6, { process: 3, from: 20, to: 30, version: 1 })],
        'read 6 (version 1) by process 3 at 0.030 s, whose cas by process 2 failed for certain at 0.010 s (BADVERSION)',
      );
    });
  });

  describe('claims of the replies', () => {
    it('two values of one version are a violation, even in plain reads', () => {
      assertViolated(
        [
          write(4, { process: 1, from: 0, to: 10, version: 1 }),
          write(5, { process: 2, from: 0, to: 900, type: 'info' }),
          read(5, { process: 3, from: 20, to: 30, version: 1 }),
        ],
        'version 1 has two values: write 4 (version 1) by process 1 at 0.010 s, read 5 (version 1) by process 3 at 0.030 s',
      );
    });

    it('one write under two versions is a violation', () => {
      assertViolated(
        [
          write(4, { process: 1, from: 0, to: 10, version: 1 }),
          read(4, { process: 3, from: 20, to: 30, version: 2 }),
        ],
        'one write took effect twice: write 4 (version 1) by process 1 at 0.010 s, read 4 (version 2) by process 3 at 0.030 s',
      );
    });

    it('a value that nobody wrote is a violation', () => {
      assertViolated(
        [read(77, { process: 3, from: 20, to: 30, version: 1 })],
        'read 77 (version 1) by process 3 at 0.030 s, which nobody wrote',
      );
    });

    it('version 0 shows what setup wrote', () => {
      assertPass([read(0, { from: 20, to: 30, version: 0 })]);
      assertViolated(
        [write(4, { process: 1, from: 0, to: 10 }), read(4, { process: 3, from: 20, to: 30, version: 0 })],
        'read 4 (version 0) by process 3 at 0.030 s, but version 0 is the value 0 of setup',
      );
    });

    it('a final read is a sighting too', () => {
      assertViolated(
        [write(4, { process: 1, from: 0, to: 10, version: 1 }), { ...finalRegister(2, 0, 1), process: 9 }],
        'version 1 has two values: write 4 (version 1) by process 1 at 0.010 s, final-read 0 (version 1) by process 9 at 1.005 s',
      );
    });
  });

  describe('zxids', () => {
    const first = write(4, { process: 1, from: 0, to: 10, version: 1, zxid: 0x1_0000_0005 });

    it('may have gaps, and may cross while writes are concurrent', () => {
      assertPass([first, add(1, { from: 20, to: 30, zxid: 0x1_0000_0009 })]);
      assertPass([first, add(1, { from: 5, to: 30, zxid: 0x1_0000_0003 })]);
      assertPass([first, add(1, { from: 10, to: 30, zxid: 0x1_0000_0003 })]);
    });

    it('that fall for a later write are a violation', () => {
      assertViolated(
        [first, add(1, { process: 2, from: 20, to: 30, zxid: 0x1_0000_0004 })],
        'add ["/set",1] by process 2 with zxid 0x100000004 began at 0.020 s, ' +
          'after write ["/register/1",4] by process 1 with zxid 0x100000005 was acknowledged at 0.010 s',
      );
    });

    it('that two writes share are a violation', () => {
      assertViolated(
        [first, add(1, { process: 2, from: 5, to: 30, zxid: 0x1_0000_0005 })],
        'two writes were acknowledged with one zxid: ' +
          'write ["/register/1",4] by process 1 with zxid 0x100000005 at 0.010 s, ' +
          'add ["/set",1] by process 2 with zxid 0x100000005 at 0.030 s',
      );
    });

    it('of plain reads say nothing to other clients', () => {
      assertPass([first, read(0, { from: 20, to: 30, version: 0, zxid: 0x1_0000_0001 })]);
    });
  });

  describe('verdicts short of a pass', () => {
    it('is not exercised below ten opportunities', () => {
      const result = linearizableWrites.check(draw([write(4, { from: 0, to: 10, version: 1 })]), contextOf());

      assert.equal(result.verdict, 'not-exercised');
      assert.equal(result.reason, 'acknowledged cas and judged sync-reads: 0, needs at least 10');
    });

    it('counts only sync-reads that it judges', () => {
      const reads = Array.from({ length: 12 }, (_, time) => syncRead(0, { from: time, to: time + 0.5 }));

      assert.equal(linearizableWrites.check(draw(reads), contextOf()).opportunities, 12);
      const apache = contextOf({ quorumSyncServers: new Set() });
      assert.equal(linearizableWrites.check(draw(reads), apache).verdict, 'not-exercised');
    });

    it('is inconclusive when nothing was acknowledged', () => {
      const calls = [write(4, { from: 0, to: 10, type: 'info' })];

      const result = linearizableWrites.check(draw(calls), contextOf());

      assert.equal(result.verdict, 'inconclusive');
      assert.equal(result.reason, 'no operation on a register was acknowledged');
    });

    it('is inconclusive when a budget runs out, and stops in time', () => {
      // Without versions nothing orders forty concurrent writes, and no order ends in the two last reads.
      const writes = Array.from({ length: 40 }, (_, value) => write(value + 1, { from: 0, to: 100 }));
      const calls = [
        ...writes,
        syncRead(1, { from: 110, to: 120 }),
        write(99, { from: 130, to: 140 }),
        syncRead(1, { from: 150, to: 160 }),
      ];
      const started = performance.now();

      const result = check(calls, { budget: { timeMs: 50, memoryBytes: 1e9 } });

      // Unbounded it would take years; a busy machine may take its time to notice fifty milliseconds.
      assert.ok(performance.now() - started < 3000, `took ${performance.now() - started} ms`);
      assert.equal(result.verdict, 'inconclusive');
      assert.equal(result.reason, `the search of ${path} ran out of time`);
      const small = check(calls, { budget: { timeMs: 5000, memoryBytes: 1e6 } });
      assert.equal(small.reason, `the search of ${path} ran out of memory`);
    });
  });

  it('agrees with a search that knows nothing of sightings', () => {
    const seen = { violated: 0, fine: 0 };

    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const history = draw(randomRegister(new Random(seed)));

        const result = linearizableWrites.check(history, contextOf());

        const expected = isLinearizable(history) ? 'fine' : 'violated';
        seen[expected]++;
        assert.equal(result.verdict === 'violated' ? 'violated' : 'fine', expected);
      }),
      { numRuns: 1500, seed: 11 },
    );

    assert.ok(seen.violated > 150 && seen.fine > 150, JSON.stringify(seen));
  });
});

/** Some calls on one register that behaves, half of the time with one reply changed. */
function randomRegister(random: Random): Drawn[] {
  let state = { version: 0, value: 0 };
  const calls: Drawn[] = [];
  for (let step = 0; step < 9; step++) {
    const at = 10 * step;
    const span = { from: at - random.below(15) + 20, to: at + random.below(15) + 20 };
    const isLost = random.chance(0.3);
    const happens = !isLost || random.chance(0.5);
    const ending = isLost ? { type: 'info' as const } : {};
    const kind = random.below(4);
    const expected = random.chance(0.7) ? state.version : random.below(4);
    if (kind === 0) {
      calls.push(syncRead(state.value, { ...span, version: state.version }));
    } else if (kind === 1 && (expected === state.version || isLost)) {
      if (happens && expected === state.version) state = { version: state.version + 1, value: step + 1 };
      calls.push(cas({ version: expected, value: step + 1 }, { ...span, ...ending }));
    } else {
      if (happens) state = { version: state.version + 1, value: step + 1 };
      const told = isLost || random.chance(0.2) ? {} : { version: state.version };
      calls.push(write(step + 1, { ...span, ...told, ...ending }));
    }
  }
  const victim = random.below(calls.length);
  return random.chance(0.5)
    ? calls
    : calls.map((call, index) => (index === victim ? spoil(call, random) : call));
}

function spoil(call: Drawn, random: Random): Drawn {
  if (call.f === 'sync-read') {
    return { ...call, version: random.below(5), result: [path, random.below(6)] };
  }
  return call.version === undefined
    ? call
    : { ...call, version: Math.max(1, call.version + random.between(-1, 1)) };
}

function isLinearizable(history: ReturnType<typeof draw>): boolean {
  const calls = registersOf(pairOperations(history)).get(path) ?? [];
  const { nowMs, budget } = contextOf();
  return searchCalls(znodeRegister, calls, { nowMs, ...budget }).result.type === 'linearizable';
}
