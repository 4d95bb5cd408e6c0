// A disk that makes persist operations durable one after the other, and loses the others in a crash.

import assert from 'node:assert/strict';
import type { Mark, PersistOperation } from '../../../../docker/zab/src/core/events.ts';
import type { Membership } from '../../../../docker/zab/src/core/membership.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { epochOf } from '../../../../harness/wire/zxid.ts';
import { TestDatabase } from './test-database.ts';

type DiskOperation =
  PersistOperation | { readonly type: 'checkpoint'; readonly zxid: number; readonly file: Buffer };

export class TestDisk {
  acceptedEpoch = 0;
  currentEpoch = 0;
  log: TxnRecord[] = [];
  membership: Membership | null = null;
  pendingMembership: Membership | null = null;
  #snapshot: Buffer | null = null;
  #snapshotZxid = 0;
  #queue: DiskOperation[] = [];

  get queuedCount(): number {
    return this.#queue.length;
  }

  submit(operation: DiskOperation): void {
    this.#queue.push(operation);
  }

  /** Makes up to `count` operations durable; returns the last mark among them. */
  flush(count = Infinity): Mark | null {
    let mark: Mark | null = null;
    for (const operation of this.#queue.splice(0, count)) {
      this.#perform(operation);
      if (operation.type !== 'checkpoint') mark = operation.mark;
    }
    return mark;
  }

  /** Whatever is not durable is gone. */
  crash(): void {
    this.#queue = [];
  }

  load(): { database: TestDatabase; tail: readonly TxnRecord[] } {
    const database = TestDatabase.load(this.#snapshot);
    const tail = this.log.filter((record) => record.header.zxid > database.lastProcessedZxid);
    const lastZxid = tail.at(-1)?.header.zxid ?? database.lastProcessedZxid;
    assert.ok(epochOf(lastZxid) <= this.currentEpoch, 'a log above its currentEpoch refuses to start');
    assert.ok(this.currentEpoch <= this.acceptedEpoch, 'an epoch is promised before it is adopted');
    return { database, tail };
  }

  /** Whether a durable record or snapshot covers the zxid. */
  holds(zxid: number): boolean {
    if (this.log.some((record) => record.header.zxid === zxid)) return true;
    return this.#snapshot !== null && TestDatabase.load(this.#snapshot).applied.includes(zxid);
  }

  #perform(operation: DiskOperation): void {
    switch (operation.type) {
      case 'append':
        this.log.push(operation.record);
        break;
      case 'acceptedEpoch':
        assert.ok(operation.epoch > this.acceptedEpoch, 'acceptedEpoch rises');
        this.acceptedEpoch = operation.epoch;
        break;
      case 'currentEpoch':
        assert.ok(operation.epoch >= this.currentEpoch, 'currentEpoch does not fall');
        this.currentEpoch = operation.epoch;
        break;
      case 'configuration': {
        const { version } = operation.membership;
        assert.ok(version > (this.membership?.version ?? -1), 'configurations rise');
        this.membership = operation.membership;
        if ((this.pendingMembership?.version ?? 0) <= version) this.pendingMembership = null;
        break;
      }
      case 'pendingConfiguration':
        this.pendingMembership = operation.membership;
        break;
      case 'truncate':
        this.log = this.log.filter((record) => record.header.zxid <= operation.zxid);
        break;
      case 'snapshot':
        this.log = [];
        this.#snapshot = operation.file;
        this.#snapshotZxid = operation.zxid;
        this.currentEpoch = operation.currentEpoch;
        break;
      case 'checkpoint':
        if (operation.zxid <= this.#snapshotZxid) break;
        this.log = this.log.filter((record) => record.header.zxid > operation.zxid);
        this.#snapshot = operation.file;
        this.#snapshotZxid = operation.zxid;
        break;
    }
  }
}
