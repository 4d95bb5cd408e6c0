import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { TraceEvent } from '../../../../docker/zab/src/core/trace.ts';
import type { ServerPorts } from '../../../../docker/zab/src/server/ports.ts';
import { Tracer } from '../../../../docker/zab/src/server/tracer.ts';

/** One of every frequent kind, and two of the others. */
const events: readonly TraceEvent[] = [
  { event: 'LOAD', snapZxid: 0, lastZxid: 7 },
  { event: 'STATE', state: 'leading' },
  { event: 'PROPOSE', zxid: 8, hash: 1, session: 'a', cxid: 2, txn: 'setData' },
  { event: 'APPEND', zxid: 8, hash: 1 },
  { event: 'FSYNC', upTo: 8 },
  { event: 'ACK_SEND', zxid: 8 },
  { event: 'ACK_RECV', from: 1, zxid: 8 },
  { event: 'COMMIT_DECIDE', zxid: 8, hash: 1, ackers: [1, 2], configs: [0] },
  { event: 'COMMIT_RECV', zxid: 8 },
  { event: 'APPLY', zxid: 8, hash: 1, err: 0, digest: 'd', replay: false },
  { event: 'REPLY', session: 'a', xid: 2, opcode: 5, zxid: 8, err: 0 },
  { event: 'TOUCH', session: 'a', timeoutMs: 4000 },
  { event: 'SYNC_RECV', id: 3 },
  { event: 'SYNC_DONE', id: 3 },
];

function linesOf(ports: Pick<ServerPorts, 'sharedNowNs' | 'incarnation'>): string[] {
  const lines: string[] = [];
  const clock = { nowMs: () => 12.5, wallMs: () => 0, after: () => ({ cancel: () => {} }) };
  const tracer = new Tracer(
    { clock, ...ports },
    (report) => lines.push(JSON.stringify(report)),
    () => 3,
  );
  for (const event of events) tracer.report(event);
  return lines;
}

describe('a tracer', () => {
  it('adds to all that is reported who said it, in which role, in which order and when', () => {
    const lines = linesOf({ incarnation: 2, sharedNowNs: () => 99 });

    const expected = events.map((event, at) =>
      JSON.stringify({
        ...event,
        sid: 3,
        incarnation: 2,
        instance: at === 0 ? 0 : 1,
        sequence: at + 1,
        timeMs: 12.5,
        time: 99,
      }),
    );
    assert.deepEqual(lines, expected);
  });

  it('leaves out a time that servers do not share', () => {
    for (const line of linesOf({}))
      assert.match(line, /"incarnation":0,"instance":\d,"sequence":\d+,"timeMs":12.5}$/);
  });
});
