// Election connections: one TCP connection per pair of servers, kept if the larger server id dialled it, with
// a send queue that holds only the newest notification. The protocol needs no delivery guarantee, only that
// the newest word of each server arrives soon after it can, so an undelivered notification keeps its link
// dialling and a silent link is replaced: after a partition TCP's own back-off would wait as long again.
// Facts: consensus protocol of ZooKeeper 3.8, "Election connections".

import {
  decodeNotification,
  ElectionStreamDecoder,
  encodeElectionHello,
  encodeNotificationFrame,
  makeNotificationDecoder,
  oneAddressVersion,
} from '../../../../harness/wire/election-codec.ts';
import { FrameError, type FrameDecoder } from '../../../../harness/wire/frame.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import type { ElectionHello, Notification } from '../../../../harness/wire/quorum-packet.ts';
import type { Member, Membership } from '../core/membership.ts';
import type { Clock, Link, LinkHandlers, Listener, LogSink, Network, Timer } from './ports.ts';

export interface ElectionLinksOptions {
  readonly sid: number;
  /** At the start; this server is one of them. */
  readonly membership: Membership;
  /** Servers that no configuration names may ask for the leader: they may become members. */
  readonly acceptsStrangers?: boolean;
  readonly clock: Clock;
  readonly network: Network;
  readonly log: LogSink;
  readonly tickMs: number;
  readonly listenOnAllAddresses: boolean;
  readonly received: (from: number, notification: Notification) => void;
  /** The election port cannot be bound. */
  readonly bindFailed: (reason: string) => void;
}

/** Of whoever has connected and not said who it is. */
const helloTimeoutMs = 5_000;
const maxDialTimeoutMs = 5_000;
/** More than a hello and the notifications of one turn: the network does not take what is sent. */
const busyBytes = 2_048;
/** A link whose network has not taken earlier bytes is asked again after this time. */
const busyRetryMs = 20;
const firstRedialMs = 250;
const maxRedialMs = 2_000;
const bindAttempts = 3;
const bindRetryMs = 1_000;

/** What is known of one other server. */
interface Peer {
  member: Pick<Member, 'sid' | 'host' | 'electionPort'>;
  /** No configuration names it; its own word says where it is. */
  isStranger: boolean;
  link: Link | null;
  dialing: Link | null;
  /** Newest notification that no network has taken yet. */
  pending: Buffer | null;
  /** Newest notification that was sent; a fresh connection repeats it. */
  last: Buffer | null;
  /** When the oldest notification was sent that nothing was received after; null when nothing is owed. */
  unansweredSinceMs: number | null;
  redialMs: number;
  nextDialMs: number;
}

/** Server ids end at 255 by convention. */
const maxPeers = 300;

export class ElectionLinks {
  readonly #options: ElectionLinksOptions;
  readonly #peers = new Map<number, Peer>();
  readonly #incoming = new Set<Link>();
  #listener: Listener | null = null;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #isLooking = true;
  #isStopped = false;
  #own: Member | undefined;

  constructor(options: ElectionLinksOptions) {
    this.#options = options;
    this.setMembers(options.membership.members);
  }

  /** Those that are gone stay strangers: they may have to be told where the ensemble is now. */
  setMembers(members: readonly Member[]): void {
    const { sid: ownSid } = this.#options;
    const own = members.find((member) => member.sid === ownSid);
    if (own !== undefined) this.#moveTo(own);
    for (const peer of this.#peers.values()) peer.isStranger = true;
    for (const member of members) {
      if (member.sid === ownSid) continue;
      const known = this.#peers.get(member.sid);
      if (known === undefined) {
        this.#peers.set(member.sid, newPeer(member));
        continue;
      }
      const hasMoved = !isSamePlace(known.member, member);
      known.member = member;
      known.isStranger = false;
      if (hasMoved) this.#dropLinks(known);
    }
  }

  /** Another address of this server itself, unless it listens there already. */
  #moveTo(own: Member): void {
    const before = this.#own;
    this.#own = own;
    if (this.#listener === null || before === undefined || isSamePlace(before, own)) return;
    this.#listener.close();
    this.#listen(bindAttempts);
  }

  start(): void {
    this.#listen(bindAttempts);
  }

  /** Replaces a notification to the same server that has not left yet. */
  send(to: number, notification: Notification): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || this.#isStopped) return;
    peer.pending = encodeNotificationFrame(notification);
    peer.nextDialMs = 0;
    this.#push(peer);
  }

  /** While looking, undelivered words keep dialling; a server that has found its role can wait to be asked. */
  setLooking(isLooking: boolean): void {
    this.#isLooking = isLooking;
    for (const peer of this.#peers.values()) {
      peer.unansweredSinceMs = null;
      peer.redialMs = firstRedialMs;
    }
    if (isLooking) this.#armTimer(busyRetryMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#listener?.close();
    for (const link of this.#incoming) link.destroy();
    for (const peer of this.#peers.values()) this.#dropLinks(peer);
  }

  #listen(attemptsLeft: number): void {
    const { network, clock, log, listenOnAllAddresses } = this.#options;
    const own = this.#own;
    if (own === undefined) return;
    const address = { host: listenOnAllAddresses ? '0.0.0.0' : own.host, port: own.electionPort };
    this.#listener = network.listen(
      address,
      (link) => this.#accept(link),
      (reason) => {
        if (this.#isStopped) return;
        const sentence = `cannot listen for elections on ${address.host}:${address.port}: ${reason}`;
        if (attemptsLeft <= 1) return this.#options.bindFailed(sentence);
        log('warn', `${sentence}; trying again`);
        clock.after(bindRetryMs, () => {
          if (!this.#isStopped) this.#listen(attemptsLeft - 1);
        });
      },
    );
  }

  /** Sends what is pending if the link can take it, else sees to it that there will be a link. */
  #push(peer: Peer): void {
    if (peer.pending === null) return;
    const nowMs = this.#options.clock.nowMs();
    if (peer.link === null) {
      if (peer.dialing === null && nowMs >= peer.nextDialMs) this.#dial(peer);
      this.#armTimer(peer.redialMs);
      return;
    }
    // The queue's capacity of one: while the network is busy with earlier bytes the newest word waits here.
    if (peer.link.bufferedBytes > busyBytes) return this.#armTimer(busyRetryMs);
    peer.link.write(peer.pending);
    peer.last = peer.pending;
    peer.pending = null;
    peer.unansweredSinceMs ??= nowMs;
    if (this.#isLooking) this.#armTimer(this.#silenceMs);
  }

  get #silenceMs(): number {
    return Math.max(500, 2 * this.#options.tickMs);
  }

  /** Short, since a failed dial is repeated: one that began in a partition must not outlive it for long. */
  get #dialTimeoutMs(): number {
    return Math.min(maxDialTimeoutMs, this.#silenceMs);
  }

  #armTimer(delayMs: number): void {
    if (this.#isStopped) return;
    const atMs = this.#options.clock.nowMs() + delayMs;
    if (this.#timer !== null) {
      if (this.#timerAtMs <= atMs) return;
      this.#timer.cancel();
    }
    this.#timerAtMs = atMs;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      for (const peer of this.#peers.values()) this.#attend(peer);
    });
  }

  #attend(peer: Peer): void {
    if (this.#isLooking && peer.link !== null && this.#isSilent(peer)) {
      this.#options.log('debug', `election link to server ${peer.member.sid} is silent, dialling anew`);
      peer.pending ??= peer.last;
      peer.unansweredSinceMs = null;
      this.#dropLinks(peer);
    }
    // A server that is down need not be dialled for the whole life of an ensemble that does without it.
    if (this.#isLooking || peer.link !== null) this.#push(peer);
    if (this.#isLooking && peer.unansweredSinceMs !== null) this.#armTimer(this.#silenceMs);
  }

  #isSilent(peer: Peer): boolean {
    if (peer.unansweredSinceMs === null) return false;
    return this.#options.clock.nowMs() - peer.unansweredSinceMs >= this.#silenceMs;
  }

  #dial(peer: Peer): void {
    const { sid, network, log } = this.#options;
    const { host, electionPort: port } = peer.member;
    const decoder = makeNotificationDecoder();
    peer.dialing = network.dial({ host, port }, this.#dialTimeoutMs, {
      opened: (link) => {
        if (peer.dialing !== link) return link.destroy();
        peer.dialing = null;
        const own = this.#own;
        const address = `${own?.host ?? '0.0.0.0'}:${own?.electionPort ?? 0}`;
        link.write(encodeElectionHello({ protocolVersion: oneAddressVersion, sid, addresses: [address] }));
        // The other side hangs up and dials back, because connections dialled by the larger id are kept.
        if (sid < peer.member.sid) return this.#yieldTo(peer, link);
        this.#adopt(peer, link);
      },
      data: (link, bytes) => this.#receive(peer, link, decoder, bytes),
      closed: (link, reason) => {
        if (peer.dialing === link) {
          log('debug', `cannot reach the election port of server ${peer.member.sid}: ${reason}`);
          peer.dialing = null;
          this.#backOff(peer);
        }
        this.#lost(peer, link);
      },
    });
  }

  #yieldTo(peer: Peer, link: Link): void {
    link.end();
    this.#backOff(peer);
  }

  #backOff(peer: Peer): void {
    peer.nextDialMs = this.#options.clock.nowMs() + peer.redialMs;
    if (this.#isLooking && peer.pending !== null) this.#armTimer(peer.redialMs);
    peer.redialMs = Math.min(maxRedialMs, 2 * peer.redialMs);
  }

  #accept(link: Link): LinkHandlers {
    const { clock } = this.#options;
    const decoder = new ElectionStreamDecoder();
    let peer: Peer | null = null;
    this.#incoming.add(link);
    // Whoever connects and says nothing must not hold a socket for ever.
    const patience = clock.after(helloTimeoutMs, () => {
      this.#incoming.delete(link);
      link.destroy();
    });
    const refuse = (reason: string): void => {
      this.#options.log('warn', `election connection from ${link.remote.host} refused: ${reason}`);
      this.#incoming.delete(link);
      patience.cancel();
      link.destroy();
    };
    return {
      data: (_, bytes) => {
        if (peer === null && !this.#incoming.has(link)) return;
        try {
          for (const item of decoder.push(bytes)) {
            if (item.type === 'frame') {
              if (peer !== null && peer.link === link) this.#hear(peer, item.body);
              continue;
            }
            patience.cancel();
            this.#incoming.delete(link);
            peer = this.#admit(link, item.hello, refuse);
            if (peer === null) return;
          }
        } catch (error) {
          if (!(error instanceof FrameError || error instanceof JuteError)) throw error;
          refuse(error.message);
          if (peer !== null) this.#lost(peer, link);
        }
      },
      closed: () => {
        patience.cancel();
        this.#incoming.delete(link);
        if (peer !== null) this.#lost(peer, link);
      },
    };
  }

  /** The peer whose link this now is, or null when it is none. */
  #admit(link: Link, hello: ElectionHello, refuse: (reason: string) => void): Peer | null {
    const { sid } = hello;
    const peer = this.#peers.get(sid) ?? this.#meet(hello);
    if (peer === undefined) {
      const whose =
        sid === this.#options.sid ? 'it has our own server id' : 'no such server in the configuration';
      refuse(`server id ${sid}: ${whose}`);
      return null;
    }
    if (sid < this.#options.sid) {
      link.destroy();
      // Its old connection is of no use to a server that dials a new one: it may have restarted.
      peer.link?.destroy();
      peer.link = null;
      if (peer.dialing === null) this.#dial(peer);
      return null;
    }
    this.#adopt(peer, link);
    return peer;
  }

  /** A server that is to become a member, and wants to know whom to follow until it is. */
  #meet({ sid, addresses }: ElectionHello): Peer | undefined {
    const { acceptsStrangers = false, sid: ownSid } = this.#options;
    if (!acceptsStrangers || sid === ownSid || sid < 0 || this.#peers.size >= maxPeers) return undefined;
    const [, host, port] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(addresses[0] ?? '') ?? [];
    if (host === undefined || port === undefined) return undefined;
    const peer = newPeer({ sid, host, electionPort: Number(port) });
    peer.isStranger = true;
    this.#peers.set(sid, peer);
    return peer;
  }

  #adopt(peer: Peer, link: Link): void {
    this.#dropLinks(peer);
    peer.link = link;
    peer.redialMs = firstRedialMs;
    peer.unansweredSinceMs = null;
    peer.pending ??= peer.last;
    this.#push(peer);
  }

  #receive(peer: Peer, link: Link, decoder: FrameDecoder, bytes: Buffer): void {
    if (peer.link !== link) return;
    try {
      for (const body of decoder.push(bytes)) this.#hear(peer, body);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#options.log('warn', `election link to server ${peer.member.sid} dropped: ${error.message}`);
      link.destroy();
      this.#lost(peer, link);
    }
  }

  #hear(peer: Peer, body: Buffer): void {
    peer.unansweredSinceMs = null;
    let notification: Notification;
    try {
      notification = decodeNotification(body);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#options.log('warn', `ignored a notification of server ${peer.member.sid}: ${error.message}`);
      return;
    }
    this.#options.received(peer.member.sid, notification);
  }

  #lost(peer: Peer, link: Link): void {
    if (peer.link !== link) return;
    peer.link = null;
    peer.unansweredSinceMs = null;
    // What was sent last may not have arrived; while looking it is worth saying again.
    if (this.#isLooking && peer.pending === null) peer.pending = peer.last;
    this.#backOff(peer);
  }

  #dropLinks(peer: Peer): void {
    const { link, dialing } = peer;
    peer.link = null;
    peer.dialing = null;
    link?.destroy();
    dialing?.destroy();
  }
}

function newPeer(member: Peer['member']): Peer {
  return {
    member,
    isStranger: false,
    link: null,
    dialing: null,
    pending: null,
    last: null,
    unansweredSinceMs: null,
    redialMs: firstRedialMs,
    nextDialMs: 0,
  };
}

function isSamePlace(one: Peer['member'], other: Peer['member']): boolean {
  return one.host === other.host && one.electionPort === other.electionPort;
}
