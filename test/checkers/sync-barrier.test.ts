import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { syncBarrier } from '../../checkers/sync-barrier.ts';
import type { BarrierSighting } from '../../checkers/sync-barrier.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';

const root = '/sync-barrier';
const [a, b] = [`${root}/0`, `${root}/1`];
type More = Partial<Omit<Drawn, 'f' | 'value'>> & { readonly from: number };

function write(path: string, version: number, more: More): Drawn {
  return { f: 'barrier-write', value: [path, version * 10], version, to: more.from + 5, ...more };
}

/** A znode at a version that `write` made. */
function at(path: string, version: number): BarrierSighting {
  return { path, version, value: version * 10 };
}

function reads(
  f: 'barrier-read' | 'barrier-reconnect-read' | 'plain-reads',
  seen: readonly BarrierSighting[],
  { syncedBy = 1, ...more }: More & { readonly syncedBy?: number | null },
): Drawn {
  const result = [root, { syncedBy: f === 'plain-reads' ? null : syncedBy, seen }];
  return { f, value: [root, seen.map(({ path }) => path)], result, server: 1, to: more.from + 5, ...more };
}

/** Enough that are up to date. */
const exercise = Array.from({ length: 10 }, (_, index) =>
  reads('barrier-read', [at(b, 0)], { from: 1 + index / 20 }),
);

function check(calls: readonly Drawn[], servers = [1, 2]): GuaranteeResult {
  return syncBarrier.check(draw([...exercise, ...calls]), contextOf({ quorumSyncServers: new Set(servers) }));
}

const { assertPass, assertViolated } = assertionsOf(check);

describe('a read behind a sync', () => {
  const written = write(a, 1, { from: 10 });

  it('shows what was acknowledged before the sync was asked for', () => {
    assertPass([written, reads('barrier-read', [at(a, 1), at(b, 0)], { from: 20 })]);
    assertViolated(/showed 0 \(version 0\).* after barrier-write .* with 10 \(version 1\)/, [
      written,
      reads('barrier-read', [at(b, 0), at(a, 0)], { from: 20 }),
    ]);
  });

  it('may miss what was acknowledged while it was under way', () => {
    assertPass([written, reads('barrier-read', [at(a, 0)], { from: 14 })]);
    assertPass([written, reads('barrier-read', [at(a, 0)], { from: 15 })]);
  });

  it('may miss or show a write in doubt, until somebody has seen it', () => {
    const doubt: Drawn = { ...written, type: 'info' };
    const seen = reads('plain-reads', [at(a, 1)], { from: 20, server: 3 });

    assertPass([doubt, reads('barrier-read', [at(a, 0)], { from: 20 })]);
    assertPass([doubt, reads('barrier-read', [at(a, 1)], { from: 20 })]);
    assertViolated(/after plain-reads/, [doubt, seen, reads('barrier-read', [at(a, 0)], { from: 30 })]);
  });

  it('is up to date on the next server as well', () => {
    assertViolated(/barrier-reconnect-read .* on server 2 showed 0/, [
      written,
      reads('barrier-reconnect-read', [at(a, 0)], { from: 20, server: 2 }),
    ]);
  });

  it('is not judged where one of the servers has no such barrier', () => {
    const stale = { from: 20, server: 2 };

    assertPass([written, reads('barrier-reconnect-read', [at(a, 0)], { ...stale, syncedBy: 3 })]);
    assertPass([written, reads('barrier-reconnect-read', [at(a, 0)], { ...stale, server: 3 })]);
    assertPass([written, reads('barrier-reconnect-read', [at(a, 0)], { ...stale, syncedBy: null })]);
  });

  it('is counted and not judged where no server has such a barrier', () => {
    const result = check([written, reads('barrier-read', [at(a, 0)], { from: 20 })], []);

    assert.equal(result.verdict, 'not-supported');
    assert.match(result.reason ?? '', /of 11 reads behind a sync 1 missed a write/);
  });
});

describe('a plain read', () => {
  it('may be stale', () => {
    assertPass([write(a, 1, { from: 10 }), reads('plain-reads', [at(a, 0)], { from: 20 })]);
  });

  it('shows the one value that its version has', () => {
    const odd = { ...at(a, 1), value: 77 };

    assertViolated(/showed 77 \(version 1\)/, [
      write(a, 1, { from: 10 }),
      reads('plain-reads', [odd], { from: 20 }),
    ]);
  });
});

describe('the barrier', () => {
  it('is not exercised by a few reads', () => {
    const result = syncBarrier.check(draw(exercise.slice(1)), contextOf());

    assert.equal(result.verdict, 'not-exercised');
  });
});
