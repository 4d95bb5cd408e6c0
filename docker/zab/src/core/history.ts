// The part of this server's log that is kept in memory: the newest committed transactions, for learners
// that lag a little, and behind them those that are logged and not known to be committed. A zxid stands for
// everything before it: two logs that both hold (epoch, n), n > 0, are equal up to there.

import assert from 'node:assert/strict';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { counterOf, epochOf } from '../../../../harness/wire/zxid.ts';

/** Whether `next` can stand behind `previous` in a log: within an epoch no gaps, an epoch starts at 1. */
export function follows(next: number, previous: number): boolean {
  if (next === previous + 1 && counterOf(next) !== 0) return true;
  return counterOf(next) === 1 && epochOf(next) > epochOf(previous);
}

export class History {
  /** Records before `#first` have been dropped and wait for the next compaction. */
  readonly #records: TxnRecord[];
  readonly #commitLogCount: number;
  #first = 0;
  /** Index of the first record that is not committed. */
  #pending = 0;
  #baseZxid: number;
  #confirmedZxid = 0;

  /** `tail` follows `baseZxid`; nothing of it is known to be committed. */
  constructor(baseZxid: number, tail: readonly TxnRecord[], commitLogCount: number) {
    this.#baseZxid = baseZxid;
    this.#records = [...tail];
    this.#commitLogCount = commitLogCount;
  }

  /** Everything up to here is in the database and no longer in this log. */
  get baseZxid(): number {
    return this.#baseZxid;
  }

  get lastZxid(): number {
    return this.#records.at(-1)?.header.zxid ?? this.#baseZxid;
  }

  get lastCommittedZxid(): number {
    return this.#pending > this.#first ? this.#zxidAt(this.#pending - 1) : this.#baseZxid;
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
    return this.#records.length - this.#pending;
  }

  /** Those that are not known to be committed, the oldest first. */
  get pendingRecords(): readonly TxnRecord[] {
    return this.#records.slice(this.#pending);
  }

  /** The oldest record that is not committed. */
  get firstPending(): TxnRecord | undefined {
    return this.#records[this.#pending];
  }

  /** The zxid of a record, or the place where this log starts. */
  has(zxid: number): boolean {
    if (zxid === this.#baseZxid) return true;
    const index = this.#indexAfter(zxid) - 1;
    return index >= this.#first && this.#zxidAt(index) === zxid;
  }

  /** The last zxid of this log that is not above `zxid`; its base if there is none. */
  lastZxidThrough(zxid: number): number {
    const index = this.#indexAfter(zxid) - 1;
    return index >= this.#first ? this.#zxidAt(index) : this.#baseZxid;
  }

  recordsAfter(zxid: number): readonly TxnRecord[] {
    return this.#records.slice(this.#indexAfter(zxid));
  }

  append(record: TxnRecord): void {
    assert.ok(
      follows(record.header.zxid, this.lastZxid),
      `a log that ends at ${this.lastZxid} cannot go on with ${record.header.zxid}`,
    );
    this.#records.push(record);
  }

  /** Takes the oldest pending record for committed. */
  commitFirst(): TxnRecord {
    const record = this.firstPending;
    assert.ok(record, 'nothing is pending');
    this.#pending += 1;
    this.#confirmedZxid = record.header.zxid;
    if (this.#pending - this.#first > this.#commitLogCount) this.#dropFirst();
    return record;
  }

  /** An epoch is active that began with this log: its base is committed as well. */
  confirmBase(): void {
    this.#confirmedZxid = Math.max(this.#confirmedZxid, this.#baseZxid);
  }

  /** Drops the pending records after `zxid`. */
  cutAfter(zxid: number): void {
    const index = this.#indexAfter(zxid);
    assert.ok(index >= this.#pending, 'a committed transaction is never cut off');
    this.#records.length = index;
  }

  /** A snapshot has replaced everything. */
  reset(baseZxid: number): void {
    this.#records.length = 0;
    this.#first = 0;
    this.#pending = 0;
    this.#baseZxid = baseZxid;
  }

  #dropFirst(): void {
    this.#baseZxid = this.#zxidAt(this.#first);
    this.#first += 1;
    // Moving the rest costs its length, so it is done once per that many drops.
    if (this.#first <= this.#records.length - this.#first) return;
    this.#records.splice(0, this.#first);
    this.#pending -= this.#first;
    this.#first = 0;
  }

  #zxidAt(index: number): number {
    const record = this.#records[index];
    assert.ok(record, 'an index inside the log');
    return record.header.zxid;
  }

  /** Index of the first record above `zxid`. */
  #indexAfter(zxid: number): number {
    let from = this.#first;
    let to = this.#records.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#zxidAt(middle) > zxid) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}
