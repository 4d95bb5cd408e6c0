import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createAll, Load, makeDataset, mixFrames } from '../../../harness/bench/load.ts';
import type { SocketAddress } from '../../../harness/client/tcp-transport.ts';
import { Random } from '../../../harness/random/random.ts';
import { encodeRequestFrame } from '../../../harness/wire/client-codec.ts';
import { ErrorCode } from '../../../harness/wire/constants.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { FakeServer } from '../client/fake-server.ts';

const deadlineMs = 10_000;

describe('load of the benchmark', () => {
  it('creates everything, whichever server answers', async () => {
    await using listeners = new Listeners();
    const [server, address] = await listeners.open();

    const load = await createAll([address], ['/a', '/a/1', '/a/2'].values(), Buffer.from('x'));

    assert.equal(load.histogram.count, 3);
    assert.deepEqual(
      server.requests.filter((name) => name === 'create'),
      ['create', 'create', 'create'],
    );
  });

  it('says which errors creates ended with', async () => {
    await using listeners = new Listeners();
    const [, address] = await listeners.open();

    await assert.rejects(
      createAll([address], ['/a', '/a'].values(), Buffer.from('x')),
      new RegExp(`creates were refused .*\\[\\[${ErrorCode.NODE_EXISTS},1\\]\\]`),
    );
  });

  it('goes on at the next server with the same session when its server dies', async () => {
    await using listeners = new Listeners();
    const [first, firstAddress] = await listeners.open();
    const [second, secondAddress] = await listeners.open();
    let created = 0;
    const load = new Load({
      addresses: [firstAddress, secondAddress],
      connections: 1,
      inFlight: 3,
      nextFrame: () =>
        encodeRequestFrame(0, {
          type: 'create',
          path: `/${created++}`,
          data: null,
          acl: openAcl,
          flags: 0,
        }),
    });

    load.start();
    await load.until(() => load.histogram.count > 20, deadlineMs, 'answers of the first server');
    for (const session of first.sessions) second.sessions.add(session);
    const before = load.histogram.count;
    await listeners.close(firstAddress);
    await load.until(() => load.histogram.count > before + 20, deadlineMs, 'answers of the second server');
    await load.stop();

    assert.equal(load.lostCount, 1);
    assert.deepEqual(
      second.connectRequests.map(({ sessionId }) => sessionId),
      [...first.sessions],
    );
    // Ten milliseconds pass before the next dial, in which nobody can answer.
    assert.ok(load.longestGap(0).lengthMs >= 9, `a gap of ${load.longestGap(0).lengthMs} ms`);
  });

  it('mixes reads and writes as asked', () => {
    const dataset = makeDataset(10, 100);
    const next = mixFrames(dataset, 0.1, new Random('mix'));
    const sizes = Array.from({ length: 5_000 }, () => next().length);

    const writes = sizes.filter((size) => size > 100).length;

    assert.ok(writes > 400 && writes < 600, `${writes} of 5000 are writes`);
  });
});

class Listeners implements AsyncDisposable {
  readonly #open = new Map<number, { server: Server; sockets: Set<Socket> }>();

  async open(): Promise<[FakeServer, SocketAddress]> {
    const fake = new FakeServer();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      const connection = fake.connect({
        write: (bytes) => socket.write(bytes),
        close: () => socket.destroy(),
      });
      socket.on('data', (bytes: Buffer) => connection.received(bytes));
      socket.on('error', () => {});
      socket.on('close', () => connection.closed());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    this.#open.set(port, { server, sockets });
    return [fake, { host: '127.0.0.1', port }];
  }

  async close({ port }: { readonly port: number }): Promise<void> {
    const entry = this.#open.get(port);
    if (entry === undefined) return;
    this.#open.delete(port);
    for (const socket of entry.sockets) socket.destroy();
    await new Promise((resolve) => entry.server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const port of this.#open.keys()) await this.close({ port });
  }
}
