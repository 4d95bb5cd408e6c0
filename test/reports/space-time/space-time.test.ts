import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Operation } from '../../../harness/history/operation.ts';
import type { ServerMessage } from '../../../harness/history/server-message.ts';
import type { TraceEvent } from '../../../harness/history/trace-event.ts';
import { renderHtmlReport } from '../../../reports/html-report.ts';
import { makeSpaceTime } from '../../../reports/space-time/space-time.ts';
import { makeTimeScale } from '../../../reports/space-time/time-scale.ts';
import { makeHistory, makeResult } from '../fixtures.ts';

const write: Operation = {
  index: 0,
  time: 100e6,
  process: 0,
  type: 'invoke',
  f: 'write',
  value: ['/register/1', 4],
};
const written: Operation = { ...write, index: 1, time: 110e6, type: 'ok', zxid: 0x200000007, server: 1 };

function resultOf(operations: readonly Operation[]): ReturnType<typeof makeResult> {
  const result = makeResult('violated', makeHistory(100));
  const guarantee = {
    name: 'durability',
    title: 'acknowledged writes are never lost',
    verdict: 'violated' as const,
    opportunities: 1,
    leastOpportunities: 1,
    evidence: [{ subject: '/register/1', sentence: 'write <4> is gone', operations }],
  };
  return { ...result, guarantees: [guarantee], faults: [] };
}

function message(kind: string, zxid: number, sentMs: number, arrivedMs: number | null): ServerMessage {
  const arrivedNs = arrivedMs === null ? null : arrivedMs * 1e6;
  return { kind, from: 1, to: 2, zxid, sentNs: sentMs * 1e6, arrivedNs };
}

function event(name: string, sid: number, timeMs: number, facts: Partial<TraceEvent>): TraceEvent {
  const common = { incarnation: 1, instance: 1, sequence: 1, timeMs };
  return { event: name, sid, time: timeMs * 1e6, ...common, ...facts };
}

describe('space-time diagram', () => {
  const history = [write, written];
  const trace = [
    event('STATE', 1, 90, { state: 'leading' }),
    event('APPEND', 1, 102, { zxid: 0x200000007 }),
    event('APPEND', 1, 103, { zxid: 0x200000008 }),
    event('FSYNC', 1, 104, { upTo: 0x200000008 }),
    event('COMMIT_DECIDE', 1, 105, { zxid: 0x200000007 }),
    event('APPLY', 1, 200, { zxid: 0x200000007 }),
  ];
  const messages = [
    message('PROPOSAL', 0x200000007, 102, null),
    message('VOTE', 0x200000007, 103, 104),
    message('COMMIT', 0x200000007, 300, 301),
  ];

  it('shows what carries the transaction of the evidence, up to the moment of the violation', () => {
    const shown = makeSpaceTime({ result: resultOf(history), history, trace, messages });

    assert.ok(shown !== null);
    assert.equal(shown.momentNs, 110e6);
    assert.deepEqual(shown.zxids, [0x200000007]);
    assert.deepEqual(
      shown.messages.map(({ kind }) => kind),
      ['PROPOSAL'],
    );
    assert.deepEqual(
      shown.marks.map(({ kind, timeNs }) => [kind, timeNs / 1e6]),
      [
        ['APPEND', 102],
        ['FSYNC', 104],
        ['COMMIT_DECIDE', 105],
      ],
    );
    assert.deepEqual(shown.roles, [{ sid: 1, name: 'leading', fromNs: 90e6, toNs: 110e6 }]);
  });

  it('leaves out the least of many messages, and says how many', () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      message('PROPOSAL', 0x200000100 + index, 101 + index / 100, 107),
    );

    const shown = makeSpaceTime({
      result: resultOf(history),
      history,
      trace,
      messages: [...many, ...messages],
    });

    assert.ok(shown !== null && shown.messages.length < 60);
    assert.equal(shown.messages.length + shown.omittedCount, 501);
    assert.ok(shown.messages.some(({ zxid }) => zxid === 0x200000007));
  });

  it('is nothing for a run that broke nothing', () => {
    const result = makeResult('pass', makeHistory(100));

    assert.equal(makeSpaceTime({ result, history, trace, messages }), null);
  });

  it('is drawn with a tooltip for each message, bar and mark, and escapes what it is told', () => {
    const result = resultOf(history);
    const shown = makeSpaceTime({ result, history, trace, messages });

    const page = renderHtmlReport(result, history, shown);

    assert.match(
      page,
      /PROPOSAL 0x200000007 from server 1 to server 2,\s+sent 0\.1020 s, never arrived\s*<\/title>/,
    );
    assert.match(page, /server 1: FSYNC 0x200000007, safe on disk, as it says itself, 0\.1040 s\s*<\/title>/);
    assert.match(page, /class="operation ok offending"/);
    assert.match(page, /the moment of the violation/);
    assert.ok(!page.includes('write <4>'));
    assert.doesNotMatch(page, /<(script|img|iframe)[^>]+src=|<link[^>]+href=|@import/);
  });
});

describe('time scale', () => {
  const scale = makeTimeScale([0, 1e6, 2e6, 5e9, 5.001e9], { left: 10, right: 110, tickWidth: 20 });

  it('keeps the order of time, from edge to edge', () => {
    const places = [0, 0.5e6, 1e6, 2e6, 1e9, 5e9, 5.0005e9, 5.001e9].map((ns) => scale.x(ns));

    assert.equal(places[0], 10);
    assert.ok(Math.abs((places.at(-1) ?? 0) - 110) < 1e-9);
    for (let index = 1; index < places.length; index++)
      assert.ok((places[index] ?? 0) > (places[index - 1] ?? 0));
  });

  it('gives five idle seconds less than the rest together', () => {
    assert.ok(scale.x(5e9) - scale.x(2e6) < 70);
  });

  it('labels only moments that are far enough apart', () => {
    for (let index = 1; index < scale.ticks.length; index++)
      assert.ok(scale.x(scale.ticks[index] ?? 0) - scale.x(scale.ticks[index - 1] ?? 0) >= 20);
  });
});
