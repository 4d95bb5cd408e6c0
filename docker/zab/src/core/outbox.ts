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
  // Null while there is nothing.
  #persist: PersistOperation[] | null = null;
  #send: SendOperation[] | null = null;
  #committed: Committed[] | null = null;
  #upcalls: UpcallOperation[] | null = null;
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
    if (persist === null && send === null && committed === null && upcalls === null) return nothing;
    this.#persist = null;
    this.#send = null;
    this.#committed = null;
    this.#upcalls = null;
    this.#hasRequests = false;
    return {
      persist: persist ?? none,
      send: send ?? none,
      committed: committed ?? none,
      upcalls: upcalls ?? none,
    };
  }

  persisted(mark: Mark): void {
    if (mark > this.#durableMark) this.#durableMark = mark;
  }

  append(record: TxnRecord): Mark {
    this.#persist = added(this.#persist, { type: 'append', mark: ++this.#lastMark, record });
    return this.#lastMark;
  }

  writeEpoch(type: 'acceptedEpoch' | 'currentEpoch', epoch: number): Mark {
    this.#persist = added(this.#persist, { type, mark: ++this.#lastMark, epoch });
    return this.#lastMark;
  }

  truncate(zxid: number): Mark {
    this.#persist = added(this.#persist, { type: 'truncate', mark: ++this.#lastMark, zxid });
    return this.#lastMark;
  }

  snapshot(state: { zxid: number; currentEpoch: number; file: Buffer }): Mark {
    this.#persist = added(this.#persist, { type: 'snapshot', mark: ++this.#lastMark, ...state });
    return this.#lastMark;
  }

  writeConfiguration(membership: Membership): Mark {
    this.#persist = added(this.#persist, { type: 'configuration', mark: ++this.#lastMark, membership });
    return this.#lastMark;
  }

  writePendingConfiguration(membership: Membership | null): Mark {
    this.#persist = added(this.#persist, {
      type: 'pendingConfiguration',
      mark: ++this.#lastMark,
      membership,
    });
    return this.#lastMark;
  }

  showConfiguration(current: Membership, members: readonly Member[]): void {
    this.#send = added(this.#send, { type: 'configuration', current, members });
  }

  notify(to: number, notification: Notification): void {
    this.#send = added(this.#send, { type: 'notification', to, notification });
  }

  send(link: LinkId, packet: QuorumPacket): void {
    this.#send = added(this.#send, { type: 'packet', link, packet });
  }

  stream(link: LinkId, source: ByteSource): void {
    this.#send = added(this.#send, { type: 'stream', link, source });
  }

  connectLeader(sid: number): void {
    this.#send = added(this.#send, { type: 'connectLeader', sid });
  }

  close(link: LinkId, reason: string): void {
    this.#send = added(this.#send, { type: 'close', link, reason });
  }

  commit(committed: Committed): void {
    this.#committed = added(this.#committed, committed);
  }

  upcall(operation: UpcallOperation): void {
    if (operation.type === 'request') this.#hasRequests = true;
    this.#upcalls = added(this.#upcalls, operation);
  }
}

/** A list begins with its first item: most get no other, and `push` would make room for sixteen. */
function added<T>(list: T[] | null, item: T): T[] {
  if (list === null) return [item];
  list.push(item);
  return list;
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
