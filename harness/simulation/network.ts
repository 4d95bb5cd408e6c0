// The simulated network: hosts, listeners, dials, and cuts between servers. A cut is directed and works on
// what arrives, so bytes that were under way when it began are held as well.

import type {
  Address,
  Link,
  LinkHandlers,
  ListenAddress,
  Listener,
  Network,
} from '../../docker/zab/src/server/ports.ts';
import type { Random } from '../random/random.ts';
import type { Executor } from './executor.ts';
import { loopbackDelayNs, SimulatedLink } from './link.ts';
import { nsPerMs } from './scheduler.ts';
import type { ScheduledEvent, Scheduler } from './scheduler.ts';
import type { MessageLog } from './message-log.ts';
import type { TraceHash } from './trace-hash.ts';

const noTls = 'the simulated network has no TLS; leave the ssl keys out of this configuration';
const firstDialRetryNs = 1000 * nsPerMs;
const ephemeralPortStart = 32_768;

/** Directed: traffic from server `from` to server `to` does not arrive. */
export interface NetworkCut {
  readonly from: number;
  readonly to: number;
}

interface Accepting {
  readonly executor: Executor;
  readonly accept: (link: Link) => LinkHandlers;
}

/** A machine. Servers have their sid as number; clients' machines have negative numbers. */
export class Host {
  readonly name: string;
  readonly number: number;
  readonly links = new Set<SimulatedLink>();
  readonly listeners = new Map<number, Accepting>();
  nextPort = ephemeralPortStart;

  constructor(name: string, number: number) {
    this.name = name;
    this.number = number;
  }
}

export class SimulatedNetwork {
  readonly scheduler: Scheduler;
  readonly hash: TraceHash;
  /** Null: nobody wants to see the messages. */
  readonly messages: MessageLog | null;
  /** Links that hold bytes back because of a cut, in the order in which they stalled. */
  readonly stalledLinks = new Set<SimulatedLink>();
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  #cuts = new Set<number>();
  /** By the same keys. */
  readonly #delaysNs = new Map<number, number>();
  #stalls = new Set<number>();

  constructor(options: { scheduler: Scheduler; random: Random; hash: TraceHash; messages?: MessageLog }) {
    this.scheduler = options.scheduler;
    this.#random = options.random;
    this.hash = options.hash;
    this.messages = options.messages ?? null;
  }

  addHost(name: string, number: number): Host {
    const host = new Host(name, number);
    this.#hosts.set(name, host);
    return host;
  }

  /** Replaces all cuts. What the old ones held back is sent again after a while. */
  setCuts(cuts: readonly NetworkCut[]): void {
    this.#cuts = new Set(cuts.map(({ from, to }) => cutKey(from, to)));
    for (const key of this.#cuts) this.hash.mix(key);
    for (const link of this.stalledLinks) link.retransmit();
  }

  /** Replaces all conditions. What was stalled goes on at once. */
  setConditions(
    conditions: readonly {
      readonly from: number;
      readonly to: number;
      readonly delayMs?: number;
      readonly stalled?: boolean;
    }[],
  ): void {
    this.#delaysNs.clear();
    this.#stalls.clear();
    for (const { from, to, delayMs = 0, stalled = false } of conditions) {
      const key = cutKey(from, to);
      this.hash.mix(key);
      if (delayMs > 0) this.#delaysNs.set(key, delayMs * nsPerMs);
      if (stalled) this.#stalls.add(key);
    }
    for (const link of this.stalledLinks) link.release();
  }

  /** Bytes do not arrive now, because of a cut or a stall. */
  isHeld(from: Host, to: Host): boolean {
    return (
      this.isCut(from, to) || (this.#stalls.size > 0 && this.#stalls.has(cutKey(from.number, to.number)))
    );
  }

  isCut(from: Host, to: Host): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(cutKey(from.number, to.number));
  }

  /** Tears down every connection between two hosts, as a middlebox that forgot them would; says how many. */
  reset(one: Host, other: Host): number {
    const links = [
      ...[...one.links].filter(({ remote }) => remote.host === other.name),
      ...[...other.links].filter(({ remote }) => remote.host === one.name),
    ];
    for (const link of links) link.reset();
    // Each connection has two ends.
    return Math.ceil(links.length / 2);
  }

  /** Sends one datagram and tells whether it arrived. */
  probe(from: Host, to: Host, done: (isReached: boolean) => void): void {
    const delayNs = this.drawDelayNs(from, { host: to.name, port: 0 });
    this.scheduler.after(delayNs, () => done(!this.isHeld(from, to)));
  }

  /** Mostly 0.1 to 2 ms; one message in two hundred takes up to 20 ms longer. */
  drawDelayNs(from: Host, to: Address): number {
    if (from.name === to.host) return loopbackDelayNs;
    const draw = this.#random.float();
    const delayNs = (0.1 + 1.9 * draw) * nsPerMs + this.#conditionNs(from, to);
    // The same draw decides on the tail, since this is called for every message.
    return Math.floor(draw < 0.995 ? delayNs : delayNs + (draw - 0.995) * 4000 * nsPerMs);
  }

  #conditionNs(from: Host, to: Address): number {
    if (this.#delaysNs.size === 0) return 0;
    const host = this.#hosts.get(to.host);
    return host === undefined ? 0 : (this.#delaysNs.get(cutKey(from.number, host.number)) ?? 0);
  }

  /** The process of a host is gone; its kernel closes what it had open. */
  closeAll(host: Host): void {
    host.listeners.clear();
    for (const link of host.links) link.destroy();
  }

  /** The host lost power: its connections end without a word. */
  vanishAll(host: Host): void {
    host.listeners.clear();
    for (const link of host.links) link.vanish();
  }

  /** The network as one process incarnation on `host` sees it. */
  portFor(host: Host, executor: Executor): Network {
    return {
      listen: (address, accept, failed) => this.#listen(host, { executor, address, accept, failed }),
      dial: (address, timeoutMs, handlers) => this.dial(host, { executor, address, timeoutMs, handlers }),
    };
  }

  dial(
    from: Host,
    options: {
      executor: Executor;
      address: Address;
      timeoutMs: number;
      handlers: LinkHandlers;
    },
  ): SimulatedLink {
    const { executor, handlers } = options;
    const link = new SimulatedLink(this, { host: from, executor, remote: options.address, handlers });
    const to = this.#resolve(from, options.address.host);
    new Dial(this, { link, from, to, port: options.address.port, timeoutMs: options.timeoutMs }).start();
    return link;
  }

  #resolve(from: Host, name: string): Host | null {
    return name === 'localhost' || name === '127.0.0.1' ? from : (this.#hosts.get(name) ?? null);
  }

  #listen(
    host: Host,
    options: {
      executor: Executor;
      address: ListenAddress;
      accept: (link: Link) => LinkHandlers;
      failed: (reason: string) => void;
    },
  ): Listener {
    const { executor, accept, failed } = options;
    if (options.address.tls !== undefined) {
      executor.run(() => failed(noTls));
      return { port: options.address.port, close: () => {} };
    }
    const port = options.address.port === 0 ? host.nextPort++ : options.address.port;
    if (host.listeners.has(port)) {
      executor.run(() => failed(`port ${port} of ${host.name} is in use`));
      return { port, close: () => {} };
    }
    const accepting = { executor, accept };
    host.listeners.set(port, accepting);
    return {
      port,
      close: () => {
        if (host.listeners.get(port) === accepting) host.listeners.delete(port);
      },
    };
  }
}

/** Server ids are positive, so no pair with a client's host in it meets the key of a cut. */
function cutKey(from: number, to: number): number {
  return from * 1_000_000 + to;
}

/** One attempt to connect: a SYN, repeated while a cut swallows it or its answer, until the time-out. */
class Dial {
  readonly #network: SimulatedNetwork;
  readonly #link: SimulatedLink;
  readonly #from: Host;
  readonly #to: Host | null;
  readonly #port: number;
  readonly #timeoutMs: number;
  #timeout: ScheduledEvent | null = null;
  #retryNs = firstDialRetryNs;

  constructor(
    network: SimulatedNetwork,
    options: { link: SimulatedLink; from: Host; to: Host | null; port: number; timeoutMs: number },
  ) {
    this.#network = network;
    this.#link = options.link;
    this.#from = options.from;
    this.#to = options.to;
    this.#port = options.port;
    this.#timeoutMs = options.timeoutMs;
  }

  start(): void {
    const { scheduler } = this.#network;
    this.#timeout = scheduler.after(this.#timeoutMs * nsPerMs, () => {
      this.#link.fail(`no connection within ${this.#timeoutMs} ms`);
    });
    this.#sendSyn();
  }

  #sendSyn(): void {
    const { scheduler } = this.#network;
    const delayNs = this.#network.drawDelayNs(this.#from, this.#link.remote);
    scheduler.after(delayNs, () => this.#arrive());
  }

  #arrive(): void {
    if (this.#link.isClosed) return this.#finish();
    if (this.#to === null) return this.#refuse(`no host is named ${this.#link.remote.host}`);
    if (this.#network.isHeld(this.#from, this.#to) || this.#network.isHeld(this.#to, this.#from)) {
      this.#network.scheduler.after(this.#retryNs, () => this.#sendSyn());
      this.#retryNs *= 2;
      return;
    }
    const accepting = this.#to.listeners.get(this.#port);
    if (accepting === undefined) return this.#refuse('connection refused');
    this.#accept(this.#to, accepting);
  }

  #accept(to: Host, accepting: Accepting): void {
    const remote = { host: this.#from.name, port: this.#from.nextPort++ };
    const { executor, accept } = accepting;
    const accepted = new SimulatedLink(this.#network, { host: to, executor, remote, handlers: null });
    accepted.accept(this.#link, accept);
    this.#finish();
    this.#answer(to, () => this.#link.open());
  }

  #refuse(reason: string): void {
    this.#finish();
    this.#answer(this.#to ?? this.#from, () => this.#link.fail(reason));
  }

  #answer(to: Host, run: () => void): void {
    const { scheduler } = this.#network;
    scheduler.after(this.#network.drawDelayNs(to, { host: this.#from.name, port: 0 }), run);
  }

  #finish(): void {
    if (this.#timeout !== null) this.#network.scheduler.cancel(this.#timeout);
    this.#timeout = null;
  }
}
