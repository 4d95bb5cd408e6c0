import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { JsonBytes } from '../../../harness/history/json-bytes.ts';

function textOf(value: unknown): string {
  const bytes = new JsonBytes();
  bytes.value(value);
  return bytes.take().toString('utf8');
}

describe('JSON as bytes', () => {
  it('is that of JSON.stringify for every value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(textOf(value), JSON.stringify(value));
      }),
    );
  });

  it('is that of JSON.stringify for every text, also half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 0xffff }), (text, unit) => {
        const cut = text + String.fromCharCode(unit);
        assert.equal(textOf(cut), JSON.stringify(cut));
      }),
    );
  });

  const numbers = [0, -0, 7, 10, 99, 999_999_999, 1e9, 1e9 + 7, 4_294_967_298, 2 ** 53 - 1, -(2 ** 53 - 1)];
  for (const number of [...numbers, -1, 2 ** 53, 1e21, 0.5, -1e-7, NaN, -Infinity]) {
    it(`writes the number ${number}`, () => {
      assert.equal(textOf(number), JSON.stringify(number));
    });
  }

  it('writes every whole number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        assert.equal(textOf(number), String(number));
      }),
    );
  });

  it('writes null for what JSON has no word for', () => {
    assert.equal(textOf(undefined), 'null');
    assert.equal(textOf([1, undefined, [undefined]]), '[1,null,[null]]');
  });

  it('grows with what is written, and begins anew behind what was taken', () => {
    const bytes = new JsonBytes();
    const long = 'æ'.repeat(100_000);

    bytes.text('[');
    bytes.string(long);
    bytes.text(']');

    assert.equal(bytes.length, 200_004);
    assert.deepEqual(JSON.parse(bytes.take().toString('utf8')), [long]);
    bytes.string('next');
    assert.equal(bytes.take().toString('utf8'), '"next"');
  });
});
