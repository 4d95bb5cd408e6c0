// A database that only remembers which transactions it has applied, in order.

import assert from 'node:assert/strict';
import type { Database } from '../../../../docker/zab/src/core/database.ts';
import type { Applied, ByteSource } from '../../../../docker/zab/src/core/events.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';

export class TestDatabase implements Database {
  #lastProcessedZxid = 0;
  #applied: number[] = [];

  static load(file: Buffer | null): TestDatabase {
    const database = new TestDatabase();
    if (file === null) return database;
    const { zxid, applied } = JSON.parse(file.toString()) as { zxid: number; applied: number[] };
    database.#lastProcessedZxid = zxid;
    database.#applied = applied;
    return database;
  }

  get lastProcessedZxid(): number {
    return this.#lastProcessedZxid;
  }

  get applied(): readonly number[] {
    return this.#applied;
  }

  apply(record: TxnRecord): Applied {
    assert.ok(record.header.zxid > this.#lastProcessedZxid, 'zxids rise');
    this.#lastProcessedZxid = record.header.zxid;
    this.#applied.push(record.header.zxid);
    return { changes: [], result: { type: 'none' } };
  }

  markEpoch(zxid: number): void {
    this.#lastProcessedZxid = zxid;
  }

  openStream(): ByteSource {
    return sourceOf(Buffer.from(JSON.stringify(this.#applied)));
  }

  encodeEmptyStream(): Buffer {
    return Buffer.from('[]');
  }

  installStream(stream: Buffer, zxid: number): void {
    if (stream.toString() === 'torn') throw new JuteError('the stream ends early', 0);
    this.#applied = JSON.parse(stream.toString()) as number[];
    this.#lastProcessedZxid = zxid;
  }

  encodeSnapshotFile(): Buffer {
    return Buffer.from(JSON.stringify({ zxid: this.#lastProcessedZxid, applied: this.#applied }));
  }

  digest(): string {
    return this.#applied.length.toString(16).padStart(16, '0');
  }
}

export function sourceOf(...slices: Buffer[]): ByteSource {
  return { next: () => slices.shift() ?? null, close: () => void slices.splice(0) };
}

/** Everything in one piece. */
export function readAll(source: ByteSource): Buffer {
  const slices: Buffer[] = [];
  for (let slice = source.next(); slice !== null; slice = source.next()) slices.push(slice);
  source.close();
  return Buffer.concat(slices);
}

export function testRecord(zxid: number, cxid = 0): TxnRecord {
  return encodeTxn(
    { clientId: '0100000000000000', cxid, zxid, time: 1 },
    { type: 'setData', path: '/a', data: Buffer.from('x'), version: 1 },
    null,
  );
}
