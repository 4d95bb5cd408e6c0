// A server alone: what `Peer` is to an ensemble, without anybody to agree with. A transaction is committed
// once it is durable here.

import assert from 'node:assert/strict';
import { counterOf, epochOf, makeZxid } from '../../../../harness/wire/zxid.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { crc32 } from '../../../../harness/wire/checksums.ts';
import type { Database } from '../core/database.ts';
import type { Committed, Mark, PeerEvent, PersistOperation, Ready, UpcallOperation } from '../core/events.ts';
import type { TraceSink } from '../core/trace.ts';

/** In session ids, as in Apache ZooKeeper's. */
export const standaloneSid = 1;

export interface StandaloneOptions {
  readonly database: Database;
  readonly tail: readonly TxnRecord[];
  readonly trace: TraceSink;
}

export class Standalone {
  readonly role = 'leading';
  readonly serving = true;
  readonly leader = null;
  readonly deadlineMs = Infinity;
  readonly synchronizedLearners = [];
  readonly uncommitted = [];
  readonly #options: StandaloneOptions;
  readonly #logging: { mark: Mark; record: TxnRecord }[] = [];
  /** Barriers, each behind the last transaction that was proposed before it. */
  readonly #syncs: { token: number; afterMark: Mark }[] = [];
  #lastMark: Mark = 0;
  #durableMark: Mark = 0;
  #lastZxid: number;
  #persist: PersistOperation[] = [];
  #committed: Committed[] = [];
  #upcalls: UpcallOperation[] = [];

  constructor(options: StandaloneOptions) {
    this.#options = options;
    // Nobody else can know better: what is in the log is committed.
    for (const record of options.tail) options.database.apply(record);
    this.#lastZxid = options.database.lastProcessedZxid;
  }

  get nextZxid(): number {
    const isFull = counterOf(this.#lastZxid) === 0xffff_ffff;
    return isFull ? makeZxid(epochOf(this.#lastZxid) + 1, 1) : this.#lastZxid + 1;
  }

  get hasOutstanding(): boolean {
    return this.#logging.length > 0;
  }

  start(): void {
    this.#upcalls.push({ type: 'role', role: 'leading', serving: true, leader: null });
  }

  step(event: PeerEvent): void {
    switch (event.type) {
      case 'propose':
        return this.#propose(event.record);
      case 'persisted':
        this.#durableMark = event.mark;
        return this.#commitDurable();
      case 'sync':
        this.#options.trace?.({ event: 'SYNC_RECV', id: event.token });
        this.#syncs.push({ token: event.token, afterMark: this.#lastMark });
        return this.#answerSyncs();
      default:
      // All others are about other servers.
    }
  }

  ready(): Ready {
    const ready = { persist: this.#persist, send: [], committed: this.#committed, upcalls: this.#upcalls };
    this.#persist = [];
    this.#committed = [];
    this.#upcalls = [];
    return ready;
  }

  #propose(record: TxnRecord): void {
    const { zxid, clientId, cxid } = record.header;
    assert.equal(zxid, this.nextZxid, 'a proposal has the next zxid');
    const { trace } = this.#options;
    trace?.({
      event: 'PROPOSE',
      zxid,
      hash: crc32(record.bytes),
      session: clientId,
      cxid,
      txn: record.txn.type,
    });
    trace?.({ event: 'APPEND', zxid, hash: crc32(record.bytes) });
    this.#lastZxid = zxid;
    this.#lastMark += 1;
    this.#persist.push({ type: 'append', mark: this.#lastMark, record });
    this.#logging.push({ mark: this.#lastMark, record });
  }

  #commitDurable(): void {
    const { database, trace } = this.#options;
    const durableCount = this.#logging.findLastIndex(({ mark }) => mark <= this.#durableMark) + 1;
    for (const { record } of this.#logging.splice(0, durableCount)) {
      const { zxid } = record.header;
      trace?.({ event: 'COMMIT_DECIDE', zxid, hash: undefined, ackers: [], configs: undefined });
      const applied = database.apply(record);
      trace?.({
        event: 'APPLY',
        zxid,
        hash: crc32(record.bytes),
        err: record.txn.type === 'error' ? record.txn.err : 0,
        digest: database.digest(),
        replay: false,
      });
      this.#committed.push({ record, applied });
    }
    this.#answerSyncs();
  }

  #answerSyncs(): void {
    const answered = this.#syncs.findLastIndex(({ afterMark }) => afterMark <= this.#durableMark) + 1;
    for (const { token } of this.#syncs.splice(0, answered)) {
      this.#options.trace?.({ event: 'SYNC_DONE', id: token });
      this.#upcalls.push({ type: 'syncDone', token });
    }
  }
}
