import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SendBuffer } from '../../../../docker/zab/src/io/send-buffer.ts';

describe('send buffer', () => {
  it('hands over the bytes in order, small and large chunks mixed', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 15_000, max: 80_000 }));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 30 }), (sizes) => {
        const buffer = new SendBuffer();
        const chunks = sizes.map((length, index) => Buffer.alloc(length, index + 1));
        for (const chunk of chunks) buffer.add(chunk);

        assert.equal(
          buffer.byteCount,
          chunks.reduce((sum, { length }) => sum + length, 0),
        );
        assert.ok(flushed(buffer).equals(Buffer.concat(chunks)));
        assert.equal(buffer.byteCount, 0);
      }),
      { numRuns: 50 },
    );
  });

  it('joins small chunks, and copies them: the next turn may use their memory', () => {
    const buffer = new SendBuffer();
    const chunk = Buffer.from('ab');
    buffer.add(chunk);
    buffer.add(chunk);
    chunk.fill(0);

    const pieces: string[] = [];
    buffer.flush((bytes, gone) => {
      pieces.push(bytes.toString());
      gone();
    });

    assert.deepEqual(pieces, ['abab']);
  });

  it('writes into no memory that is still on its way', () => {
    const buffer = new SendBuffer();
    const onTheirWay: { bytes: Buffer; gone: () => void }[] = [];
    const hold = (bytes: Buffer, gone: () => void): void => void onTheirWay.push({ bytes, gone });
    buffer.add(Buffer.from('first'));
    buffer.flush(hold);

    buffer.add(Buffer.from('second'));
    buffer.flush(hold);

    assert.deepEqual(
      onTheirWay.map(({ bytes }) => bytes.toString()),
      ['first', 'second'],
    );
    const [first] = onTheirWay;
    first?.gone();
    buffer.add(Buffer.from('third'));
    buffer.flush(hold);
    assert.equal(onTheirWay[2]?.bytes.buffer, first?.bytes.buffer, 'and uses it again afterwards');
    assert.equal(onTheirWay[1]?.bytes.toString(), 'second');
  });
});

function flushed(buffer: SendBuffer): Buffer {
  const pieces: Buffer[] = [];
  buffer.flush((bytes, gone) => {
    pieces.push(Buffer.from(bytes));
    gone();
  });
  return Buffer.concat(pieces);
}
