import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeTxn, encodeTxn } from '../../../harness/wire/txn-codec.ts';
import {
  frameLogRecords,
  logFileHeader,
  logHeaderBytes,
  scanLog,
} from '../../../harness/wire/txn-log-codec.ts';
import { assertFields, type Fields, readVectorFile } from './vectors.ts';
import { txnShape } from './vector-shape.ts';

const listing = JSON.parse(readVectorFile('storage.json').toString()) as { records: Fields[] };
const logs = listing.records
  .filter((record) => String(record['file']).includes('.log.'))
  .map((expected) => ({
    name: String(expected['file']),
    records: expected['records'] as Fields[],
    end: (expected['end'] as Fields | undefined)?.['offset'],
    file: readVectorFile(String(expected['file'])),
  }));

const txns = [1, 2, 3].map((zxid) =>
  encodeTxn(
    { clientId: '0100000000000001', cxid: zxid, zxid, time: 5 },
    { type: 'setData', path: '/a', data: Buffer.alloc(40, zxid), version: zxid },
    null,
  ),
);
const framed = txns.map(({ bytes }) => Buffer.concat(frameLogRecords([bytes])));
const whole = Buffer.concat([logFileHeader(), ...framed]);
const recordBytes = framed[0]?.length ?? 0;
const secondAt = logHeaderBytes + recordBytes;
const thirdAt = secondAt + recordBytes;

function damaged(offset: number, byte: number): Buffer {
  const file = Buffer.from(whole);
  file.writeUInt8(byte, offset);
  return file;
}

describe('transaction log codec', () => {
  it('finds the records of the vectors as an independent decoder did', () => {
    assert.deepEqual(
      logs.map((log) => log.records.length),
      [16, 5, 8],
    );
    for (const { name, records, end, file } of logs) {
      const scan = scanLog(file);

      assert.equal(scan.records.length, records.length, name);
      assert.equal(scan.end, end ?? file.length, name);
      assert.equal(scan.stop, end === undefined ? 'end' : 'zeros', name);
      assert.equal(scan.laterValidRecord, null, name);
      records.forEach((expected, index) => {
        const record = scan.records[index];
        assert.ok(record !== undefined);
        assert.equal(record.offset, expected['offset'], name);
        assertFields(txnShape(decodeTxn(record.bytes)), expected['decoded'], `${name}, record ${index}`);
      });
    }
  });

  it('encodes them to the same bytes again', () => {
    for (const { name, records, file } of logs) {
      assert.deepEqual(logFileHeader(), file.subarray(0, 16), name);
      for (const [index, { bytes }] of scanLog(file).records.entries()) {
        const { header, txn, digest } = decodeTxn(bytes);

        const again = Buffer.concat(frameLogRecords([encodeTxn(header, txn, digest).bytes]));

        assert.equal(again.toString('hex'), records[index]?.['hex'], `${name}, record ${index}`);
      }
    }
  });

  it('keeps the whole records of a log that is cut short, at every byte', () => {
    for (let length = 0; length < whole.length; length++) {
      const scan = scanLog(whole.subarray(0, length));

      const kept = length < logHeaderBytes ? 0 : Math.floor((length - logHeaderBytes) / recordBytes);
      const end = length < logHeaderBytes ? 0 : logHeaderBytes + kept * recordBytes;
      assert.equal(scan.records.length, kept, `${length} bytes`);
      assert.equal(scan.end, end);
      assert.equal(scan.stop, stopOf(length, end));
      assert.equal(scan.laterValidRecord, null);
    }
  });

  function stopOf(length: number, end: number): string {
    if (length === 0) return 'truncated';
    // A checksum begins with four zeros.
    if (length > end && length <= end + 4 && end > 0) return 'zeros';
    return length === end ? 'end' : 'truncated';
  }

  it('keeps the whole records when the tail of a preallocated log was not written, at every byte', () => {
    for (let length = logHeaderBytes; length < whole.length; length++) {
      const file = Buffer.alloc(whole.length + 5_000);
      whole.copy(file, 0, 0, length);

      const scan = scanLog(file);

      assert.equal(
        scan.records.length,
        Math.floor((length - logHeaderBytes) / recordBytes),
        `${length} bytes`,
      );
      assert.notEqual(scan.stop, 'end');
      assert.equal(scan.laterValidRecord, null);
    }
  });

  it('tells a hole in the middle from a torn tail', () => {
    const hole = Buffer.from(whole).fill(0, secondAt, thirdAt);

    assert.deepEqual(
      { ...scanLog(hole), records: null },
      { records: null, end: secondAt, stop: 'zeros', laterValidRecord: thirdAt },
    );
  });

  it('reports a damaged record with its place and the good one behind it', () => {
    for (const [what, at, stop] of [
      ['checksum', secondAt + 7, 'checksum'],
      ['high half of the checksum', secondAt, 'checksum'],
      ['transaction', secondAt + 30, 'checksum'],
      ['end mark', thirdAt - 1, 'missing-end-mark'],
      ['length, too long for the file', secondAt + 9, 'truncated'],
      ['length, negative', secondAt + 8, 'checksum'],
    ] as const) {
      const scan = scanLog(damaged(at, 0xfe));

      assert.deepEqual(
        { ...scan, records: scan.records.length },
        { records: 1, end: secondAt, stop, laterValidRecord: thirdAt },
        what,
      );
    }
  });

  it('reports a damaged last record with nothing behind it', () => {
    const scan = scanLog(damaged(thirdAt + 30, 0xfe));

    assert.equal(scan.stop, 'checksum');
    assert.equal(scan.laterValidRecord, null);
  });

  it('finds a good record at every distance behind zeros', () => {
    for (let gap = 1; gap < 40; gap++) {
      const file = Buffer.concat([logFileHeader(), Buffer.alloc(gap), framed[0] as Buffer]);

      assert.equal(scanLog(file).laterValidRecord, logHeaderBytes + gap, `${gap} zeros`);
    }
  });

  it('takes a file of zeros for a log that nothing was written to', () => {
    assert.deepEqual(scanLog(Buffer.alloc(4096)), {
      records: [],
      end: 0,
      stop: 'zeros',
      laterValidRecord: null,
    });
    assert.equal(scanLog(logFileHeader()).stop, 'end');
  });

  it('takes a header that was cut by a power loss for a log that nothing was written to, at every byte', () => {
    const whole = Buffer.concat([logFileHeader(), ...frameLogRecords([txns[0]?.bytes as Buffer])]);
    for (let kept = 0; kept < 8; kept++) {
      const torn = Buffer.alloc(whole.length);
      whole.copy(torn, 0, 0, kept);

      const { records, end, stop } = scanLog(torn);

      assert.deepEqual([records.length, end, stop], [0, 0, 'zeros'], `${kept} bytes`);
    }
    // A header that is damaged, with a record behind it, is something else.
    const damaged = Buffer.from(whole);
    damaged.fill(0, 2, 4);
    assert.throws(() => scanLog(damaged), /a log that begins with 0x5a4b0000/);
  });

  it('refuses a file that is no log', () => {
    assert.throws(() => scanLog(Buffer.from('ZKSN and more bytes')), /a log that begins with 0x5a4b534e/);
  });

  it('makes one chunk of short records, and does not copy long ones', () => {
    const short = txns.map(({ bytes }) => bytes);
    const long = Buffer.alloc(100_000, 7);

    const chunks = frameLogRecords([...short, long, ...short]);

    assert.deepEqual(
      frameLogRecords(short).map(({ length }) => length),
      [3 * recordBytes],
    );
    assert.equal(chunks.length, 3);
    assert.equal(chunks[1], long);
    const each = [...short, long, ...short].flatMap((bytes) => frameLogRecords([bytes]));
    assert.ok(Buffer.concat(chunks).equals(Buffer.concat(each)));
  });
});
