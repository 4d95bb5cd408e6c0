import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { latency } from '../../checkers/latency.ts';
import type { LatencySummary } from '../../checkers/latency.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { contextOf, draw, write } from './draw.ts';
import type { Drawn, Noted } from './draw.ts';

function judge(
  calls: readonly Drawn[],
  { nemesis = [], boundMs }: { readonly nemesis?: readonly Noted[]; readonly boundMs?: number } = {},
): GuaranteeResult {
  const bound = boundMs === undefined ? {} : { latencyBoundMs: boundMs };
  return latency.check(draw(calls, nemesis), contextOf(bound));
}

/** One after another, 20 ms apart. */
function writes(count: number, lastsMs: number, fromMs = 0): Drawn[] {
  return Array.from({ length: count }, (_, index) =>
    write(index, { from: fromMs + index * 20, to: fromMs + index * 20 + lastsMs }),
  );
}

function summaryOf({ details }: GuaranteeResult): LatencySummary {
  return details as unknown as LatencySummary;
}

const fault: readonly Noted[] = [
  { at: 10_000, f: 'kill', value: { phase: 'start' } },
  { at: 12_000, f: 'kill', value: { phase: 'end' } },
];

describe('latency', () => {
  it('is measured, and not judged without a bound', () => {
    const result = judge(writes(200, 5));

    assert.equal(result.verdict, 'not-exercised');
    const { quiet, faults } = summaryOf(result);
    assert.equal(quiet.count, 200);
    assert.ok(Math.abs(quiet.p50 - 5) < 0.2 && quiet.max === 5);
    assert.equal(faults.count, 0);
  });

  it('passes where all but one in a hundred keep to the bound', () => {
    const slow = write(0, { from: 9000, to: 9900 });

    assert.equal(judge([...writes(200, 5), slow], { boundMs: 10 }).verdict, 'pass');
  });

  it('is broken where more than that are too slow', () => {
    const result = judge([...writes(200, 5), ...writes(10, 50, 5000)], { boundMs: 10 });

    assert.equal(result.verdict, 'violated');
    assert.match(result.evidence[0]?.sentence ?? '', /of 210 operations outside of faults 99 % took up to 5/);
    assert.equal(result.evidence[0]?.operations.length, 2);
  });

  it('says nothing by a handful of operations', () => {
    assert.equal(judge(writes(99, 50), { boundMs: 10 }).verdict, 'not-exercised');
  });

  it('excuses what a fault touched, and what waited for the end of its consequences', () => {
    const during = writes(50, 500, 10_100);
    const after = [write(1, { from: 12_010, to: 13_000 }), write(2, { from: 12_990, to: 13_500 })];
    const result = judge([...writes(200, 5), ...during, ...after, ...writes(20, 5, 13_600)], {
      nemesis: fault,
      boundMs: 10,
    });

    assert.equal(result.verdict, 'pass');
    assert.equal(summaryOf(result).faults.count, 52);
    assert.equal(summaryOf(result).quiet.count, 220);
  });

  it('does not excuse what is slow after the ensemble has answered again', () => {
    const after = [write(1, { from: 12_010, to: 12_020 }), ...writes(20, 500, 12_030)];

    assert.equal(judge([...writes(200, 5), ...after], { nemesis: fault, boundMs: 10 }).verdict, 'violated');
  });

  it('leaves out what failed, and what consists of several requests', () => {
    const failed = writes(5, 400, 5000).map((call) => ({ ...call, type: 'info' as const }));
    const waiting: Drawn = { f: 'acquire', value: ['/lock', 1], from: 0, to: 60_000 };

    assert.equal(summaryOf(judge([...writes(100, 5), ...failed, waiting])).quiet.count, 100);
  });
});
