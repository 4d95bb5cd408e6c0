// Logs and traces as they come out of the engine.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { demultiplex, mergeTraces } from '../../../../harness/ensemble/docker/collect.ts';

describe("the engine's log stream", () => {
  it('is the bytes of its frames, output and errors in the order written', () => {
    const frames = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, '')]);

    assert.equal(demultiplex(frames).toString(), 'one\ntwo\n');
  });

  it('keeps what came of a last frame that was cut', () => {
    const frames = frame(1, 'started\n');

    assert.equal(demultiplex(frames.subarray(0, frames.length - 3)).toString(), 'start');
    assert.equal(demultiplex(frames.subarray(0, 5)).length, 0);
  });
});

describe('traces of several servers', () => {
  it('are merged by time, each server in its own order', () => {
    const merged = mergeTraces(
      ['{"timeMs":1,"n":"a"}\n{"timeMs":5,"n":"b"}\n{"timeMs":5,"n":"c"}\n', '{"timeMs":3,"n":"d"}\n'],
      0n,
    );

    assert.deepEqual(
      merged.map((line) => (JSON.parse(line) as { n: string }).n),
      ['a', 'd', 'b', 'c'],
    );
  });

  it("get the time of the run's clock in nanoseconds", () => {
    assert.deepEqual(mergeTraces(['{"timeMs":5000.25}'], 4_000_000_000n), [
      '{"timeMs":5000.25,"time":1000250000}',
    ]);
  });

  it('lose the line that a kill cut, and no other', () => {
    assert.equal(mergeTraces(['{"timeMs":1}\n{"ti'], 0n).length, 1);
  });
});

function frame(kind: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = kind;
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}
