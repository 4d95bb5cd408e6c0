import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer, type MemoryClient } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, bytes = 1): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.alloc(bytes),
  acl: openAcl,
  flags: 0,
});
const set = (path: string, bytes = 1): ClientRequest => ({
  type: 'setData',
  path,
  data: Buffer.alloc(bytes),
  version: -1,
});
const get = (path: string): ClientRequest => ({ type: 'getData', path, watch: false });
const ping: ClientRequest = { type: 'ping' };
const sync: ClientRequest = { type: 'sync', path: '/a' };

function alone(...lines: string[]): { world: MemoryWorld; server: MemoryServer } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines });
  world.run(20);
  return { world, server };
}

function errorsOf(client: MemoryClient): number[] {
  return client.replies().map(({ err }) => err);
}

describe('throttling by requests under way', () => {
  it('reads no further from busy connections above globalOutstandingLimit, and answers all in order', () => {
    const { world, server } = alone('globalOutstandingLimit=20');
    const clients = Array.from({ length: 8 }, () => server.client());
    clients[0]?.call(create('/a'));
    server.diskMs = 300;
    for (let round = 0; round < 20; round++) {
      for (const client of clients) client.send(set('/a'), get('/a'), sync, ping, set('/a'));
    }
    world.run(100);
    const received = Number(/Received: (\d+)/.exec(server.word('srvr'))?.[1]);
    assert(received <= 100, `${received} requests were read, though the first of each fill the limit`);
    const idle = server.client();
    assert.equal(idle.session, null, 'its createSession waits for the disk, and nothing else');

    server.diskMs = 1;
    world.run(3_000);

    for (const client of clients) {
      assert.equal(client.unsentBytes, 0);
      const replies = client.replies();
      assert.equal(replies.length, 100);
      const xids = replies.map(({ xid }) => xid).filter((xid) => xid > 0);
      assert.deepEqual(
        xids,
        xids.toSorted((one, other) => one - other),
      );
      assert(replies.every(({ err }) => err === 0));
    }
  });

  it('lets no client that takes no answers slow down the others', () => {
    const { world, server } = alone('globalOutstandingLimit=20');
    const greedy = server.client();
    greedy.call(create('/a', 500_000));
    greedy.pause();
    greedy.send(...Array.from({ length: 100 }, () => get('/a')));
    world.run(50);

    const other = server.client();
    server.diskMs = 50;
    other.send(...Array.from({ length: 10 }, (_, index) => create(`/o${index}`)));
    other.send(...Array.from({ length: 5 }, () => set('/o0')));
    world.run(10);
    assert.equal(other.unsentBytes, 0);
    world.run(300);
    assert.equal(other.replies().length, 15);
    greedy.resume();
    world.run(500);
    assert.equal(greedy.replies().length, 100);
  });
});

describe('request_throttle_max_requests', () => {
  it('lets requests in as others are answered, in the order of every connection', () => {
    const { world, server } = alone('request_throttle_max_requests=3');
    const clients = [server.client(), server.client(), server.client()] as const;
    clients[0].call(create('/a'));
    for (const client of clients)
      client.send(set('/a'), set('/a'), get('/a'), ping, sync, get('/a'), set('/a'));
    world.run(500);

    for (const client of clients) {
      const replies = client.replies();
      assert.equal(replies.length, 7);
      assert(replies.every(({ err }) => err === 0));
      assert.equal(client.call(ping).err, 0);
    }
  });

  it('refuses with -127 what waited longer than throttled_op_wait_time, though never a ping or an end', () => {
    const { world, server } = alone('request_throttle_max_requests=1', 'throttled_op_wait_time=100');
    const [busy, late] = [server.client(), server.client()];
    busy.call(create('/a'));
    server.diskMs = 150;
    busy.send(set('/a'));
    world.run(1);
    late.send(set('/a'), get('/a'), ping, create('/b'));
    world.run(400);
    server.diskMs = 1;

    assert.deepEqual(errorsOf(busy), [0]);
    assert.deepEqual(errorsOf(late), [-127, -127, 0, -127]);
    assert.equal(late.call(get('/b')).err, -101);
    late.send({ type: 'closeSession' });
    world.run(50);
    assert.deepEqual(errorsOf(late), [0]);
  });

  it('gives the place of a connection that is gone to the next', () => {
    const { world, server } = alone('request_throttle_max_requests=2');
    const clients = Array.from({ length: 4 }, () => server.client());
    clients[0]?.call(create('/a'));
    server.diskMs = 100;
    for (const client of clients) client.send(set('/a'), set('/a'), set('/a'));
    world.run(5);
    for (const client of clients.slice(0, 3)) client.close();
    world.run(2_000);

    assert.deepEqual(errorsOf(clients[3] as MemoryClient), [0, 0, 0]);
  });
});

describe('large requests', () => {
  it('are refused by closing the connection when those under way hold largeRequestMaxBytes', () => {
    const { world, server } = alone('largeRequestThreshold=10000', 'largeRequestMaxBytes=50000');
    const clients = Array.from({ length: 4 }, () => server.client());
    clients[0]?.call(create('/a'));
    server.diskMs = 200;
    for (const client of clients) client.send(set('/a', 20_000), set('/a', 9_000));
    world.run(50);

    assert.deepEqual(
      clients.map(({ isClosed }) => isClosed),
      [false, false, true, true],
    );
    server.diskMs = 1;
    world.run(300);
    assert.deepEqual(clients.slice(0, 2).map(errorsOf), [
      [0, 0],
      [0, 0],
    ]);
    assert.equal(clients[0]?.call(set('/a', 40_000)).err, 0, 'what is answered holds nothing');
  });
});

describe('the client port', () => {
  it('takes maxCnxns connections in all', () => {
    const { world, server } = alone('maxCnxns=3');
    const clients = Array.from({ length: 5 }, () => server.client());
    world.run(50);
    assert.deepEqual(
      clients.map(({ isClosed }) => isClosed),
      [false, false, false, true, true],
    );
    clients[0]?.close();
    world.run(20);
    assert.equal(server.client().isClosed, false);
  });

  it('closes who has no session within nio.sessionlessCnxnTimeout', () => {
    const { world, server } = alone('nio.sessionlessCnxnTimeout=500');
    const silent = server.client({ raw: Buffer.from([0]) });
    const client = server.client();
    world.run(450);
    assert(!silent.isClosed);
    world.run(100);
    assert(silent.isClosed);
    assert(!client.isClosed);
  });

  it('turns clients away while connection_throttle_tokens are used up', () => {
    const lines = ['connection_throttle_tokens=2', 'connection_throttle_fill_time=1000'];
    const { world, server } = alone(...lines);
    const clients = Array.from({ length: 3 }, () => server.client());
    world.run(20);
    assert.deepEqual(
      clients.map(({ isClosed }) => isClosed),
      [false, false, true],
    );
    world.run(1_000);
    assert.equal(server.client().isClosed, false);
  });
});
