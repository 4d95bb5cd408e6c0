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
import { Ring } from './ring.ts';

/** In place of every list without an operation; most are. */
const none: readonly never[] = [];
const nothing: Ready = { persist: none, send: none, committed: none, upcalls: none };

export class Outbox {
  #persist: PersistOperation[] = [];
  #send: SendOperation[] = [];
  #committed: Committed[] = [];
  #upcalls: UpcallOperation[] = [];
  #hasRequests = false;
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
    return this.#hasRequests;
  }

  take(): Ready {
    const persist = this.#persist;
    const send = this.#send;
    const committed = this.#committed;
    const upcalls = this.#upcalls;
    if (persist.length + send.length + committed.length + upcalls.length === 0) return nothing;
    // An empty list stays here: given away, it would be filled while the others are carried out.
    if (persist.length > 0) this.#persist = [];
    if (send.length > 0) this.#send = [];
    if (committed.length > 0) this.#committed = [];
    if (upcalls.length > 0) this.#upcalls = [];
    this.#hasRequests = false;
    return {
      persist: persist.length > 0 ? persist : none,
      send: send.length > 0 ? send : none,
      committed: committed.length > 0 ? committed : none,
      upcalls: upcalls.length > 0 ? upcalls : none,
    };
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
    if (operation.type === 'request') this.#hasRequests = true;
    this.#upcalls.push(operation);
  }
}

/** Things that wait, in order, for a mark to become durable. */
export class DurabilityQueue<T> {
  readonly #marks = new Ring<Mark>();
  readonly #items = new Ring<T>();

  push(mark: Mark, item: T): void {
    this.#marks.push(mark);
    this.#items.push(item);
  }

  /** The next item whose mark is durable. Marks that were pushed out of order wait for those before them. */
  takeDurable(durableMark: Mark): T | undefined {
    const mark = this.#marks.peek();
    if (mark === undefined || mark > durableMark) return undefined;
    this.#marks.shift();
    return this.#items.shift();
  }
}
