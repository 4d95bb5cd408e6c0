// What a server is, whatever its role: its epochs, its log and its database. Every change goes through here,
// so that disk, memory and trace are told of it in one order.

import { crc32 } from '../../../../harness/wire/checksums.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { epochOf, makeZxid } from '../../../../harness/wire/zxid.ts';
import type { BlankVoter } from './blank-voter.ts';
import type { Database } from './database.ts';
import type { Mark } from './events.ts';
import { History } from './history.ts';
import type { Membership } from './membership.ts';
import { DurabilityQueue } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { TraceSink } from './trace.ts';

export interface LocalStateOptions {
  readonly sid: number;
  readonly membership: Membership;
  readonly database: Database;
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** Log records behind the database's state: logged, and not known to be committed. */
  readonly tail: readonly TxnRecord[];
  readonly commitLogCount: number;
  readonly outbox: Outbox;
  readonly blank: BlankVoter;
  readonly readLog?: ReadLog;
  readonly trace: TraceSink;
}

/**
 * Committed records from the disk: all after `afterZxid`, which must be in the log, through `throughZxid`. Null
 * where they cannot be had.
 */
export type ReadLog = (range: { afterZxid: number; throughZxid: number }) => readonly TxnRecord[] | null;

export class LocalState {
  readonly sid: number;
  readonly membership: Membership;
  readonly database: Database;
  readonly history: History;
  readonly outbox: Outbox;
  readonly blank: BlankVoter;
  readonly readLog: ReadLog;
  readonly trace: TraceSink;
  /** The highest epoch that any server was seen to have promised; a leader's epoch must be above it. */
  seenEpoch = 0;
  #hasFailed = false;
  #acceptedEpoch: number;
  #currentEpoch: number;
  readonly #epochWrites = new DurabilityQueue<{ kind: 'accepted' | 'current'; epoch: number }>();

  constructor(options: LocalStateOptions) {
    this.sid = options.sid;
    this.membership = options.membership;
    this.database = options.database;
    this.outbox = options.outbox;
    this.blank = options.blank;
    this.readLog = options.readLog ?? (() => null);
    this.trace = options.trace;
    this.history = new History(options.database.lastProcessedZxid, options.tail, options.commitLogCount);
    this.#acceptedEpoch = options.acceptedEpoch;
    this.#currentEpoch = options.currentEpoch;
  }

  /** The highest epoch that this server has promised itself to. */
  get acceptedEpoch(): number {
    return this.#acceptedEpoch;
  }

  /** The epoch whose initial history this server holds. */
  get currentEpoch(): number {
    return this.#currentEpoch;
  }

  get lastLoggedZxid(): number {
    return this.history.lastZxid;
  }

  /** Whether the process is to end: nothing is to be done any more. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  fail(message: string, exitCode: number): void {
    this.#hasFailed = true;
    this.outbox.upcall({ type: 'fatal', message, exitCode });
  }

  persisted(mark: Mark): void {
    this.outbox.persisted(mark);
    for (;;) {
      const write = this.#epochWrites.takeDurable(mark);
      if (write === undefined) return;
      this.trace?.({ event: 'EPOCH_WRITE', kind: write.kind, epoch: write.epoch });
    }
  }

  /** No leader of a smaller epoch may have this server's help from now on. */
  promise(epoch: number): Mark {
    this.#acceptedEpoch = epoch;
    const mark = this.outbox.writeEpoch('acceptedEpoch', epoch);
    this.#epochWrites.push(mark, { kind: 'accepted', epoch });
    return mark;
  }

  /** The log holds all with which the leader of `epoch` began. */
  adoptEpoch(epoch: number): Mark {
    if (epoch <= this.#currentEpoch) return this.outbox.lastMark;
    this.#currentEpoch = epoch;
    const mark = this.outbox.writeEpoch('currentEpoch', epoch);
    this.#epochWrites.push(mark, { kind: 'current', epoch });
    return mark;
  }

  /**
   * The first record of an epoch raises currentEpoch before it is logged: what precedes the record is what
   * that epoch began with, and a log above its currentEpoch could not be told from a damaged one at start.
   */
  append(record: TxnRecord): Mark {
    const { zxid } = record.header;
    this.adoptEpoch(epochOf(zxid));
    this.history.append(record);
    this.trace?.({ event: 'APPEND', zxid, hash: hashOf(record) });
    return this.outbox.append(record);
  }

  cutAfter(zxid: number): void {
    if (this.lastLoggedZxid <= zxid) return;
    this.history.cutAfter(zxid);
    this.trace?.({ event: 'TRUNC', zxid });
    this.outbox.truncate(zxid);
  }

  /** Replaces database and log; throws JuteError on a malformed stream and changes nothing then. */
  install(stream: Buffer, zxid: number): void {
    this.database.installStream(stream, zxid);
    this.history.reset(zxid);
    this.trace?.({ event: 'SNAP_INSTALL', zxid, digest: this.database.digest() });
    this.outbox.snapshot({
      zxid,
      currentEpoch: Math.max(this.#currentEpoch, epochOf(zxid)),
      file: this.database.encodeSnapshotFile(),
    });
    this.adoptEpoch(epochOf(zxid));
  }

  /** Applies the oldest pending record, which is committed now. */
  commitFirst(): void {
    const record = this.history.commitFirst();
    const applied = this.database.apply(record);
    this.outbox.commit({ record, applied });
    this.trace?.({
      event: 'APPLY',
      zxid: record.header.zxid,
      hash: hashOf(record),
      err: record.txn.type === 'error' ? record.txn.err : 0,
      digest: this.database.digest(),
      replay: false,
    });
  }

  commitThrough(zxid: number): void {
    for (;;) {
      const pending = this.history.firstPending;
      if (pending === undefined || pending.header.zxid > zxid) return;
      this.commitFirst();
    }
  }

  /** The epoch is active: what it began with is committed up to `zxid`, and clients see it from here on. */
  activate(epoch: number, zxid: number): void {
    this.commitThrough(zxid);
    this.history.confirmBase();
    this.#markEpoch(epoch);
  }

  /** Clients of an epoch without a transaction yet are told (epoch, 0), which is above all before it. */
  #markEpoch(epoch: number): void {
    const zxid = makeZxid(epoch, 0);
    if (this.database.lastProcessedZxid < zxid) this.database.markEpoch(zxid);
  }
}

/** Tells transactions apart in traces. */
export function hashOf(record: TxnRecord): number {
  return crc32(record.bytes) >>> 0;
}
