import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { recovery } from '../../checkers/recovery.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Noted } from './draw.ts';
import { contextOf, draw } from './draw.ts';

function check(nemesis: readonly Noted[]): GuaranteeResult {
  return recovery.check(draw([], nemesis), contextOf({ recoveryBoundMs: 10_000 }));
}

describe('recovery', () => {
  it('accepts a recovery within the bound', () => {
    const result = check([
      { at: 60_000, f: 'heal' },
      { at: 70_000, f: 'recovered', value: { elapsedMs: 10_000 } },
    ]);

    assert.deepEqual([result.verdict, result.opportunities], ['pass', 1]);
  });

  it('refuses a recovery beyond the bound', () => {
    const result = check([
      { at: 60_000, f: 'heal' },
      { at: 72_000, f: 'recovered', value: { elapsedMs: 12_000 } },
    ]);

    assert.equal(result.verdict, 'violated');
    assert.equal(
      result.evidence[0]?.sentence,
      'recovered 12.0 s after the healing at 60.000 s; the bound is 10.0 s',
    );
  });

  it('measures the distance of the entries when no figure is given', () => {
    assert.equal(
      check([
        { at: 0, f: 'heal' },
        { at: 11_000, f: 'recovered' },
      ]).verdict,
      'violated',
    );
    assert.equal(
      check([
        { at: 0, f: 'heal' },
        { at: 9_000, f: 'recovered' },
      ]).verdict,
      'pass',
    );
  });

  it('refuses an ensemble that did not recover, with what the run saw', () => {
    const result = check([
      { at: 60_000, f: 'heal' },
      { at: 70_000, f: 'not-recovered', value: 'server 2 is LOOKING' },
    ]);

    assert.equal(
      result.evidence[0]?.sentence,
      'not recovered 10.0 s after the healing at 60.000 s; the bound is 10.0 s: "server 2 is LOOKING"',
    );
  });

  it('is inconclusive when the end of a healing was not noted', () => {
    const result = check([{ at: 60_000, f: 'heal' }]);

    assert.deepEqual(
      [result.verdict, result.reason],
      ['inconclusive', 'whether the ensemble recovered from the healing at 60.000 s was not noted'],
    );
  });

  it('is not exercised without a healing', () => {
    assert.equal(check([{ at: 5, f: 'kill' }]).verdict, 'not-exercised');
  });
});
