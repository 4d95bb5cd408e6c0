// One end of a simulated TCP connection, with the pipe that leads from it to the other end. Bytes arrive in
// order after a drawn delay. A cut loses nothing that TCP would send again: it holds the pipe until a
// retransmission falls due after the heal. A process that dies closes its connections as a kernel does for
// it; a host that loses power does not.

import type { Address, Link, LinkHandlers } from '../../docker/zab/src/server/ports.ts';
import type { Executor } from './executor.ts';
import type { Host, SimulatedNetwork } from './network.ts';
import { Queue } from './queue.ts';
import { nsPerMs, ScheduledEvent } from './scheduler.ts';
import { Segments } from './segments.ts';

export const loopbackDelayNs = 20_000;
/** Linux's least retransmission time-out; doubled at every attempt. */
const firstRetransmissionNs = 200 * nsPerMs;
/** Far below Linux's 120 s: a healed link of a simulated run should not stay silent for minutes. */
const retransmissionLimitNs = 3000 * nsPerMs;
/** What a receiver's kernel takes for a process that does not read. */
const receiveWindowBytes = 256 * 1024;
/** What one read takes at most, as Node asks a socket for it. */
const readBytes = 64 * 1024;
/** What may be under way without an acknowledgement, while the way back is cut. */
const congestionWindowBytes = 64 * 1024;

export class SimulatedLink implements Link {
  readonly remote: Address;
  readonly host: Host;
  readonly #network: SimulatedNetwork;
  readonly #executor: Executor;
  #handlers: LinkHandlers | null;
  #peer: SimulatedLink | null = null;
  /** `open` and `dialling` belong to the process; a `closed` one only finishes what its kernel still sends. */
  #state: 'dialling' | 'open' | 'closed' = 'dialling';
  #isFlowing = true;
  /** Arrived, not yet taken by the process; null is the peer's close. */
  readonly #inbound = new Queue<Buffer | null>();
  readonly #outbound = new Segments();
  /** The first of `#outbound` is due. */
  readonly #arrival = new ScheduledEvent(() => this.#arrive());
  #isReadingScheduled = false;
  #isCloseSent = false;
  #isAccepted = false;
  readonly #isLoopback: boolean;
  #lastArrivalNs = -Infinity;
  #unconsumedBytes = 0;
  #unacknowledgedBytes = 0;
  /** Infinity while nothing is held; a field that was null first would cost all code that knows it its optimization. */
  #stalledSinceNs = Infinity;

  constructor(
    network: SimulatedNetwork,
    details: { host: Host; executor: Executor; remote: Address; handlers: LinkHandlers | null },
  ) {
    this.#network = network;
    this.host = details.host;
    this.#executor = details.executor;
    this.remote = details.remote;
    this.#handlers = details.handlers;
    this.#isLoopback = this.host.name === this.remote.host;
    this.host.links.add(this);
  }

  get bufferedBytes(): number {
    return Math.max(0, this.#unconsumedBytes - receiveWindowBytes);
  }

  /** Where the connection leads: the port that was dialled, for both ends; null before they are joined. */
  get dialledPort(): number | null {
    return this.#isAccepted ? (this.#peer?.remote.port ?? null) : this.remote.port;
  }

  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  write(bytes: Buffer): void {
    if (this.#state === 'closed' || bytes.length === 0) return;
    this.#unconsumedBytes += bytes.length;
    this.#transmit(bytes);
  }

  writeAll(chunks: readonly Buffer[]): void {
    const [only] = chunks;
    this.write(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
  }

  pause(): void {
    this.#isFlowing = false;
  }

  resume(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    this.#scheduleReading();
  }

  /** The kernel sends what is buffered before it closes, so this and `destroy` look alike from outside. */
  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    this.#leave();
    this.#transmitClose();
  }

  /** The host lost power: no farewell, and nothing that was buffered leaves any more. */
  vanish(): void {
    this.#leave();
    this.#outbound.clear();
    this.#stopTransmission();
  }

  /** The connection is torn down under both ends, as by a middlebox that sends resets. */
  reset(): void {
    this.#peer?.fail('connection reset');
    this.fail('connection reset');
  }

  /** This end ends without a word to the other: a dial that failed, or a reset. */
  fail(reason: string): void {
    if (this.#state === 'closed') return;
    const handlers = this.#handlers;
    this.vanish();
    this.#isCloseSent = true;
    this.#executor.run(() => handlers?.closed(this, reason));
  }

  /** Joins two ends; the dialling side learns of it through `open`. */
  accept(peer: SimulatedLink, acceptHandlers: (link: Link) => LinkHandlers): void {
    this.#peer = peer;
    this.#isAccepted = true;
    peer.#peer = this;
    this.#state = 'open';
    this.#executor.run(() => {
      if (this.#state === 'open') this.#handlers = acceptHandlers(this);
    });
  }

  /** The dial succeeded: tells the process, then sends what it wrote in the meantime. */
  open(): void {
    if (this.#state !== 'dialling') return;
    this.#state = 'open';
    this.#executor.run(() => {
      if (this.#state === 'open') this.#handlers?.opened?.(this);
    });
    // The answer to the dial may have been overtaken by the first bytes.
    this.#scheduleReading();
    this.#scheduleArrival();
  }

  /** A cut was healed: what is held goes out when its next retransmission falls due. */
  retransmit(): void {
    if (!this.#isStalled || this.#arrival.isPending) return;
    const { nowNs } = this.#network.scheduler;
    let dueNs = this.#stalledSinceNs;
    let timeoutNs = firstRetransmissionNs;
    while (dueNs <= nowNs) {
      dueNs += timeoutNs;
      timeoutNs = Math.min(2 * timeoutNs, retransmissionLimitNs);
    }
    this.#network.scheduler.scheduleAt(this.#arrival, dueNs);
  }

  /** A stall ended: what it held goes on at once, unless something else holds it. */
  release(): void {
    if (!this.#isStalled || this.#arrival.isPending) return;
    this.#network.scheduler.scheduleAfter(this.#arrival, 1);
  }

  #transmit(bytes: Buffer | null): void {
    const { scheduler, messages: log } = this.#network;
    const { nowNs } = scheduler;
    const arriveNs = Math.max(this.#lastArrivalNs, nowNs + this.#drawDelayNs());
    this.#lastArrivalNs = arriveNs;
    const messages = log === null || bytes === null ? null : log.sent(this, bytes, nowNs);
    this.#outbound.push(bytes, arriveNs, messages);
    this.#scheduleArrival();
  }

  #transmitClose(): void {
    if (this.#isCloseSent || this.#peer === null) return;
    this.#isCloseSent = true;
    this.#transmit(null);
  }

  #drawDelayNs(): number {
    return this.#isLoopback ? loopbackDelayNs : this.#network.drawDelayNs(this.host, this.remote);
  }

  #scheduleArrival(): void {
    if (this.#arrival.isPending || this.#isStalled) return;
    if (this.#outbound.isEmpty || this.#peer === null || this.#state === 'dialling') return;
    const { scheduler } = this.#network;
    scheduler.scheduleAt(this.#arrival, Math.max(this.#outbound.first.arriveNs, scheduler.nowNs + 1));
  }

  /** What is due arrives at the other host, unless a cut holds it. */
  #arrive(): void {
    const peer = this.#peer;
    if (peer === null) return;
    const network = this.#network;
    const isHeld = network.isHeld(this.host, peer.host);
    const isReturnCut = network.isCut(peer.host, this.host);
    if (!isReturnCut) this.#unacknowledgedBytes = 0;
    const { nowNs } = network.scheduler;
    for (;;) {
      const { bytes, arriveNs, messages } = this.#outbound.first;
      if (arriveNs > nowNs) break;
      if (isHeld || (isReturnCut && this.#isWindowFull())) {
        this.#stall();
        return peer.#scheduleReading();
      }
      if (this.#isStalled) this.#endStall();
      this.#outbound.dropFirst();
      if (isReturnCut) this.#unacknowledgedBytes += bytes?.length ?? 0;
      if (messages !== null && peer.#state !== 'closed') network.messages?.arrived(messages, nowNs);
      peer.#receive(bytes);
    }
    peer.#scheduleReading();
    this.#scheduleArrival();
  }

  get #isStalled(): boolean {
    return this.#stalledSinceNs !== Infinity;
  }

  #isWindowFull(): boolean {
    return this.#unacknowledgedBytes >= congestionWindowBytes;
  }

  #stall(): void {
    if (!this.#isStalled) this.#stalledSinceNs = this.#network.scheduler.nowNs;
    this.#network.stalledLinks.add(this);
  }

  #endStall(): void {
    this.#stalledSinceNs = Infinity;
    this.#network.stalledLinks.delete(this);
  }

  #stopTransmission(): void {
    this.#network.scheduler.cancel(this.#arrival);
    this.#endStall();
  }

  #receive(bytes: Buffer | null): void {
    this.#network.hash.mix(this.host.number);
    if (bytes !== null) this.#network.hash.mixBytes(bytes);
    if (this.#state === 'closed') {
      // Nobody is there any more. Whoever still sends is told so, as by a kernel that knows no such connection.
      if (bytes !== null) this.#transmitClose();
      return;
    }
    this.#inbound.push(bytes);
  }

  /** One piece of work is enough for all that arrives before the process comes to it. */
  #scheduleReading(): void {
    if (this.#isReadingScheduled || !this.#isFlowing || this.#inbound.length === 0) return;
    this.#isReadingScheduled = true;
    this.#executor.run(this.#consume);
  }

  readonly #consume = (): void => {
    this.#isReadingScheduled = false;
    if (!this.#isFlowing || this.#state !== 'open') return;
    const bytes = this.#read();
    if (bytes === undefined) return;
    const handlers = this.#handlers;
    if (bytes === null) {
      this.vanish();
      this.#isCloseSent = true;
      handlers?.closed(this, 'the other side closed the connection');
      return;
    }
    if (this.#peer !== null) this.#peer.#consumed(bytes.length);
    handlers?.data(this, bytes);
    // There is more, or the end: that is another read.
    this.#scheduleReading();
  };

  /** What is there, as one read of a stream: whoever counts on the borders of the writes is wrong. */
  #read(): Buffer | null | undefined {
    const inbound = this.#inbound;
    const first = inbound.shift();
    if (!first || !inbound.at(0)) return first;
    const chunks = [first];
    let byteCount = first.length;
    for (;;) {
      const next = inbound.at(0);
      if (!next || byteCount + next.length > readBytes) break;
      chunks.push(next);
      byteCount += next.length;
      inbound.shift();
    }
    return chunks.length === 1 ? first : Buffer.concat(chunks, byteCount);
  }

  /** The other end's process has taken bytes; its kernel tells so after a delay. */
  #consumed(byteCount: number): void {
    const wasFull = this.bufferedBytes > 0;
    this.#unconsumedBytes -= byteCount;
    const peer = this.#peer;
    if (!wasFull || this.bufferedBytes > 0 || peer === null || this.#handlers?.drained === undefined) return;
    const { scheduler } = this.#network;
    scheduler.after(peer.#drawDelayNs(), () => {
      this.#executor.run(() => {
        if (this.#state === 'open') this.#handlers?.drained?.(this);
      });
    });
  }

  #leave(): void {
    this.#state = 'closed';
    this.#handlers = null;
    this.#inbound.clear();
    this.host.links.delete(this);
  }
}
