// The client port: takes connections, tells four-letter words from clients, cuts the bytes into frames, and
// drops whoever exceeds a limit. The port is bound from the start; as long as this server does not serve,
// clients are turned away and only four-letter words are answered.

import { FrameError } from '../../../../harness/wire/frame.ts';
import { ClientConnection } from './client-connection.ts';
import type { ZooConfig } from './config.ts';
import { wordOf, type FourLetterWord } from './four-letter-words.ts';
import type { Counter, Metrics } from './operators/metrics.ts';
import type { Clock, Link, LinkHandlers, ListenAddress, Listener, LogSink, Network } from './ports.ts';

/** Everything that comes from the network happens in a turn, between the two. */
export interface Turns {
  /** False: nothing may happen any more. */
  begin(): boolean;
  end(): void;
}

export interface ClientListenerOptions {
  readonly config: ZooConfig;
  readonly clock: Clock;
  readonly network: Network;
  readonly log: LogSink;
  readonly metrics: Metrics;
  readonly turns: Turns;
  readonly word: (connection: ClientConnection, word: FourLetterWord) => void;
  readonly frame: (connection: ClientConnection, body: Buffer) => void;
  /** A client that was behind has taken everything that was sent to it. */
  readonly drained: (connection: ClientConnection) => void;
  readonly closed: (connection: ClientConnection) => void;
  readonly bindFailed: (reason: string) => void;
}

const wordBytes = 4;

export class ClientListener {
  readonly #options: ClientListenerOptions;
  readonly #connections = new Set<ClientConnection>();
  readonly #countByAddress = new Map<string, number>();
  /** Connections without a session and when their time is up, the earliest first. */
  readonly #sessionless = new Map<ClientConnection, number>();
  #dirty: ClientConnection[] = [];
  /** The plain port first, where there are two. */
  readonly #listeners = new Map<string, Listener>();
  readonly #bytesReceived: Counter;

  constructor(options: ClientListenerOptions) {
    this.#options = options;
    this.#bytesReceived = options.metrics.counters.bytes_received_count;
  }

  get connections(): readonly ClientConnection[] {
    return [...this.#connections];
  }

  /** The port in use, the plain one where there are two; null before `start`. */
  get port(): number | null {
    for (const { port } of this.#listeners.values()) return port;
    return null;
  }

  /** Binds the ports that are new and gives up those that are not named any more; connections stay. */
  listenOn(addresses: readonly ListenAddress[]): void {
    const names = new Set(addresses.map(nameOf));
    for (const [name, listener] of this.#listeners) {
      if (names.has(name)) continue;
      this.#listeners.delete(name);
      listener.close();
    }
    for (const address of addresses) if (!this.#listeners.has(nameOf(address))) this.#listen(address);
  }

  #listen(address: ListenAddress): void {
    const { config, network, bindFailed } = this.#options;
    const backlog = config.listenBacklog === -1 ? {} : { backlog: config.listenBacklog };
    const listener = network.listen(
      { ...address, ...backlog },
      (link) => this.#accept(link),
      (reason) => bindFailed(`cannot listen for clients on ${address.host}:${address.port}: ${reason}`),
    );
    this.#listeners.set(nameOf(address), listener);
  }

  /** When the next connection without a session is to be dropped. */
  get deadlineMs(): number {
    if (this.#sessionless.size === 0) return Infinity;
    for (const deadlineMs of this.#sessionless.values()) return deadlineMs;
    return Infinity;
  }

  dropSessionless(nowMs: number): void {
    for (const [connection, deadlineMs] of this.#sessionless) {
      if (deadlineMs > nowMs) return;
      this.#options.metrics.counters.sessionless_connections_expired.add();
      connection.destroy();
    }
  }

  attached(connection: ClientConnection): void {
    this.#sessionless.delete(connection);
  }

  /** Ends a turn: one write per connection. */
  flush(): void {
    const dirty = this.#dirty;
    if (dirty.length === 0) return;
    this.#dirty = [];
    for (const connection of dirty) connection.flush();
  }

  /** Serving ended. */
  closeConnections(): void {
    for (const connection of this.#connections) connection.end();
  }

  stop(): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.closeConnections();
  }

  #accept(link: Link): LinkHandlers {
    const { config, clock, log } = this.#options;
    const connection = new ClientConnection(link, {
      maxFrameBytes: config.maxFrameBytes,
      nowMs: clock.nowMs(),
      x509SuperUser: config.x509SuperUser,
      becameDirty: (dirty) => void this.#dirty.push(dirty),
      closed: (gone) => this.#closed(gone),
    });
    const { address } = connection;
    const count = (this.#countByAddress.get(address) ?? 0) + 1;
    this.#countByAddress.set(address, count);
    this.#connections.add(connection);
    this.#sessionless.set(connection, clock.nowMs() + config.sessionlessTimeoutMs);
    if (config.maxConnections > 0 && this.#connections.size > config.maxConnections) {
      log('warn', `connection of ${address} refused: ${config.maxConnections} are there already (maxCnxns)`);
      this.#options.metrics.counters.connection_rejected.add();
      connection.destroy();
    } else if (config.maxClientConnections > 0 && count > config.maxClientConnections) {
      log(
        'warn',
        `connection of ${address} refused: it has ${config.maxClientConnections} already (maxClientCnxns)`,
      );
      this.#options.metrics.counters.connection_rejected.add();
      connection.destroy();
    }
    // The turn arms the timer for the connection's time without a session.
    this.#turn(() => {});
    return {
      data: (_, bytes) => this.#receive(connection, bytes),
      drained: () => this.#turn(() => this.#options.drained(connection)),
      closed: () => this.#turn(() => connection.closed()),
    };
  }

  #turn(work: () => void): void {
    const { turns } = this.#options;
    if (!turns.begin()) return;
    work();
    turns.end();
  }

  /** What comes so often that it gets its turn without a function of its own. */
  #receive(connection: ClientConnection, bytes: Buffer): void {
    const { turns } = this.#options;
    if (!turns.begin()) return;
    this.#take(connection, bytes);
    turns.end();
  }

  #take(connection: ClientConnection, bytes: Buffer): void {
    if (!connection.isOpen) return;
    this.#bytesReceived.value += bytes.length;
    const chunk = connection.hasGreeted ? bytes : this.#greet(connection, bytes);
    if (chunk === null) return;
    try {
      this.#deliver(connection, connection.decoder.push(chunk));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#deliver(connection, error.frames);
      this.#options.log('warn', `connection of ${connection.address} dropped: ${error.message}`);
      connection.destroy();
    }
  }

  #deliver(connection: ClientConnection, frames: readonly Buffer[]): void {
    for (const body of frames) {
      if (!connection.isOpen) return;
      this.#options.frame(connection, body);
    }
  }

  /** The bytes to look for frames in, once it is clear that they are no four-letter word. */
  #greet(connection: ClientConnection, bytes: Buffer): Buffer | null {
    const greeting = connection.greeting.length === 0 ? bytes : Buffer.concat([connection.greeting, bytes]);
    if (greeting.length < wordBytes) {
      connection.greeting = greeting;
      return null;
    }
    const word = wordOf(greeting);
    if (word === 'incomplete') {
      connection.greeting = greeting;
      return null;
    }
    connection.hasGreeted = true;
    connection.greeting = Buffer.alloc(0);
    if (word === null) return greeting;
    this.#options.word(connection, word);
    return null;
  }

  #closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#sessionless.delete(connection);
    const { address } = connection;
    const count = (this.#countByAddress.get(address) ?? 1) - 1;
    if (count === 0) this.#countByAddress.delete(address);
    else this.#countByAddress.set(address, count);
    this.#options.closed(connection);
  }
}

function nameOf({ host, port }: ListenAddress): string {
  return `${host}:${port}`;
}
