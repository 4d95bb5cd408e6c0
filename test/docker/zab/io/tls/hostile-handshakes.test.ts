// Whatever is thrown at a TLS port: it is dropped, the process lives, and the next caller is served. At a
// failure the seed is printed; FUZZ_SEED repeats it and FUZZ_COUNT prolongs it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, it } from 'mocha';
import { createNodeNetwork } from '../../../../../docker/zab/src/io/node-network.ts';
import { TlsSide } from '../../../../../docker/zab/src/io/tls/tls-side.ts';
import { Random } from '../../../../../harness/random/random.ts';
import { endpoint, fixture } from './fixtures.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const count = Number(process.env['FUZZ_COUNT'] ?? 300);
const atOnce = 20;
const cutOffMs = 20;
const pem = (name: string): string => readFileSync(fixture(name), 'utf8');

describe('a TLS port under hostile callers', function () {
  this.timeout(20_000 + 50 * count);
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  for (const takesPlain of [false, true]) {
    it(`goes on serving${takesPlain ? ', with plain connections on the same port' : ''}`, async () => {
      const random = new Random(seed);
      const log: string[] = [];
      const side = new TlsSide({
        endpoint: endpoint(),
        file: 'zoo.cfg',
        log: (_, message) => void log.push(message),
        verifiesCallerName: false,
        reloads: false,
      });
      const port = await listen(side, takesPlain);
      const hello = await clientHello();

      for (let done = 0; done < count; done += atOnce) {
        await Promise.all(
          Array.from({ length: atOnce }, () => attack(port, mutate(hello, random), random.float())),
        );
      }

      assert.equal(await serve(port), 'olleh', `seed ${seed}`);
      assert(
        log.every((line) => /^TLS connection of 127\.0\.0\.1:\d+ refused \(ssl\.\*\): [\w ]+$/.test(line)),
        `seed ${seed}: ${log.join('\n')}`,
      );
    });
  }

  async function listen(side: TlsSide, takesPlain: boolean): Promise<number> {
    const network = createNodeNetwork({ client: side, quorum: null });
    const listener = network.listen(
      { host: '127.0.0.1', port: 0, tls: { keys: 'client', takesPlain } },
      (link) => ({
        data: (_, bytes) => link.write(Buffer.from(bytes).reverse()),
        closed: () => {},
      }),
      (reason) => assert.fail(reason),
    );
    closers.push(() => listener.close());
    while (listener.port === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return listener.port;
  }

  /** What a well-behaved client sends first. */
  async function clientHello(): Promise<Buffer> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    assert(address !== null && typeof address === 'object');
    const heard = new Promise<Buffer>((resolve) => {
      server.once('connection', (socket: Socket) => {
        socket.once('data', (bytes: Buffer) => {
          socket.destroy();
          resolve(bytes);
        });
      });
    });
    connectTls({ host: '127.0.0.1', port: address.port }).on('error', () => {});
    const hello = await heard;
    server.close();
    return hello;
  }

  /** Flipped, cut, repeated, with another length, or nothing but noise behind a plausible first byte. */
  function mutate(hello: Buffer, random: Random): Buffer {
    const bytes = Buffer.from(hello);
    const at = random.below(bytes.length);
    switch (random.below(5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        return bytes;
      case 1:
        return bytes.subarray(0, at);
      case 2:
        return Buffer.concat([bytes.subarray(0, at), bytes]);
      case 3:
        bytes.writeUInt16BE(random.below(0x1_0000), Math.min(at, bytes.length - 2));
        return bytes;
      default:
        return Buffer.from(
          Array.from({ length: 64 }, (_, index) => (index === 0 ? 0x16 : random.below(256))),
        );
    }
  }

  /** Sends it, then hangs up in one of three ways. */
  function attack(port: number, bytes: Buffer, manner: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        socket.write(bytes);
        if (manner < 0.3) socket.resetAndDestroy();
        else if (manner < 0.6) socket.end();
        else setTimeout(() => socket.destroy(), cutOffMs);
      });
      socket.on('error', () => {});
      socket.on('data', () => {});
      socket.once('close', () => resolve());
    });
  }

  function serve(port: number): Promise<string> {
    const identity = pem('client.pem');
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ca: pem('authority.pem'),
        key: identity,
        cert: identity,
      });
      closers.push(() => socket.destroy());
      socket.once('secureConnect', () => socket.write('hello'));
      socket.once('data', (bytes: Buffer) => resolve(bytes.toString()));
      socket.once('error', reject);
    });
  }
});
