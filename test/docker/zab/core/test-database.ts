// A database that only remembers which transactions it has applied, in order.

import assert from 'node:assert/strict';
import type { Database } from '../../../../docker/zab/src/core/database.ts';
import type { Applied, ByteSource } from '../../../../docker/zab/src/core/events.ts';
import { membershipText } from '../../../../docker/zab/src/core/membership.ts';
import type { Membership } from '../../../../docker/zab/src/core/membership.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';

interface Stored {
  readonly zxid: number;
  readonly applied: number[];
  readonly membership: string | null;
}

export class TestDatabase implements Database {
  #lastProcessedZxid = 0;
  #applied: number[] = [];
  #membership: string | null = null;

  static load(file: Buffer | null): TestDatabase {
    const database = new TestDatabase();
    if (file === null) return database;
    const { zxid, applied, membership } = JSON.parse(file.toString()) as Stored;
    database.#lastProcessedZxid = zxid;
    database.#applied = applied;
    database.#membership = membership;
    return database;
  }

  get lastProcessedZxid(): number {
    return this.#lastProcessedZxid;
  }

  /** What the last reconfiguration left behind. */
  get membership(): string | null {
    return this.#membership;
  }

  get applied(): readonly number[] {
    return this.#applied;
  }

  apply(record: TxnRecord): Applied {
    assert.ok(record.header.zxid > this.#lastProcessedZxid, 'zxids rise');
    this.#lastProcessedZxid = record.header.zxid;
    this.#applied.push(record.header.zxid);
    if (record.txn.type === 'reconfig') this.#membership = record.txn.data?.toString() ?? null;
    return { changes: [], result: { type: 'none' } };
  }

  markEpoch(zxid: number): void {
    this.#lastProcessedZxid = zxid;
  }

  openStream(): ByteSource {
    return sourceOf(this.encodeSnapshotFile());
  }

  encodeEmptyStream(): Buffer {
    return new TestDatabase().encodeSnapshotFile();
  }

  installStream(stream: Buffer, zxid: number): void {
    if (stream.toString() === 'torn') throw new JuteError('the stream ends early', 0);
    const stored = JSON.parse(stream.toString()) as Stored | number[];
    // A test that writes a stream by hand need only tell what was applied.
    this.#applied = Array.isArray(stored) ? stored : stored.applied;
    this.#membership = Array.isArray(stored) ? null : stored.membership;
    this.#lastProcessedZxid = zxid;
  }

  encodeSnapshotFile(): Buffer {
    return Buffer.from(
      JSON.stringify({
        zxid: this.#lastProcessedZxid,
        applied: this.#applied,
        membership: this.#membership,
      }),
    );
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

/** Its version is its zxid, whatever `membership` says. */
export function reconfigRecord(zxid: number, membership: Membership): TxnRecord {
  return encodeTxn(
    { clientId: '0100000000000000', cxid: 0, zxid, time: 1 },
    {
      type: 'reconfig',
      path: '/zookeeper/config',
      data: Buffer.from(membershipText({ ...membership, version: zxid })),
      version: -1,
    },
    null,
  );
}

export function testRecord(zxid: number, cxid = 0): TxnRecord {
  return encodeTxn(
    { clientId: '0100000000000000', cxid, zxid, time: 1 },
    { type: 'setData', path: '/a', data: Buffer.from('x'), version: 1 },
    null,
  );
}
