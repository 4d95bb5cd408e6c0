// Client connections over real TCP. Addresses are looked up by server id at each dial, because a server of
// a test may come back on another port.

import { createConnection } from 'node:net';
import { performance } from 'node:perf_hooks';
import type {
  ClientTransport,
  TransportHandlers,
  TransportLink,
  TransportTimer,
  WaitingRoom,
} from './transport.ts';

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

const nobodyWaits: WaitingRoom = { enter: () => {}, leave: () => {}, disturb: () => {} };

export class TcpTransport implements ClientTransport {
  readonly waiting = nobodyWaits;
  readonly #addressOf: (sid: number) => SocketAddress;

  constructor(addressOf: (sid: number) => SocketAddress) {
    this.#addressOf = addressOf;
  }

  dial(server: number, handlers: TransportHandlers): TransportLink {
    const { host, port } = this.#addressOf(server);
    const socket = createConnection({ host, port, noDelay: true });
    let finished = false;
    let failure = 'the server closed the connection';
    const finish = (): boolean => {
      if (finished) return false;
      finished = true;
      return true;
    };
    socket.on('connect', () => {
      if (!finished) handlers.opened();
    });
    socket.on('data', (bytes) => {
      if (!finished) handlers.data(bytes);
    });
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('close', () => {
      if (finish()) handlers.closed(failure);
    });
    return {
      write: (bytes) => {
        if (!finished) socket.write(bytes);
      },
      destroy: () => {
        if (finish()) socket.destroy();
      },
    };
  }

  nowMs(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): TransportTimer {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }
}
