import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, bytes: number): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.alloc(bytes),
  acl: openAcl,
  flags: 0,
});
const set = (path: string, bytes: number): ClientRequest => ({
  type: 'setData',
  path,
  data: Buffer.alloc(bytes),
  version: -1,
});
const get = (path: string): ClientRequest => ({ type: 'getData', path, watch: false });
const ping: ClientRequest = { type: 'ping' };
const sync: ClientRequest = { type: 'sync', path: '/a' };

function alone(): { world: MemoryWorld; server: MemoryServer } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, {});
  world.run(20);
  return { world, server };
}

function repeat(count: number, request: ClientRequest): ClientRequest[] {
  return Array.from({ length: count }, () => request);
}

describe('back pressure', () => {
  it('ends behind a sync as it ends behind a write', () => {
    const { world, server } = alone();
    const client = server.client();
    client.call(create('/a', 1));
    client.send(set('/a', 1), sync, ...repeat(1_500, get('/a')));
    world.run(300);
    assert.equal(client.replies().length, 1_502);

    assert.equal(client.call(get('/a')).err, 0);
  });

  it('stops reading requests that gather behind a write, by their bytes as by their number', () => {
    for (const requests of [repeat(20_000, get('/a')), repeat(150, set('/a', 100_000))]) {
      const { world, server } = alone();
      const client = server.client();
      client.call(create('/a', 1));
      server.diskMs = 500;
      client.send(set('/a', 1));
      for (let from = 0; from < requests.length; from += 10) client.send(...requests.slice(from, from + 10));
      world.run(100);
      assert(client.unsentBytes > 0, 'the server does not take all');

      server.diskMs = 2;
      world.run(1_500);

      assert.equal(client.unsentBytes, 0);
      assert.equal(client.replies().length, requests.length + 1);
    }
  });

  it('executes no more reads than a client takes the answers of', () => {
    const { world, server } = alone();
    const client = server.client();
    client.call(create('/a', 500_000));
    client.pause();
    const before = repliesOf(server);
    client.send(...repeat(100, get('/a')), ping, set('/a', 1), get('/a'));
    world.run(300);
    assert(repliesOf(server) - before <= 4, `${repliesOf(server) - before} reads were executed`);

    client.resume();
    world.run(1_000);

    const replies = client.replies();
    assert.equal(replies.length, 103);
    const last = replies.at(-1)?.body;
    assert.equal(last?.type === 'data' && last.data?.length, 1, 'the last read is behind the write');
    assert.equal(client.call(ping).err, 0);
  });

  it('is felt by a client that sends requests before its handshake is answered', () => {
    const { world, server } = alone();
    server.diskMs = 300;
    const client = server.client({ timeoutMs: 4_000 });
    assert.equal(client.session, null);
    const pings = repeat(2_000, ping);
    for (let round = 0; round < 10; round++) client.send(...pings);
    world.run(100);
    assert.equal(client.session, null);
    assert(client.unsentBytes > 100_000, `the server left ${client.unsentBytes} bytes`);

    world.run(1_500);

    assert.notEqual(client.session, null);
    assert.equal(client.replies().length, 20_000);
  });
});

function repliesOf(server: MemoryServer): number {
  return server.trace.filter(({ event }) => event === 'REPLY').length;
}
