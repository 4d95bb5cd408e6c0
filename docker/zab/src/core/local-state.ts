// What a server is, whatever its role: its epochs, its log and its database. Every change goes through here,
// so that disk, memory and trace are told of it in one order.

import assert from 'node:assert/strict';
import { crc32 } from '../../../../harness/wire/checksums.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { epochOf, makeZxid } from '../../../../harness/wire/zxid.ts';
import type { BlankVoter } from './blank-voter.ts';
import type { Database } from './database.ts';
import type { Mark } from './events.ts';
import { History } from './history.ts';
import type { Configuration } from './configuration.ts';
import { votersOf } from './membership.ts';
import type { Membership } from './membership.ts';
import { isFault, parseMembership } from './membership-text.ts';
import { DurabilityQueue } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { TraceSink } from './trace.ts';

export interface LocalStateOptions {
  readonly sid: number;
  readonly configuration: Configuration;
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
  readonly configuration: Configuration;
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
    this.configuration = options.configuration;
    this.database = options.database;
    this.outbox = options.outbox;
    this.blank = options.blank;
    this.readLog = options.readLog ?? (() => null);
    this.trace = options.trace;
    this.history = new History(options.database.lastProcessedZxid, options.tail, options.commitLogCount);
    this.#acceptedEpoch = options.acceptedEpoch;
    this.#currentEpoch = options.currentEpoch;
    // What was logged last may have been committed, so it counts as soon as the server does.
    for (const record of options.tail) this.#expectConfigurationIn(record);
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
    this.trace?.({ event: 'APPEND', zxid, hash: crc32(record.bytes) });
    this.#expectConfigurationIn(record);
    return this.outbox.append(record);
  }

  cutAfter(zxid: number): void {
    if (this.lastLoggedZxid <= zxid) return;
    this.history.cutAfter(zxid);
    this.trace?.({ event: 'TRUNC', zxid });
    this.outbox.truncate(zxid);
  }

  /**
   * Replaces database and log by a leader's snapshot and by those of the committed records behind it that the log
   * holds now: they must not be missing from disk until they are logged again. A blank voter takes all of them, so
   * that it has the whole or nothing. What is left of the records is to be appended. Throws JuteError on a
   * malformed stream and changes nothing then.
   */
  install(
    stream: Buffer,
    { anchorZxid, committedZxid }: { readonly anchorZxid: number; readonly committedZxid: number },
    records: readonly TxnRecord[],
  ): readonly TxnRecord[] {
    const heldZxid = this.blank.isBlank ? committedZxid : Math.min(this.lastLoggedZxid, committedZxid);
    const heldCount = records.filter(({ header }) => header.zxid <= heldZxid).length;
    this.database.installStream(stream, anchorZxid);
    for (const record of records.slice(0, heldCount)) this.database.apply(record);
    const zxid = records[heldCount - 1]?.header.zxid ?? anchorZxid;
    this.history.reset(zxid);
    this.trace?.({ event: 'SNAP_INSTALL', zxid, digest: this.database.digest() });
    this.outbox.snapshot({
      zxid,
      currentEpoch: Math.max(this.#currentEpoch, epochOf(zxid)),
      file: this.database.encodeSnapshotFile(),
    });
    this.adoptEpoch(epochOf(zxid));
    return records.slice(heldCount);
  }

  /** Applies the oldest pending record, which is committed now. */
  commitFirst(): void {
    const record = this.history.commitFirst();
    const applied = this.database.apply(record);
    this.outbox.commit({ record, applied });
    const configuration = this.configurationIn(record);
    if (configuration !== null) this.activateConfiguration(configuration);
    this.trace?.({
      event: 'APPLY',
      zxid: record.header.zxid,
      // Of the bytes as they are now: what wrote over them since they were logged is to be seen.
      hash: crc32(record.bytes),
      err: record.txn.type === 'error' ? record.txn.err : 0,
      digest: this.database.digest(),
      replay: false,
    });
  }

  /** The configuration that a transaction proposes; null for all others. */
  configurationIn({ txn, header }: TxnRecord): Membership | null {
    if (txn.type !== 'reconfig' || !this.configuration.isChangeable) return null;
    const parsed = parseMembership(txn.data?.toString() ?? '');
    assert.ok(
      !isFault(parsed),
      'a reconfiguration is checked before it is proposed, and when it is received',
    );
    return { ...parsed, version: header.zxid };
  }

  /** From here on nothing is decided without a quorum of this configuration too. */
  expectConfiguration(membership: Membership): void {
    if (this.configuration.expect(membership)) this.#configurationPending();
  }

  /**
   * A leader's word replaces what was pending here, but for what is in the log that it has left to us: had
   * anything else been decided anywhere, it would know.
   */
  takeOverConfiguration(membership: Membership): void {
    const logged = this.history.recordsAfter(this.history.lastCommittedZxid);
    const pending = logged.flatMap((record) => this.configurationIn(record) ?? []);
    const isInLog = pending.some(({ version }) => version === membership.version);
    const all = isInLog ? pending : [...pending, membership];
    if (this.configuration.expectOnly(all)) this.#configurationPending();
  }

  activateConfiguration(membership: Membership): void {
    const { configuration, outbox } = this;
    if (!configuration.activate(membership)) return;
    this.#traceConfiguration('CONFIG', membership);
    outbox.writeConfiguration(membership);
    outbox.showConfiguration(membership, configuration.members);
  }

  #configurationPending(): void {
    const { configuration, outbox } = this;
    const { current, members, pending } = configuration;
    if (pending !== null) this.#traceConfiguration('CONFIG_PROPOSED', pending);
    outbox.writePendingConfiguration(pending);
    outbox.showConfiguration(current, members);
  }

  #expectConfigurationIn(record: TxnRecord): void {
    const configuration = this.configurationIn(record);
    if (configuration !== null) this.expectConfiguration(configuration);
  }

  #traceConfiguration(event: 'CONFIG' | 'CONFIG_PROPOSED', membership: Membership): void {
    const { members, version } = membership;
    this.trace?.({
      event,
      zxid: version,
      voters: votersOf(membership).map(({ sid }) => sid),
      members: members.map(({ sid }) => sid),
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
