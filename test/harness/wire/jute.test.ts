import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { JuteError, JuteReader, JuteWriter } from '../../../harness/wire/jute.ts';

type Value =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'byte' | 'int' | 'long'; readonly value: number }
  | { readonly kind: 'sessionId'; readonly value: string }
  | { readonly kind: 'string'; readonly value: string | null }
  | { readonly kind: 'buffer'; readonly value: Buffer | null };

function write(writer: JuteWriter, item: Value): void {
  switch (item.kind) {
    case 'boolean':
      return writer.writeBoolean(item.value);
    case 'byte':
      return writer.writeByte(item.value);
    case 'int':
      return writer.writeInt(item.value);
    case 'long':
      return writer.writeLong(item.value);
    case 'sessionId':
      return writer.writeSessionId(item.value);
    case 'string':
      return writer.writeString(item.value);
    case 'buffer':
      return writer.writeBuffer(item.value);
  }
}

function read(reader: JuteReader, kind: Value['kind']): unknown {
  if (kind === 'boolean') return reader.readBoolean();
  if (kind === 'byte') return reader.readByte();
  if (kind === 'int') return reader.readInt();
  if (kind === 'long') return reader.readLong();
  if (kind === 'sessionId') return reader.readSessionId();
  return kind === 'string' ? reader.readString() : reader.readBuffer();
}

const values: fc.Arbitrary<Value> = fc.oneof(
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant('byte' as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ kind: fc.constant('int' as const), value: fc.integer() }),
  fc.record({
    kind: fc.constant('long' as const),
    value: fc.oneof(fc.maxSafeInteger(), fc.constant(-(2 ** 63))),
  }),
  fc.record({
    kind: fc.constant('sessionId' as const),
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits.toString(16).padStart(16, '0')),
  }),
  fc.record({ kind: fc.constant('string' as const), value: fc.option(fc.string({ unit: 'grapheme' })) }),
  fc.record({
    kind: fc.constant('buffer' as const),
    value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
  }),
);

describe('jute', () => {
  it('reads back what it wrote, whatever the order and whenever the writer has to grow', () => {
    fc.assert(
      fc.property(fc.array(values), fc.integer({ min: 1, max: 64 }), (list, capacity) => {
        const writer = new JuteWriter(capacity);
        for (const value of list) write(writer, value);
        const reader = new JuteReader(writer.toBuffer());

        for (const { kind, value } of list) assert.deepEqual(read(reader, kind), value);
        assert.equal(reader.remaining, 0);
      }),
    );
  });

  it('writes longs as 64-bit two’s complement', () => {
    for (const value of [0, 1, -1, 2 ** 32, -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1, -(2 ** 63)]) {
      const writer = new JuteWriter();
      writer.writeLong(value);

      assert.equal(writer.toBuffer().readBigInt64BE(0), BigInt(value));
    }
  });

  it('refuses a long that a double would round, and takes the smallest long there is', () => {
    const bytes = Buffer.alloc(8);
    for (const value of [2n ** 53n, -(2n ** 53n) - 2n, 2n ** 63n - 1n]) {
      bytes.writeBigInt64BE(value);
      assert.throws(() => new JuteReader(bytes).readLong(), /a long beyond 2\^53/);
    }
    bytes.writeBigInt64BE(-(2n ** 63n));
    assert.equal(new JuteReader(bytes).readLong(), -(2 ** 63));
  });

  it('says what it needed and where it stood', () => {
    const reader = new JuteReader(Buffer.from('000000050000', 'hex'));

    assert.throws(() => reader.readString(), /a string needs 5 bytes, 2 are left \(at byte 4\)/);
  });

  it('never reads beyond the end it was given, though the buffer goes on', () => {
    const reader = new JuteReader(Buffer.alloc(16), 0, 6);
    reader.readInt();

    assert.throws(() => reader.readInt(), JuteError);
  });

  it('keeps null, empty and absent apart', () => {
    const writer = new JuteWriter();
    writer.writeBuffer(null);
    writer.writeBuffer(Buffer.alloc(0));
    writer.writeVector(null, () => undefined);
    writer.writeVector([], () => undefined);
    const reader = new JuteReader(writer.toBuffer());

    assert.equal(reader.readBuffer(), null);
    assert.equal(reader.readBuffer()?.length, 0);
    assert.equal(
      reader.readVector(() => 0),
      null,
    );
    assert.deepEqual(
      reader.readVector(() => 0),
      [],
    );
  });

  it('refuses a count of elements that cannot be there before it reads any', () => {
    let elements = 0;
    const reader = new JuteReader(Buffer.from('7fffffff00', 'hex'));

    assert.throws(() => reader.readVector(() => elements++), /a vector of 2147483647 elements in 1 bytes/);
    assert.equal(elements, 0);
  });

  it('measures texts in bytes, not in characters', () => {
    const writer = new JuteWriter(1);
    writer.writeString('中ü');

    assert.equal(writer.toBuffer().toString('hex'), '00000005e4b8adc3bc');
  });

  it('overwrites a length that was reserved', () => {
    const writer = new JuteWriter(4);
    writer.writeInt(0);
    writer.writeLong(1);
    writer.patchInt(0, 8);

    assert.equal(writer.toBuffer().toString('hex'), '000000080000000000000001');
  });

  it('keeps the bytes of writers apart that are at work at the same time', () => {
    const write = (writer: JuteWriter, byte: number): void => writer.writeBytes(Buffer.alloc(150, byte));
    const first = new JuteWriter(8);
    const second = new JuteWriter(8);
    write(first, 1);
    write(second, 2);
    const third = new JuteWriter(8);
    write(first, 1);
    write(third, 3);
    write(second, 2);

    const written = [second, first, third].map((writer) => writer.toBuffer());
    new JuteWriter(1000).writeBytes(Buffer.alloc(1000, 9));

    assert.deepEqual(written, [Buffer.alloc(300, 2), Buffer.alloc(300, 1), Buffer.alloc(150, 3)]);
  });

  it('never writes again what it handed out, however large messages are', () => {
    const sizes = [1, 130, 2048, 2049, 8192, 20_000, 5];
    const written: Buffer[] = [];
    for (let index = 0; index < 200; index++) {
      const writer = new JuteWriter(1 + (index % 3) * 200);
      for (let part = 0; part <= index % 2; part++)
        writer.writeBytes(Buffer.alloc(sizes[index % sizes.length] ?? 0, index));
      written.push(writer.toBuffer());
    }

    for (const [index, bytes] of written.entries()) {
      const length = (1 + (index % 2)) * (sizes[index % sizes.length] ?? 0);
      assert.ok(bytes.equals(Buffer.alloc(length, index)), `message ${index}`);
    }
  });

  it('shows what is written and goes on behind it, in the same room', () => {
    const writer = new JuteWriter(10_000);
    writer.writeInt(1);
    writer.writeInt(2);
    const shown = writer.writtenFrom(4).toString('hex');
    writer.writeInt(3);

    assert.equal(shown, '00000002');
    assert.equal(writer.toBuffer().toString('hex'), '000000010000000200000003');
    assert.equal(writer.toBuffer().buffer.byteLength, 10_000);
  });

  it('refuses numbers that do not fit', () => {
    const writer = new JuteWriter();

    assert.throws(() => writer.writeInt(2 ** 31), /2147483648 does not fit into 32 bits/);
    assert.throws(() => writer.writeLong(-(2 ** 64)), RangeError);
    assert.throws(() => writer.writeByte(128), /128 does not fit into a byte/);
  });

  it('reads texts as UTF-8, known ones and new ones, of any length', () => {
    const texts = ['/a', '/b', '/a', '', '\x7f', 'é', 'e\u0301', '中', 'x'.repeat(64), 'x'.repeat(65), '/a'];
    for (let number = 0; number < 5000; number++) texts.push(`/register/${number % 2500}`);
    for (const text of texts) {
      const writer = new JuteWriter(1);
      writer.writeString(text);

      assert.equal(new JuteReader(writer.toBuffer()).readString(), text);
    }
    const invalid = Buffer.from('00000002c3ff', 'hex');
    assert.equal(new JuteReader(invalid).readString(), '\ufffd\ufffd');
  });

  it('reads session ids apart that share a slot of what it knows', () => {
    const sessionIds = Array.from({ length: 5000 }, (_, index) =>
      (BigInt(index % 2500) * 0x0123_4567_89ab_cdefn).toString(16).padStart(16, '0').slice(-16),
    );
    for (const sessionId of [...sessionIds, 'ffffffffffffffff', '0000000000000000', '8000000000000001'])
      assert.equal(new JuteReader(Buffer.from(sessionId, 'hex')).readSessionId(), sessionId);
  });
});
