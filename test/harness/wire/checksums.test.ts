import assert from 'node:assert/strict';
import { crc32 as zlibCrc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { adler32, crc32 } from '../../../harness/wire/checksums.ts';

function naiveAdler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return high * 65_536 + low;
}

describe('checksums', () => {
  it('sum texts with known sums', () => {
    assert.equal(adler32(Buffer.from('Wikipedia')), 0x11e60398);
    assert.equal(adler32(Buffer.alloc(0)), 1);
    assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
    assert.equal(crc32(Buffer.alloc(0)), 0);
  });

  it('agree with the definition', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.equal(adler32(bytes), naiveAdler32(bytes));
        assert.equal(crc32(bytes), zlibCrc32(bytes));
      }),
    );
  });

  it('do not overflow on long runs of the highest byte', () => {
    for (const length of [3_799, 3_800, 3_801, 100_000]) {
      const bytes = Buffer.alloc(length, 0xff);

      assert.equal(adler32(bytes), naiveAdler32(bytes));
      assert.equal(crc32(bytes), zlibCrc32(bytes));
    }
    // The halves are largest when a seed has filled them.
    const seed = 0xfff0_fff0;
    const bytes = Buffer.alloc(8_000, 0xff);
    assert.equal(adler32(bytes, seed), adler32(bytes.subarray(17), adler32(bytes.subarray(0, 17), seed)));
  });

  it('go on from a sum', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
        const both = Buffer.concat([first, second]);

        assert.equal(adler32(second, adler32(first)), adler32(both));
        assert.equal(crc32(second, crc32(first)), crc32(both));
      }),
    );
  });
});
