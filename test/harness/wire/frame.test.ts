import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { encodeFrame, FrameDecoder, FrameError } from '../../../harness/wire/frame.ts';

function pushInPieces(decoder: FrameDecoder, stream: Buffer, sizes: readonly number[]): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < stream.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    frames.push(...decoder.push(stream.subarray(at, at + size)));
    at += size;
  }
  return frames;
}

describe('frame decoder', () => {
  it('gives the same frames however the stream is cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(bodies, sizes, (list, cuts) => {
        const decoder = new FrameDecoder(40);

        const frames = pushInPieces(decoder, Buffer.concat(list.map(encodeFrame)), cuts);

        assert.deepEqual(frames, list);
        assert.equal(decoder.bufferedBytes, 0);
      }),
    );
  });

  it('does not copy a frame that lies whole in the chunk', () => {
    const chunk = encodeFrame(Buffer.from('abc'));

    const [frame] = new FrameDecoder().push(chunk);
    chunk.write('x', 4);

    assert.equal(frame?.toString(), 'xbc');
  });

  it('does not keep the chunk of a frame that is cut', () => {
    const decoder = new FrameDecoder();
    const stream = encodeFrame(Buffer.from('abcdef'));
    const chunk = Buffer.from(stream.subarray(0, 6));

    decoder.push(chunk);
    chunk.fill(0);

    assert.equal(decoder.push(stream.subarray(6))[0]?.toString(), 'abcdef');
  });

  it('never writes into a frame that it has handed out', () => {
    const decoder = new FrameDecoder();
    const first = encodeFrame(Buffer.from('first'));
    decoder.push(first.subarray(0, 5));
    const [frame] = decoder.push(first.subarray(5));

    pushInPieces(decoder, encodeFrame(Buffer.from('other')), [1]);

    assert.equal(frame?.toString(), 'first');
  });

  it('holds no more than the frame that is incomplete', () => {
    const decoder = new FrameDecoder();

    decoder.push(
      Buffer.concat([encodeFrame(Buffer.alloc(100_000)), encodeFrame(Buffer.alloc(10)).subarray(0, 9)]),
    );

    assert.equal(decoder.bufferedBytes, 9);
  });

  for (const [length, hex] of [
    [-1, 'ffffffff'],
    [-2_147_483_648, '80000000'],
    [2_147_483_647, '7fffffff'],
    [1_048_576, '00100000'],
  ] as const) {
    it(`refuses a length of ${length} as soon as its four bytes are there`, () => {
      const decoder = new FrameDecoder();
      const bytes = Buffer.from(hex, 'hex');
      decoder.push(bytes.subarray(0, 3));

      const expected = { name: 'FrameError', message: `a frame of length ${length}, expected 0 to 1048575` };
      assert.throws(() => decoder.push(bytes.subarray(3)), expected);
      assert.throws(() => decoder.push(Buffer.alloc(0)), expected);
      assert.throws(() => new FrameDecoder().push(bytes), expected);
    });
  }

  it('takes the longest frame that it allows', () => {
    const [frame] = new FrameDecoder().push(encodeFrame(Buffer.alloc(0xfffff)));

    assert.equal(frame?.length, 0xfffff);
  });

  it('hands over the frames before a bad length with the error', () => {
    const decoder = new FrameDecoder();
    const chunk = Buffer.concat([encodeFrame(Buffer.from('good')), Buffer.from('ffffffff', 'hex')]);

    assert.throws(
      () => decoder.push(chunk),
      (error) => error instanceof FrameError && error.frames[0]?.toString() === 'good',
    );
  });

  it('can ask for a least length', () => {
    assert.throws(() => new FrameDecoder(10, 1).push(Buffer.alloc(4)), /length 0, expected 1 to 10/);
  });

  it('takes memory for what arrived, not for what was announced', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 1_000 }, () => new FrameDecoder());

    for (const decoder of decoders) decoder.push(Buffer.from('000fffff00', 'hex'));

    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024);
    assert.equal(decoders[0]?.bufferedBytes, 5);
  });

  it('spends linear time on a frame that arrives byte by byte', () => {
    const decoder = new FrameDecoder();
    const frame = encodeFrame(Buffer.alloc(300_000, 7));

    const frames = pushInPieces(decoder, frame, [1]);

    assert.equal(frames[0]?.length, 300_000);
  });
});
