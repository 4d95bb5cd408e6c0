// Collects what the protocol wants done until the server fetches it as a `Ready`. It also numbers the
// persist operations and knows how far they are durable.

import type { QuorumPacket, Notification } from '../../../../harness/wire/quorum-packet.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type {
  ByteSource,
  Committed,
  LinkId,
  Mark,
  PersistOperation,
  Ready,
  SendOperation,
  UpcallOperation,
} from './events.ts';
import type { Member, Membership } from './membership.ts';

const nothing: Ready = { persist: [], send: [], committed: [], upcalls: [] };

export class Outbox {
  #persist: PersistOperation[] = [];
  #send: SendOperation[] = [];
  #committed: Committed[] = [];
  #upcalls: UpcallOperation[] = [];
  #lastMark: Mark = 0;
  #durableMark: Mark = 0;

  /** The mark of the newest persist operation. */
  get lastMark(): Mark {
    return this.#lastMark;
  }

  /** Everything up to here is durable. */
  get durableMark(): Mark {
    return this.#durableMark;
  }

  /** Requests were handed up that are not proposed yet. */
  get hasRequests(): boolean {
    return this.#upcalls.some(({ type }) => type === 'request');
  }

  take(): Ready {
    const isEmpty =
      this.#persist.length + this.#send.length + this.#committed.length + this.#upcalls.length === 0;
    if (isEmpty) return nothing;
    const ready: Ready = {
      persist: this.#persist,
      send: this.#send,
      committed: this.#committed,
      upcalls: this.#upcalls,
    };
    this.#persist = [];
    this.#send = [];
    this.#committed = [];
    this.#upcalls = [];
    return ready;
  }

  persisted(mark: Mark): void {
    if (mark > this.#durableMark) this.#durableMark = mark;
  }

  append(record: TxnRecord): Mark {
    this.#persist.push({ type: 'append', mark: ++this.#lastMark, record });
    return this.#lastMark;
  }

  writeEpoch(type: 'acceptedEpoch' | 'currentEpoch', epoch: number): Mark {
    this.#persist.push({ type, mark: ++this.#lastMark, epoch });
    return this.#lastMark;
  }

  truncate(zxid: number): Mark {
    this.#persist.push({ type: 'truncate', mark: ++this.#lastMark, zxid });
    return this.#lastMark;
  }

  snapshot(state: { zxid: number; currentEpoch: number; file: Buffer }): Mark {
    this.#persist.push({ type: 'snapshot', mark: ++this.#lastMark, ...state });
    return this.#lastMark;
  }

  writeConfiguration(membership: Membership): Mark {
    this.#persist.push({ type: 'configuration', mark: ++this.#lastMark, membership });
    return this.#lastMark;
  }

  writePendingConfiguration(membership: Membership | null): Mark {
    this.#persist.push({ type: 'pendingConfiguration', mark: ++this.#lastMark, membership });
    return this.#lastMark;
  }

  showConfiguration(current: Membership, members: readonly Member[]): void {
    this.#send.push({ type: 'configuration', current, members });
  }

  notify(to: number, notification: Notification): void {
    this.#send.push({ type: 'notification', to, notification });
  }

  send(link: LinkId, packet: QuorumPacket): void {
    this.#send.push({ type: 'packet', link, packet });
  }

  stream(link: LinkId, source: ByteSource): void {
    this.#send.push({ type: 'stream', link, source });
  }

  connectLeader(sid: number): void {
    this.#send.push({ type: 'connectLeader', sid });
  }

  close(link: LinkId, reason: string): void {
    this.#send.push({ type: 'close', link, reason });
  }

  commit(committed: Committed): void {
    this.#committed.push(committed);
  }

  upcall(operation: UpcallOperation): void {
    this.#upcalls.push(operation);
  }
}

/** Things that wait, in order, for a mark to become durable. */
export class DurabilityQueue<T> {
  readonly #marks: Mark[] = [];
  readonly #items: T[] = [];
  #first = 0;

  push(mark: Mark, item: T): void {
    this.#marks.push(mark);
    this.#items.push(item);
  }

  /** The next item whose mark is durable. Marks that were pushed out of order wait for those before them. */
  takeDurable(durableMark: Mark): T | undefined {
    const mark = this.#marks[this.#first];
    if (mark === undefined || mark > durableMark) return undefined;
    const item = this.#items[this.#first];
    this.#first += 1;
    if (this.#first === this.#marks.length || this.#first >= 1024) this.#compact();
    return item;
  }

  #compact(): void {
    this.#marks.splice(0, this.#first);
    this.#items.splice(0, this.#first);
    this.#first = 0;
  }
}
