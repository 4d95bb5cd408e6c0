// What the answer to `srvr` tells about a server, and what silence tells.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it } from 'mocha';
import { askStatus, parseSrvr } from '../../../harness/ensemble/server-status.ts';

const follower = [
  'Zookeeper version: 3.8.0',
  'Latency min/avg/max: 0/0.0/0',
  'Zxid: 0x300000007',
  'Mode: follower',
  'Node count: 5',
  '',
].join('\n');

describe('the answer to srvr', () => {
  it('tells mode and zxid', () => {
    assert.deepEqual(parseSrvr(follower), { mode: 'follower', zxid: 3 * 2 ** 32 + 7 });
  });

  it('is alive without a mode while the server looks for a leader', () => {
    const answer = parseSrvr('This ZooKeeper instance is not currently serving requests\n');

    assert.deepEqual(answer, { mode: 'none', zxid: null });
  });

  it('has no zxid while it is all f', () => {
    assert.equal(parseSrvr('Zxid: 0xffffffffffffffff\nMode: leader\n').zxid, null);
  });
});

describe('asking a server for its status', () => {
  it('takes the answer that ends with the connection', async () => {
    await withServer(
      (socket) => socket.once('data', () => socket.end(follower)),
      async (address) => {
        assert.equal((await askStatus(address, 1000))?.mode, 'follower');
      },
    );
  });

  it('takes a connection closed at once, as a port forwarder without a server does, for no answer', async () => {
    await withServer(
      (socket) => socket.end(),
      async (address) => {
        assert.equal(await askStatus(address, 1000), null);
      },
    );
  });

  it('does not wait for a frozen server beyond its deadline', async () => {
    await withServer(
      () => {},
      async (address) => {
        assert.equal(await askStatus(address, 50), null);
      },
    );
  });

  it('takes a refused connection for no answer', async () => {
    let freed = { host: '127.0.0.1', port: 0 };
    await withServer(
      () => {},
      (address) => {
        freed = address;
        return Promise.resolve();
      },
    );

    assert.equal(await askStatus(freed, 1000), null);
  });
});

async function withServer(
  accept: (socket: Socket) => void,
  body: (address: { host: string; port: number }) => Promise<void>,
): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
