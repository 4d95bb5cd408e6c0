// A port on loopback that speaks TLS to another one on behalf of whoever connects: it lets a client that knows
// nothing of TLS use a secure port.

import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { fixture } from './fixtures.ts';

export class TlsTunnel implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `identity`: the fixture with the client's key and certificate. */
  static async open(port: number, identity: string | null, host = '127.0.0.1'): Promise<TlsTunnel> {
    const pem = identity === null ? {} : { key: read(identity), cert: read(identity) };
    const server = createServer();
    const tunnel = new TlsTunnel(server);
    server.on('connection', (near) => {
      const far = connect({
        host,
        port,
        ca: read('authority.pem'),
        checkServerIdentity: () => undefined,
        ...pem,
      });
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        tunnel.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => other.destroy());
        socket.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return tunnel;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function read(name: string): string {
  return readFileSync(fixture(name), 'utf8');
}
