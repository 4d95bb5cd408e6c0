import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { gunzipSync } from 'node:zlib';
import { JuteError } from '../../../../harness/wire/jute.ts';
import { createNodeCompression } from '../../../../docker/zab/src/io/node-compression.ts';
import { decodeSnappyStream } from '../../../../docker/zab/src/server/snappy.ts';
import { SnapshotFormat } from '../../../../docker/zab/src/server/snapshot-format.ts';

const header = Buffer.from('82534e41505059000000000100000001', 'hex');

function streamOf(...blocks: string[]): Buffer {
  const chunks = blocks.flatMap((hex) => {
    const block = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    return [length, block];
  });
  return Buffer.concat([header, ...chunks]);
}

const read = (...blocks: string[]): string => decodeSnappyStream(streamOf(...blocks)).toString();

describe('the form of snapshot files', () => {
  it('is gzip where it is asked for: slices of their own make one file', () => {
    const format = new SnapshotFormat('gz', createNodeCompression());
    const slices = ['one ', 'two ', 'three'].map((text) => format.encode(Buffer.from(text)));

    const file = Buffer.concat(slices);

    assert.equal(format.suffix, '.gz');
    assert.equal(gunzipSync(file).toString(), 'one two three');
    assert.equal(format.decode('/data/snapshot.1.gz', file).toString(), 'one two three');
    assert.equal(format.decode('/data/snapshot.1', Buffer.from('plain')).toString(), 'plain');
  });

  it('is said to be wrong where a file is not what its name says', () => {
    const format = new SnapshotFormat('none', createNodeCompression());

    assert.equal(format.suffix, '');
    assert.throws(() => format.decode('/data/snapshot.1.gz', Buffer.from('plain')), JuteError);
    assert.throws(() => format.decode('/data/snapshot.1.snappy', Buffer.from('plain')), JuteError);
    const without = new SnapshotFormat('gz', undefined);
    assert.equal(without.suffix, '', 'nothing to compress with');
    assert.throws(() => without.decode('/data/snapshot.1.gz', Buffer.alloc(0)), JuteError);
  });
});

describe('a Snappy stream', () => {
  it('gives literals, short and long', () => {
    assert.equal(read('03 08 616263'), 'abc');
    const long = 'x'.repeat(300);
    // 300 as a varint; a literal whose length less one, 299, stands in two bytes.
    assert.equal(read(`ac02 f4 2b01 ${Buffer.from(long).toString('hex')}`), long);
    assert.equal(read('01 00 61', '01 00 62'), 'ab', 'block after block');
  });

  it('gives copies, near, far and overlapping', () => {
    assert.equal(read('08 0c 61626364 01 04'), 'abcdabcd', 'one byte of offset');
    assert.equal(read('08 0c 61626364 0e 0400'), 'abcdabcd', 'two bytes');
    assert.equal(read('08 0c 61626364 0f 04000000'), 'abcdabcd', 'four bytes');
    assert.equal(read('05 00 61 01 01'), 'aaaaa', 'of what it writes itself');
  });

  it('goes on behind another header', () => {
    const twice = Buffer.concat([streamOf('01 00 61'), streamOf('01 00 62')]);
    assert.equal(decodeSnappyStream(twice).toString(), 'ab');
  });

  it('is refused by name wherever it is cut or lies', () => {
    const stream = streamOf('08 0c 61626364 01 04');
    for (let length = 0; length < stream.length; length++) {
      if (length === header.length) continue;
      assert.throws(() => decodeSnappyStream(stream.subarray(0, length)), JuteError, `cut at ${length}`);
    }
    for (const lie of [
      '04 0c 61626364 01 04',
      '08 0c 61626364 01 05',
      '08 0c 61626364 01 00',
      'ffffffff0f 00 61',
    ]) {
      assert.throws(() => read(lie), JuteError, lie);
    }
    assert.throws(() => read('ffffffffffff'), JuteError);
  });
});
