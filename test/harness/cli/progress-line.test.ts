import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { createProgressLine } from '../../../harness/cli/progress-line.ts';
import type { RunProgress } from '../../../harness/run/run-progress.ts';

const running: RunProgress = {
  phase: 'running',
  elapsedMs: 12_340,
  timeLimitMs: 60_000,
  ok: 100,
  fail: 2,
  info: 1,
  fault: 'kill: kill -9 of the leader',
};
const text = 'running · 12.3 s of 60 s · 100 ok, 2 failed, 1 in doubt · kill: kill -9 of the leader';

function setUp(isTTY: boolean, columns = 200) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const stream = { isTTY, columns, write: (chunk: unknown) => written.push(String(chunk)) > 0 };
  const line = createProgressLine({ stream, nowMs: () => clock.nowMs });
  return { written, clock, line };
}

describe('progress line', () => {
  it('is one live line on a terminal', () => {
    const { written, clock, line } = setUp(true);

    line.show(running);
    clock.nowMs = 50;
    line.show(running);
    clock.nowMs = 150;
    line.show(running);
    line.end();

    const erase = '\r\u001b[2K';
    assert.deepEqual(written, [erase + text, erase + text, erase]);
  });

  it('is no wider than the terminal', () => {
    const { written, line } = setUp(true, 40);

    line.show(running);

    assert.equal(written[0]?.length, '\r\u001b[2K'.length + 39);
  });

  it('is a plain line every few seconds elsewhere, and at each new phase', () => {
    const { written, clock, line } = setUp(false);

    line.show(running);
    clock.nowMs = 4000;
    line.show(running);
    line.show({ ...running, phase: 'recovering', fault: null });
    clock.nowMs = 9500;
    line.show({ ...running, phase: 'recovering', fault: null });
    line.end();

    const recovering = 'recovering · 12.3 s · 100 ok, 2 failed, 1 in doubt\n';
    assert.deepEqual(written, [`${text}\n`, recovering, recovering]);
  });

  it('makes room for a line that stays', () => {
    const { written, line } = setUp(true);

    line.show(running);
    line.say('building an image');

    assert.deepEqual(written.slice(1), ['\r\u001b[2K', 'building an image\n']);
  });
});
