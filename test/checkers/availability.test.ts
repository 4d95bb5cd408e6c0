import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { availability } from '../../checkers/availability.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { contextOf, draw, write } from './draw.ts';
import type { Drawn, Noted } from './draw.ts';

/** Milliseconds; the bound of these tests is ten seconds. */
const boundMs = 10_000;

function judge(calls: readonly Drawn[], nemesis: readonly Noted[] = []): GuaranteeResult {
  return availability.check(draw(calls, nemesis), contextOf({ recoveryBoundMs: boundMs }));
}

function answered(...times: readonly number[]): Drawn[] {
  return times.map((from) => write(from, { from, to: from + 5 }));
}

/** One each second, each given up after one. */
function unanswered(fromMs: number, count: number, more: Partial<Drawn> = {}): Drawn[] {
  return Array.from({ length: count }, (_, index) =>
    write(index, { from: fromMs + index * 1000, to: fromMs + index * 1000 + 999, type: 'info', ...more }),
  );
}

function faultOf(from: number, to: number, keepsQuorum: boolean): Noted[] {
  return [
    { at: from, f: 'kill', value: { phase: 'start', keepsQuorum } },
    { at: to, f: 'kill', value: { phase: 'end' } },
  ];
}

describe('availability', () => {
  it('passes where every time with a quorum has its answers', () => {
    const result = judge(answered(0, 100, 1500, 4000), faultOf(1000, 3000, true));

    assert.equal(result.verdict, 'pass');
    assert.equal(result.opportunities, 3);
  });

  it('is not exercised by a run in which nothing was asked', () => {
    assert.equal(judge([]).verdict, 'not-exercised');
  });

  it('is broken by silence beyond the bound while a fault leaves a quorum', () => {
    const result = judge([...answered(0), ...unanswered(2000, 12)], faultOf(1000, 15_000, true));

    assert.equal(result.verdict, 'violated');
    assert.match(
      result.evidence[0]?.sentence ?? '',
      /none of 12 operations was answered from 2\.000 s to 13\.999 s, 12\.0 s; the bound is 10\.0 s/,
    );
  });

  it('is broken by silence beyond the bound between faults', () => {
    assert.equal(judge([...answered(0), ...unanswered(100, 12)]).verdict, 'violated');
  });

  it('allows silence up to the bound', () => {
    assert.equal(judge([...answered(0), ...unanswered(100, 10), ...answered(11_000)]).verdict, 'pass');
  });

  it('allows any silence while a fault leaves no quorum', () => {
    const result = judge([...answered(0), ...unanswered(2000, 40)], faultOf(1000, 50_000, false));

    assert.equal(result.verdict, 'pass');
    assert.equal(result.opportunities, 1);
  });

  it('allows it while one of several faults leaves none', () => {
    const nemesis = [
      ...faultOf(1000, 50_000, true),
      { at: 1500, f: 'partition', value: { phase: 'start', keepsQuorum: false } },
    ];

    assert.equal(judge([...answered(0), ...unanswered(2000, 40)], nemesis).verdict, 'pass');
  });

  it('gives the whole bound again after each beginning and end of a fault', () => {
    const calls = [...answered(0), ...unanswered(100, 9), ...unanswered(10_100, 9), ...answered(20_000)];

    assert.equal(judge(calls, faultOf(10_000, 19_900, true)).verdict, 'pass');
  });

  it('takes no silence of the clients for one of the servers', () => {
    assert.equal(judge(answered(0, 60_000)).verdict, 'pass');
    assert.equal(judge([...answered(0), ...unanswered(100, 2), ...unanswered(30_000, 2)]).verdict, 'pass');
  });

  it('takes a refusal with a zxid for an answer, and one without for none', () => {
    const refused = unanswered(100, 12, { type: 'fail', zxid: 7 });
    const disconnected = unanswered(100, 12, { type: 'fail' });

    assert.equal(judge([...answered(0), ...refused]).verdict, 'pass');
    assert.equal(judge([...answered(0), ...disconnected]).verdict, 'violated');
  });

  it('is not served by reads where writes are asked for', () => {
    const reads = Array.from({ length: 12 }, (_, index): Drawn => ({
      f: 'read',
      value: ['/register/1', 1],
      from: index * 1000,
      to: index * 1000 + 5,
    }));

    assert.equal(judge([...reads, ...unanswered(100, 12)]).verdict, 'violated');
    assert.equal(judge(reads).verdict, 'pass');
  });

  it('ends with the healing: what follows is recovery', () => {
    const healing = [{ at: 50, f: 'heal', value: { boundMs } }];

    assert.equal(judge([...answered(0), ...unanswered(100, 40)], healing).verdict, 'pass');
  });
});
