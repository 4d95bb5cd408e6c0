// The part of this server's log that is kept in memory: the newest committed transactions, for learners
// that lag a little, and behind them those that are logged and not known to be committed. A zxid stands for
// everything before it: two logs that both hold (epoch, n), n > 0, are equal up to there.

import assert from 'node:assert/strict';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { counterOf, epochOf } from '../../../../harness/wire/zxid.ts';
import { Ring } from './ring.ts';

/** Whether `next` can stand behind `previous` in a log: within an epoch no gaps, an epoch starts at 1. */
export function follows(next: number, previous: number): boolean {
  if (next === previous + 1 && counterOf(next) !== 0) return true;
  return counterOf(next) === 1 && epochOf(next) > epochOf(previous);
}

export class History {
  readonly #records = new Ring<TxnRecord>();
  readonly #commitLogCount: number;
  /** Place of the first record that is not committed. */
  #pending = 0;
  #baseZxid: number;
  /** The record that was dropped last, after which the base is called then. */
  #dropped: TxnRecord | null = null;
  #confirmedZxid = 0;

  /** `tail` follows `baseZxid`; nothing of it is known to be committed. */
  constructor(baseZxid: number, tail: readonly TxnRecord[], commitLogCount: number) {
    this.#baseZxid = baseZxid;
    for (const record of tail) this.#records.push(record);
    this.#commitLogCount = commitLogCount;
  }

  /** Everything up to here is in the database and no longer in this log. */
  get baseZxid(): number {
    return this.#dropped?.header.zxid ?? this.#baseZxid;
  }

  get lastZxid(): number {
    return this.#records.at(this.#records.end - 1)?.header.zxid ?? this.baseZxid;
  }

  get lastCommittedZxid(): number {
    return this.#records.at(this.#pending - 1)?.header.zxid ?? this.baseZxid;
  }

  /**
   * Known to be committed, and so in the history of every later leader. The base need not be: a snapshot of
   * an Apache ZooKeeper leader that has just started holds all of its log, and its epoch may fail before a
   * quorum has it. What a process knew is lost when it ends, so at first nothing is confirmed.
   */
  get confirmedZxid(): number {
    return this.#confirmedZxid;
  }

  get pendingCount(): number {
    return this.#records.end - this.#pending;
  }

  /** Those that are not known to be committed, the oldest first. */
  get pendingRecords(): readonly TxnRecord[] {
    return this.#records.itemsFrom(this.#pending);
  }

  /** The oldest record that is not committed. */
  get firstPending(): TxnRecord | undefined {
    return this.#records.at(this.#pending);
  }

  /** The zxid of a record, or the place where this log starts. */
  has(zxid: number): boolean {
    const isRecord = this.#records.at(this.#placeAfter(zxid) - 1)?.header.zxid === zxid;
    return isRecord || zxid === this.baseZxid;
  }

  /** The last zxid of this log that is not above `zxid`; its base if there is none. */
  lastZxidThrough(zxid: number): number {
    return this.#records.at(this.#placeAfter(zxid) - 1)?.header.zxid ?? this.baseZxid;
  }

  recordsAfter(zxid: number): readonly TxnRecord[] {
    return this.#records.itemsFrom(this.#placeAfter(zxid));
  }

  append(record: TxnRecord): void {
    // The sentence is made only where it is needed: every server appends every record.
    if (!follows(record.header.zxid, this.lastZxid)) {
      assert.fail(`a log that ends at ${this.lastZxid} cannot go on with ${record.header.zxid}`);
    }
    this.#records.push(record);
  }

  /** Takes the oldest pending record for committed. */
  commitFirst(): TxnRecord {
    const record = this.firstPending;
    assert.ok(record, 'nothing is pending');
    this.#pending += 1;
    this.#confirmedZxid = record.header.zxid;
    // The zxid of what is dropped is not looked at: to fetch an old record from memory takes longer than the rest.
    if (this.#pending - this.#records.first > this.#commitLogCount) {
      this.#dropped = this.#records.shift() ?? null;
    }
    return record;
  }

  /** An epoch is active that began with this log: its base is committed as well. */
  confirmBase(): void {
    this.#confirmedZxid = Math.max(this.#confirmedZxid, this.baseZxid);
  }

  /** Drops the pending records after `zxid`. */
  cutAfter(zxid: number): void {
    const place = this.#placeAfter(zxid);
    assert.ok(place >= this.#pending, 'a committed transaction is never cut off');
    this.#records.cutFrom(place);
  }

  /** A snapshot has replaced everything. */
  reset(baseZxid: number): void {
    this.#records.clear();
    this.#pending = 0;
    this.#baseZxid = baseZxid;
    this.#dropped = null;
  }

  #zxidAt(place: number): number {
    const record = this.#records.at(place);
    if (record === undefined) {
      const { first, end } = this.#records;
      assert.fail(`a place inside the log, which has ${first} to ${end - 1}, and not ${place}`);
    }
    return record.header.zxid;
  }

  /** Place of the first record above `zxid`. */
  #placeAfter(zxid: number): number {
    const { first, end } = this.#records;
    // Within an epoch there are no gaps: the distance from the end tells the place of all but the oldest records.
    const likely = end - (this.lastZxid - zxid);
    if (this.#records.at(likely - 1)?.header.zxid === zxid) return likely;
    let from = first;
    let to = end;
    while (from < to) {
      // Places are never given again, so the sum of two need not fit into 32 bits.
      const middle = from + ((to - from) >>> 1);
      if (this.#zxidAt(middle) > zxid) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}
