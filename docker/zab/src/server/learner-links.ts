// Connections between learners and their leader: every server listens on its quorum port, a learner dials
// its leader's. Links are numbered for the core, which never sees a socket. What one turn sends over a
// link leaves in one write.
// Facts: consensus protocol of ZooKeeper 3.8, "QuorumPacket".

import assert from 'node:assert/strict';
import {
  encodeQuorumPacket,
  QuorumStreamDecoder,
  QuorumStreamError,
  type QuorumStreamItem,
} from '../../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { ByteSource, LinkId, PeerEvent, SendOperation } from '../core/events.ts';
import type { Member, Membership } from '../core/membership.ts';
import { OutgoingSnapshot } from './outgoing-snapshot.ts';
import type { Clock, Link, LinkHandlers, Listener, LogSink, Network } from './ports.ts';

export interface LearnerLinksOptions {
  readonly sid: number;
  /** At the start; this server is one of them. */
  readonly membership: Membership;
  readonly clock: Clock;
  readonly network: Network;
  readonly log: LogSink;
  readonly dialTimeoutMs: number;
  readonly listenOnAllAddresses: boolean;
  /** Everything that happens on the links, to be given to the core in this order. */
  readonly received: (events: readonly PeerEvent[]) => void;
  /** The quorum port cannot be bound. */
  readonly bindFailed: (reason: string) => void;
}

type LinkOperation = Exclude<SendOperation, { type: 'notification' | 'configuration' }>;

interface LearnerLink {
  readonly id: LinkId;
  readonly link: Link;
  readonly decoder: QuorumStreamDecoder;
  /** Encoded in this turn, not handed to the network yet. */
  outgoing: Buffer[];
  /** The snapshot that is being sent, and what is to follow it. */
  snapshot: OutgoingSnapshot | null;
  isClosed: boolean;
}

/** A learner that lets more than this pile up is dropped; it will synchronise again. */
const maxBufferedBytes = 512 * 1024 * 1024;
const bindAttempts = 3;
const bindRetryMs = 1_000;
const nothing = Buffer.alloc(0);

export class LearnerLinks {
  readonly #options: LearnerLinksOptions;
  #members: readonly Member[] = [];
  /** The last that was said of this server: one that is no member any more still takes calls. */
  #own: Member | undefined;
  readonly #links = new Map<LinkId, LearnerLink>();
  /** Those with something to send, in the order in which they got it. */
  #dirty: LearnerLink[] = [];
  #listener: Listener | null = null;
  /** A dial that has not been answered. */
  #dialing: { link: Link | null } | null = null;
  #nextId = 1;
  #lastPacket: QuorumPacket | null = null;
  #lastBytes: Buffer = nothing;
  #isStopped = false;

  constructor(options: LearnerLinksOptions) {
    this.#options = options;
    this.setMembers(options.membership.members);
  }

  /** Links stay as they are; new ones go to the new addresses. */
  setMembers(members: readonly Member[]): void {
    const before = this.#own;
    this.#members = members;
    this.#own = members.find((member) => member.sid === this.#options.sid) ?? before;
    const { host, quorumPort } = this.#own ?? {};
    if (this.#listener === null || (before?.host === host && before?.quorumPort === quorumPort)) return;
    this.#listener.close();
    this.#listen(bindAttempts);
  }

  /** Listens in every role: an election may end earlier for a learner than for its leader. */
  start(): void {
    this.#listen(bindAttempts);
  }

  perform(operation: LinkOperation): void {
    switch (operation.type) {
      case 'connectLeader':
        return this.#dial(operation.sid);
      case 'packet':
        return this.#enqueue(operation.link, this.#encode(operation.packet));
      case 'stream':
        return this.#startSnapshot(operation.link, operation.source);
      case 'close':
        return this.#close(operation.link, operation.reason);
    }
  }

  /** Ends a turn: one write per link. */
  flush(): void {
    if (this.#dirty.length === 0) return;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const entry of dirty) {
      const { link, outgoing } = entry;
      // It was closed since, or its bytes went out with those of another turn.
      if (outgoing.length === 0) continue;
      entry.outgoing = [];
      link.writeAll(outgoing);
      if (link.bufferedBytes > maxBufferedBytes) this.#fail(entry, 'it does not take what is sent to it');
    }
  }

  /** Drops a dial that nobody waits for any more. */
  cancelDial(): void {
    const dialing = this.#dialing;
    this.#dialing = null;
    dialing?.link?.destroy();
  }

  stop(): void {
    this.#isStopped = true;
    this.#listener?.close();
    this.cancelDial();
    for (const entry of this.#links.values()) {
      entry.isClosed = true;
      entry.snapshot?.stop();
      entry.link.destroy();
    }
    this.#links.clear();
  }

  #listen(attemptsLeft: number): void {
    const { network, clock, log, listenOnAllAddresses, bindFailed } = this.#options;
    const own = this.#own;
    if (own === undefined) return;
    const address = { host: listenOnAllAddresses ? '0.0.0.0' : own.host, port: own.quorumPort };
    this.#listener = network.listen(
      address,
      (link) => this.#accept(link),
      (reason) => {
        if (this.#isStopped) return;
        const sentence = `cannot listen for learners on ${address.host}:${address.port}: ${reason}`;
        if (attemptsLeft <= 1) return bindFailed(sentence);
        log('warn', `${sentence}; trying again`);
        clock.after(bindRetryMs, () => {
          if (!this.#isStopped) this.#listen(attemptsLeft - 1);
        });
      },
    );
  }

  #accept(link: Link): LinkHandlers {
    const entry = this.#add(link, { isLeader: false });
    this.#options.received([{ type: 'learnerConnected', link: entry.id }]);
    return this.#handlersOf(entry);
  }

  #dial(sid: number): void {
    const { network, dialTimeoutMs } = this.#options;
    this.cancelDial();
    const dialing: { link: Link | null } = { link: null };
    this.#dialing = dialing;
    const member = this.#members.find((each) => each.sid === sid);
    if (member === undefined) return this.#dialFailed(`server ${sid} is not in the configuration`);
    let entry: LearnerLink | null = null;
    dialing.link = network.dial({ host: member.host, port: member.quorumPort }, dialTimeoutMs, {
      opened: (link) => {
        if (this.#dialing !== dialing) return link.destroy();
        this.#dialing = null;
        entry = this.#add(link, { isLeader: true });
        this.#options.received([{ type: 'leaderConnected', link: entry.id }]);
      },
      data: (_, bytes) => {
        if (entry !== null) this.#receive(entry, bytes);
      },
      closed: (_, reason) => {
        if (entry !== null) return this.#closed(entry, reason);
        if (this.#dialing === dialing) this.#dialFailed(reason);
      },
    });
  }

  /** The core knows a failed dial by a link number that is new: it must be above all that it has seen. */
  #dialFailed(reason: string): void {
    this.#dialing = null;
    this.#options.received([{ type: 'linkClosed', link: this.#nextId++, reason }]);
  }

  #add(link: Link, { isLeader }: { isLeader: boolean }): LearnerLink {
    const id = this.#nextId++;
    const decoder = new QuorumStreamDecoder({ allowSnapshot: isLeader });
    const entry: LearnerLink = { id, link, decoder, outgoing: [], snapshot: null, isClosed: false };
    this.#links.set(id, entry);
    return entry;
  }

  #handlersOf(entry: LearnerLink): LinkHandlers {
    return {
      data: (_, bytes) => this.#receive(entry, bytes),
      drained: () => entry.snapshot?.drained(),
      closed: (_, reason) => this.#closed(entry, reason),
    };
  }

  #receive(entry: LearnerLink, bytes: Buffer): void {
    if (entry.isClosed) return;
    try {
      this.#report(entry, entry.decoder.push(bytes));
    } catch (error) {
      if (!(error instanceof QuorumStreamError)) throw error;
      this.#report(entry, error.items);
      this.#fail(entry, error.message);
    }
  }

  #report({ id }: LearnerLink, items: readonly QuorumStreamItem[]): void {
    if (items.length > 0) this.#options.received(items.map((item) => eventOf(id, item)));
  }

  #closed(entry: LearnerLink, reason: string): void {
    if (entry.isClosed) return;
    this.#forget(entry);
    this.#options.received([{ type: 'linkClosed', link: entry.id, reason }]);
  }

  /** We end the link, and the core did not ask for it. */
  #fail(entry: LearnerLink, reason: string): void {
    if (entry.isClosed) return;
    const { host, port } = entry.link.remote;
    this.#options.log('warn', `link to ${host}:${port} dropped: ${reason}`);
    entry.link.destroy();
    this.#closed(entry, reason);
  }

  /** The core ends the link; it expects no event for that. */
  #close(id: LinkId, reason: string): void {
    const entry = this.#links.get(id);
    if (entry === undefined) return;
    this.#options.log(
      'info',
      `link to ${entry.link.remote.host}:${entry.link.remote.port} closed: ${reason}`,
    );
    // What this turn said before is still worth hearing.
    if (entry.outgoing.length > 0) entry.link.writeAll(entry.outgoing);
    this.#forget(entry);
    entry.link.end();
  }

  #forget(entry: LearnerLink): void {
    entry.isClosed = true;
    entry.snapshot?.stop();
    entry.outgoing = [];
    this.#links.delete(entry.id);
  }

  /** A leader says the same to every learner, one after the other. */
  #encode(packet: QuorumPacket): Buffer {
    if (this.#lastPacket !== packet) {
      this.#lastBytes = encodeQuorumPacket(packet);
      this.#lastPacket = packet;
    }
    return this.#lastBytes;
  }

  #enqueue(id: LinkId, bytes: Buffer): void {
    const entry = this.#links.get(id);
    if (entry === undefined) return;
    if (entry.snapshot !== null) {
      entry.snapshot.behind.push(bytes);
      if (entry.snapshot.behind.byteCount > maxBufferedBytes)
        this.#fail(entry, 'it does not take what is sent to it');
      return;
    }
    if (entry.outgoing.length > 0) return void entry.outgoing.push(bytes);
    // Mostly all that there is, and the first push to an empty array takes room for sixteen.
    entry.outgoing = [bytes];
    this.#becameDirty(entry);
  }

  #becameDirty(entry: LearnerLink): void {
    if (this.#dirty.length === 0) this.#dirty = [entry];
    else this.#dirty.push(entry);
  }

  #startSnapshot(id: LinkId, source: ByteSource): void {
    const entry = this.#links.get(id);
    if (entry === undefined) return source.close();
    assert.equal(entry.snapshot, null, 'one synchronization sends one snapshot');
    entry.snapshot = new OutgoingSnapshot({
      source,
      clock: this.#options.clock,
      link: entry.link,
      finished: (behind) => {
        entry.snapshot = null;
        if (entry.outgoing.length === 0) this.#becameDirty(entry);
        entry.outgoing.push(...behind);
        this.flush();
      },
    });
  }
}

function eventOf(link: LinkId, item: QuorumStreamItem): PeerEvent {
  return item.type === 'packet'
    ? { type: 'packet', link, packet: item.packet }
    : { type: 'snapshot', link, stream: item.stream };
}
