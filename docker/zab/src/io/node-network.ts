// The Network port on Node's TCP sockets. Writes to a socket within one turn of the event loop leave as one,
// behind the callbacks of that turn.

import assert from 'node:assert/strict';
import { createServer, connect, type Socket } from 'node:net';
import type {
  Address,
  DialAddress,
  Link,
  LinkHandlers,
  ListenAddress,
  Listener,
  Network,
  TlsKeys,
} from '../server/ports.ts';
import { SendBuffer } from './send-buffer.ts';
import type { NodeTls } from './tls/node-tls.ts';
import type { TlsSide } from './tls/tls-side.ts';

/** What a closed connection may still take to send its last bytes. */
const lingerMs = 5_000;

const plainOnly: NodeTls = { client: null, quorum: null };

export function createNodeNetwork(tls: NodeTls = plainOnly): Network {
  const sideOf = (keys: TlsKeys): TlsSide => {
    const side = tls[keys];
    assert(side !== null, `TLS with the keys for ${keys} was opened before it is used`);
    return side;
  };
  return {
    listen: (address, accept, failed) => listen({ address, accept, failed, sideOf }),
    dial: (address, timeoutMs, handlers) => dial({ address, timeoutMs, handlers, sideOf }),
  };
}

interface ListenOptions {
  readonly address: ListenAddress;
  readonly accept: (link: Link) => LinkHandlers;
  readonly failed: (reason: string) => void;
  readonly sideOf: (keys: TlsKeys) => TlsSide;
}

function listen({ address, accept, failed, sideOf }: ListenOptions): Listener {
  const admit = (socket: Socket, subject: string | null = null): void => {
    const link = new NodeLink(socket, addressOf(socket), subject);
    link.attach(accept(link));
  };
  const acceptor = address.tls && sideOf(address.tls.keys).acceptor(admit, address.tls);
  const server = createServer({ noDelay: true, keepAlive: true }, acceptor?.accept ?? admit);
  server.on('error', (error) => failed(error.message));
  server.listen({ host: address.host, port: address.port, backlog: address.backlog ?? 511 });
  return {
    get port() {
      const bound = server.address();
      return bound !== null && typeof bound === 'object' ? bound.port : address.port;
    },
    close: () => {
      server.close();
      acceptor?.close();
    },
  };
}

interface DialOptions {
  readonly address: DialAddress;
  readonly timeoutMs: number;
  readonly handlers: LinkHandlers;
  readonly sideOf: (keys: TlsKeys) => TlsSide;
}

function dial({ address, timeoutMs, handlers, sideOf }: DialOptions): Link {
  const { host, port } = address;
  const isPlain = address.tls === undefined;
  const socket = isPlain
    ? connect({ host, port, noDelay: true, keepAlive: true })
    : sideOf(address.tls).dial(address);
  const link = new NodeLink(socket, address);
  const patience = setTimeout(() => {
    link.fail(`no answer from ${host}:${port} within ${timeoutMs} ms`);
  }, timeoutMs);
  socket.once(isPlain ? 'connect' : 'secureConnect', () => {
    clearTimeout(patience);
    handlers.opened?.(link);
  });
  socket.once('close', () => clearTimeout(patience));
  link.attach(handlers);
  return link;
}

function addressOf(socket: Socket): Address {
  return { host: socket.remoteAddress ?? 'unknown', port: socket.remotePort ?? 0 };
}

class NodeLink implements Link {
  readonly remote: Address;
  readonly peerSubject: string | null;
  readonly #socket: Socket;
  #reason = 'closed by the other side';
  /** This side is done with the link: whatever still arrives is nobody's. */
  #isReleased = false;
  readonly #outgoing = new SendBuffer();
  #isFlushDue = false;

  constructor(socket: Socket, remote: Address, peerSubject: string | null = null) {
    this.#socket = socket;
    this.peerSubject = peerSubject;
    this.remote = remote;
  }

  attach(handlers: LinkHandlers): void {
    const socket = this.#socket;
    socket.on('data', (bytes: Buffer) => {
      if (!this.#isReleased) handlers.data(this, bytes);
    });
    socket.on('drain', () => {
      if (!this.#isReleased) handlers.drained?.(this);
    });
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('close', () => {
      // A link that its owner destroyed has already ended for that owner.
      const isReleased = this.#isReleased;
      this.#isReleased = true;
      this.#outgoing.clear();
      if (!isReleased) handlers.closed(this, this.#reason);
    });
  }

  get bufferedBytes(): number {
    return this.#outgoing.byteCount + this.#socket.writableLength;
  }

  write(bytes: Buffer): void {
    if (this.#isReleased || !this.#socket.writable) return;
    this.#outgoing.add(bytes);
    this.#flushSoon();
  }

  writeAll(chunks: readonly Buffer[]): void {
    if (this.#isReleased || !this.#socket.writable) return;
    for (const chunk of chunks) this.#outgoing.add(chunk);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const socket = this.#socket;
    if (!socket.writable) return this.#outgoing.clear();
    socket.cork();
    this.#outgoing.flush((bytes, gone) => void socket.write(bytes, gone));
    socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const socket = this.#socket;
    if (socket.connecting) return void socket.destroy();
    this.#flush();
    socket.end();
    // Bytes that arrive late must not keep the connection, nor may a peer that has gone silent.
    socket.resume();
    const patience = setTimeout(() => socket.destroy(), lingerMs);
    patience.unref();
    socket.once('close', () => clearTimeout(patience));
  }

  destroy(): void {
    this.#isReleased = true;
    this.#socket.destroy();
  }

  fail(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
  }
}
