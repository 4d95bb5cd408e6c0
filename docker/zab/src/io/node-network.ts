// The Network port on Node's TCP sockets. Writes to a socket within one turn of the event loop leave as one,
// behind the callbacks of that turn.

import { createServer, connect, type Socket } from 'node:net';
import type { Address, Link, LinkHandlers, ListenAddress, Listener, Network } from '../server/ports.ts';
import { SendBuffer } from './send-buffer.ts';

/** What a closed connection may still take to send its last bytes. */
const lingerMs = 5_000;

export function createNodeNetwork(): Network {
  return { listen, dial };
}

function listen(
  address: ListenAddress,
  accept: (link: Link) => LinkHandlers,
  failed: (reason: string) => void,
): Listener {
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const link = new NodeLink(socket, addressOf(socket));
    link.attach(accept(link));
  });
  server.on('error', (error) => failed(error.message));
  server.listen({ host: address.host, port: address.port, backlog: address.backlog ?? 511 });
  return {
    get port() {
      const bound = server.address();
      return bound !== null && typeof bound === 'object' ? bound.port : address.port;
    },
    close: () => void server.close(),
  };
}

function dial(address: Address, timeoutMs: number, handlers: LinkHandlers): Link {
  const socket = connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true });
  const link = new NodeLink(socket, address);
  const patience = setTimeout(() => {
    link.fail(`no answer from ${address.host}:${address.port} within ${timeoutMs} ms`);
  }, timeoutMs);
  socket.once('connect', () => {
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
  readonly #socket: Socket;
  #reason = 'closed by the other side';
  /** This side is done with the link: whatever still arrives is nobody's. */
  #isReleased = false;
  readonly #outgoing = new SendBuffer();
  #isFlushDue = false;

  constructor(socket: Socket, remote: Address) {
    this.#socket = socket;
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
