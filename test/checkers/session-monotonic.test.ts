import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { sessionMonotonic } from '../../checkers/session-monotonic.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { add, cas, contextOf, draw, path, read, write } from './draw.ts';

const session = '0100000000000001';
const other = '0200000000000002';

/** Replies of a third session, so that a tiny history is not called too short. */
const exercise: readonly Drawn[] = Array.from({ length: 11 }, (_, step) => ({
  process: 99,
  f: 'read',
  value: ['/register/other', null],
  result: ['/register/other', 0],
  version: 0,
  zxid: 1 + step,
  session: '0300000000000003',
  from: 1 + 10 * step,
  to: 5 + 10 * step,
}));

function check(calls: readonly Drawn[]): GuaranteeResult {
  return sessionMonotonic.check(draw([...calls, ...exercise]), contextOf());
}

function assertPass(calls: readonly Drawn[]): void {
  const result = check(calls);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(calls: readonly Drawn[], sentence: string): void {
  const result = check(calls);
  assert.equal(result.verdict, 'violated');
  assert.equal(result.evidence[0]?.subject, `session ${session}`);
  assert.equal(result.evidence[0]?.sentence, sentence);
}

describe('session monotonicity', () => {
  const newer = read(5, { process: 1, from: 0, to: 10, version: 5, zxid: 0x10, session });

  it('accepts zxids and versions that rise or stay', () => {
    assertPass([
      newer,
      read(5, { process: 1, from: 20, to: 30, version: 5, zxid: 0x10, session }),
      read(6, { process: 1, from: 40, to: 50, version: 6, zxid: 0x14, session }),
    ]);
  });

  describe('zxid', () => {
    it('that falls within a session is a violation', () => {
      assertViolated(
        [newer, add(1, { process: 1, from: 20, to: 30, zxid: 0xf, session })],
        'add by process 1 at 0.030 s came with zxid 0xf, after its session had seen zxid 0x10 on server 1 at 0.010 s',
      );
    });

    it('that is lower in another session is none', () => {
      assertPass([newer, read(4, { process: 2, from: 20, to: 30, version: 4, zxid: 0xf, session: other })]);
    });

    it('of a refusal counts too', () => {
      const refusal = cas(
        { version: 1, value: 9 },
        { process: 1, from: 20, to: 30, type: 'fail', zxid: 0xf, session },
      );

      assertViolated(
        [newer, refusal],
        'refusal of cas by process 1 at 0.030 s came with zxid 0xf, after its session had seen zxid 0x10 on server 1 at 0.010 s',
      );
      assertPass([newer, { ...refusal, zxid: 0x11 }]);
    });

    it('of a multi or a sequential create is its own as well', () => {
      for (const f of ['transfer', 'sequential-create']) {
        const next = { process: 1, f, value: ['/any', null], from: 20, to: 30, session };

        assertPass([newer, { ...next, zxid: 0x11 }]);
        assertViolated(
          [newer, { ...next, zxid: 0x10 }],
          `${f} by process 1 at 0.030 s came with zxid 0x10, a zxid that its session had seen before: read by process 1 at 0.010 s came with zxid 0x10`,
        );
      }
    });

    it('of a new write that the session had seen before is a violation', () => {
      assertViolated(
        [newer, write(9, { process: 1, from: 20, to: 30, version: 6, zxid: 0x10, session })],
        'write by process 1 at 0.030 s came with zxid 0x10, a zxid that its session had seen before: read by process 1 at 0.010 s came with zxid 0x10',
      );
    });

    it('is followed across the processes of one session', () => {
      const lost = write(9, { process: 1, from: 12, to: 15, type: 'info', session });
      const next = read(4, { process: 11, from: 20, to: 30, version: 4, zxid: 0xf, session });

      assert.equal(check([newer, lost, next]).verdict, 'violated');
    });
  });

  describe('version', () => {
    it('of a znode that falls within a session is a violation', () => {
      assertViolated(
        [newer, read(4, { process: 1, from: 20, to: 30, version: 4, zxid: 0x11, session, server: 2 })],
        `read 4 (version 4) of ${path} by process 1 at 0.030 s, after it had seen 5 (version 5) at 0.010 s`,
      );
    });

    it('of another znode is none of its business', () => {
      const elsewhere = { f: 'read', value: ['/register/2', null], result: ['/register/2', 1] };

      assertPass([newer, { ...elsewhere, process: 1, from: 20, to: 30, version: 1, zxid: 0x11, session }]);
    });

    it('below an own acknowledged write is a violation, by whichever server', () => {
      assertViolated(
        [
          write(6, { process: 1, from: 0, to: 10, version: 6, zxid: 0x10, session, server: 1 }),
          read(5, { process: 1, from: 20, to: 30, version: 5, zxid: 0x10, session, server: 2 }),
        ],
        `read 5 (version 5) of ${path} by process 1 at 0.030 s, after its own write 6 (version 6) was acknowledged at 0.010 s`,
      );
    });

    it('of an own write with another value is a violation', () => {
      assertViolated(
        [
          write(6, { process: 1, from: 0, to: 10, version: 6, zxid: 0x10, session }),
          read(7, { process: 1, from: 20, to: 30, version: 6, zxid: 0x11, session }),
        ],
        `read 7 (version 6) of ${path} by process 1 at 0.030 s, after its own write 6 (version 6) was acknowledged at 0.010 s`,
      );
    });

    it('made twice by one session is a violation', () => {
      assertViolated(
        [
          write(6, { process: 1, from: 0, to: 10, version: 6, zxid: 0x10, session }),
          write(7, { process: 1, from: 20, to: 30, version: 6, zxid: 0x11, session }),
        ],
        `write 7 (version 6) of ${path} by process 1 at 0.030 s, after its own write 6 (version 6) was acknowledged at 0.010 s`,
      );
    });

    it('above an own write is a write of somebody else', () => {
      assertPass([
        write(6, { process: 1, from: 0, to: 10, version: 6, zxid: 0x10, session }),
        read(7, { process: 1, from: 20, to: 30, version: 7, zxid: 0x12, session }),
      ]);
    });
  });

  it('ignores own writes without a reply', () => {
    assertPass([
      newer,
      write(9, { process: 1, from: 12, to: 15, type: 'info', session }),
      read(5, { process: 2, from: 20, to: 30, version: 5, zxid: 0x10, session }),
    ]);
  });

  it('counts replies that follow another of their session', () => {
    const alone = sessionMonotonic.check(draw([newer]), contextOf());

    assert.deepEqual([alone.verdict, alone.opportunities], ['not-exercised', 0]);
    assert.equal(check([newer]).opportunities, 10);
  });

  it('is inconclusive when no session was answered', () => {
    const result = sessionMonotonic.check(draw([write(1, { from: 0, to: 5, type: 'info' })]), contextOf());

    assert.equal(result.verdict, 'inconclusive');
  });
});
