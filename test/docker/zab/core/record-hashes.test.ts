import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { RecordHashes } from '../../../../docker/zab/src/core/record-hashes.ts';
import { crc32 } from '../../../../harness/wire/checksums.ts';
import { testRecord } from './test-database.ts';

const epoch = 3 * 2 ** 32;

describe('hashes of records', () => {
  it('are checksums of their bytes, whether or not they are kept', () => {
    const hashes = new RecordHashes();
    const records = Array.from({ length: 1_000 }, (_, index) => testRecord(epoch + 1 + index));
    for (const record of records.slice(300)) assert.equal(hashes.logged(record), crc32(record.bytes));

    for (const record of records) assert.equal(hashes.of(record), crc32(record.bytes));
  });

  it('are of the record that was logged last, where one has replaced another of its zxid', () => {
    const hashes = new RecordHashes();
    const [first, second] = [testRecord(epoch + 1, 1), testRecord(epoch + 1, 2)];

    hashes.logged(first);
    hashes.logged(second);

    assert.notEqual(crc32(first.bytes), crc32(second.bytes));
    assert.equal(hashes.of(second), crc32(second.bytes));
  });

  it('of different epochs are not mixed up', () => {
    const hashes = new RecordHashes();
    const [older, newer] = [testRecord(epoch + 1), testRecord(2 * epoch + 1)];

    hashes.logged(older);
    assert.equal(hashes.of(newer), crc32(newer.bytes));
    hashes.logged(newer);
    assert.equal(hashes.of(older), crc32(older.bytes));
  });
});
