// Clock and network in memory for tests of the server: time moves only in `run`, bytes take one millisecond,
// and everything happens in a fixed order. A host can be cut off, with TCP's silence, or refuse connections.

import type {
  Address,
  Clock,
  Link,
  LinkHandlers,
  Listener,
  Network,
} from '../../../../docker/zab/src/server/ports.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

const latencyMs = 1;
/** What a network takes of a receiver that does not read. */
const windowBytes = 64 * 1024;

export class MemoryWorld {
  nowMs = 0;
  #order = 0;
  #events: Event[] = [];
  readonly #listeners = new Map<string, (link: Link) => LinkHandlers>();
  /** Hosts that nothing reaches and that reach nothing. */
  readonly cut = new Set<string>();
  readonly dials: string[] = [];

  after(delayMs: number, run: () => void): Event {
    const event = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run, isCancelled: false };
    this.#events.push(event);
    return event;
  }

  /** Runs everything that is due within the next `forMs`. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (;;) {
      this.#events = this.#events.filter(({ isCancelled }) => !isCancelled);
      const next = this.#events
        .filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.#events.splice(this.#events.indexOf(next), 1);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = endMs;
  }

  clock(): Clock {
    return {
      nowMs: () => this.nowMs,
      wallMs: () => 1_700_000_000_000 + this.nowMs,
      after: (delayMs, run) => {
        const event = this.after(delayMs, run);
        return { cancel: () => void (event.isCancelled = true) };
      },
    };
  }

  networkOf(host: string): Network {
    return {
      listen: (address, accept, failed) => this.#listen(address, accept, failed),
      dial: (address, timeoutMs, handlers) => this.#dial(host, address, timeoutMs, handlers),
    };
  }

  #listen(
    address: Address,
    accept: (link: Link) => LinkHandlers,
    failed: (reason: string) => void,
  ): Listener {
    const key = `${address.host}:${address.port}`;
    if (this.#listeners.has(key)) this.after(0, () => failed('address already in use'));
    else this.#listeners.set(key, accept);
    return { port: address.port, close: () => void this.#listeners.delete(key) };
  }

  #dial(from: string, to: Address, timeoutMs: number, handlers: LinkHandlers): Link {
    const key = `${to.host}:${to.port}`;
    this.dials.push(`${from}>${key}`);
    const near = new MemoryLink(this, to, { from, to: to.host });
    const far = new MemoryLink(
      this,
      { host: from, port: 50_000 + this.dials.length },
      { from: to.host, to: from },
    );
    near.other = far;
    far.other = near;
    near.handlers = handlers;
    if (this.cut.has(from) || this.cut.has(to.host)) {
      this.after(timeoutMs, () => near.closedByOther('timed out'));
      return near;
    }
    this.after(latencyMs, () => {
      const accept = this.#listeners.get(key);
      if (accept === undefined) return near.closedByOther('connection refused');
      if (near.isClosed) return;
      far.handlers = accept(far);
      this.after(latencyMs, () => {
        if (!near.isClosed) handlers.opened?.(near);
      });
    });
    return near;
  }
}

class MemoryLink implements Link {
  readonly remote: Address;
  readonly #world: MemoryWorld;
  readonly #route: { from: string; to: string };
  other: MemoryLink | null = null;
  handlers: LinkHandlers | null = null;
  isClosed = false;
  /** Written here, not yet taken there. */
  #undelivered = 0;
  #isFlowing = true;
  /** What arrived here while the flow was stopped. */
  #held: (() => void)[] = [];

  constructor(world: MemoryWorld, remote: Address, route: { from: string; to: string }) {
    this.#world = world;
    this.remote = remote;
    this.#route = route;
  }

  get bufferedBytes(): number {
    return Math.max(0, this.#undelivered - windowBytes);
  }

  writeAll(chunks: readonly Buffer[]): void {
    this.write(Buffer.concat(chunks));
  }

  write(bytes: Buffer): void {
    const copy = Buffer.from(bytes);
    this.#undelivered += copy.length;
    this.#carry((other) => {
      this.#taken(copy.length);
      other.handlers?.data(other, copy);
    });
  }

  pause(): void {
    this.#isFlowing = false;
  }

  /** What was held comes later, each piece for itself, unless the flow is stopped again. */
  resume(): void {
    this.#isFlowing = true;
    this.#world.after(0, () => {
      while (this.#isFlowing && !this.isClosed && this.#held.length > 0) this.#held.shift()?.();
    });
  }

  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#carry((other) => other.closedByOther('closed by the other side'));
  }

  destroy(): void {
    this.end();
  }

  closedByOther(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handlers?.closed(this, reason);
  }

  #taken(byteCount: number): void {
    const wasFull = this.bufferedBytes > 0;
    this.#undelivered -= byteCount;
    if (!wasFull || this.bufferedBytes > 0) return;
    this.#world.after(latencyMs, () => {
      if (!this.isClosed) this.handlers?.drained?.(this);
    });
  }

  #arrive(what: () => void): void {
    if (this.#isFlowing && this.#held.length === 0) what();
    else this.#held.push(what);
  }

  /** Bytes into a cut are lost with the connection: nobody is told. */
  #carry(arrive: (other: MemoryLink) => void): void {
    const { from, to } = this.#route;
    this.#world.after(latencyMs, () => {
      if (this.#world.cut.has(from) || this.#world.cut.has(to)) return;
      const { other } = this;
      if (other === null || other.isClosed) return;
      other.#arrive(() => {
        if (!other.isClosed) arrive(other);
      });
    });
  }
}
