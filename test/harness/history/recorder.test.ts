import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { formatOperation, parseHistory } from '../../../harness/history/history-file.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';
import { HistoryRecorder } from '../../../harness/history/recorder.ts';
import type { HistorySink } from '../../../harness/history/recorder.ts';

function sinkTo(lines: string[]): HistorySink {
  return { record: (operation) => lines.push(`${formatOperation(operation)}\n`) };
}

function start(): { recorder: HistoryRecorder; lines: string[]; setTime: (time: number) => void } {
  const lines: string[] = [];
  let now = 0;
  const recorder = new HistoryRecorder({ nowNs: () => now, sink: sinkTo(lines) });
  return { recorder, lines, setTime: (time) => (now = time) };
}

describe('history recorder', () => {
  it('gives every entry its index and time and streams it', () => {
    const { recorder, lines, setTime } = start();

    setTime(10);
    const invocation = recorder.invoke(3, 'write', ['/register/1', 4]);
    setTime(25);
    recorder.complete(invocation, { type: 'ok', value: ['/register/1', 4], version: 1, zxid: 7, server: 2 });
    recorder.note('heal', { faults: 1 });

    assert.deepEqual(
      recorder.operations.map(({ index, time, process, type, f }) => [index, time, process, type, f]),
      [
        [0, 10, 3, 'invoke', 'write'],
        [1, 25, 3, 'ok', 'write'],
        [2, 25, 'nemesis', 'info', 'heal'],
      ],
    );
    assert.deepEqual(
      parseHistory(lines.join(''), 'history.jsonl').map(formatOperation),
      recorder.operations.map(formatOperation),
    );
    assert.equal(pairOperations(recorder.operations).length, 1);
  });

  it('knows how many calls are open', () => {
    const { recorder } = start();

    const first = recorder.invoke(1, 'read', null);
    recorder.invoke(2, 'read', null);
    recorder.complete(first, { type: 'info', value: null, error: 'timeout' });

    assert.equal(recorder.openCount, 1);
  });

  it('keeps no entries in memory once there are too many, and goes on', () => {
    const lines: string[] = [];
    const recorder = new HistoryRecorder({ nowNs: () => 0, sink: sinkTo(lines), mostInMemory: 2 });

    recorder.complete(recorder.invoke(1, 'read', null), { type: 'ok', value: null });
    assert.equal(recorder.operations.length, 2);
    recorder.complete(recorder.invoke(1, 'read', null), { type: 'fail', value: null });

    assert.equal(recorder.isInMemory, false);
    assert.throws(() => recorder.operations, /4 entries are on disk/);
    assert.deepEqual(recorder.counts, { invoke: 2, ok: 1, fail: 1, info: 0 });
    assert.equal(parseHistory(lines.join(''), 'history.jsonl').length, 4);
  });

  it('gives completions one shape, whatever they tell', () => {
    const { recorder } = start();

    const told = recorder.complete(recorder.invoke(1, 'read', null), { type: 'ok', value: 1, zxid: 7 });
    const lost = recorder.complete(recorder.invoke(1, 'read', null), {
      type: 'info',
      value: null,
      error: 'lost',
    });

    assert.deepEqual(Object.keys(told), Object.keys(lost));
  });

  it('refuses a process that goes on after info', () => {
    const { recorder } = start();
    recorder.complete(recorder.invoke(1, 'read', null), { type: 'info', value: null });

    assert.throws(() => recorder.invoke(1, 'read', null), /process 1 invokes read after an info/);
  });

  it('refuses two open calls of one process and a completion of none', () => {
    const { recorder } = start();
    const open = recorder.invoke(1, 'read', null);

    assert.throws(() => recorder.invoke(1, 'write', 4), /process 1 invokes write while its read is open/);
    recorder.complete(open, { type: 'ok', value: 4 });
    assert.throws(() => recorder.complete(open, { type: 'ok', value: 4 }), /without an invocation/);
  });

  it('refuses a clock that falls', () => {
    const { recorder, setTime } = start();
    setTime(10);
    recorder.note('kill', null);
    setTime(9);

    assert.throws(() => recorder.note('heal', null), /clock fell from 10 to 9 ns/);
    setTime(NaN);
    assert.throws(() => recorder.note('heal', null), /to NaN ns/);
  });
});
