import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ClientError } from '../../../harness/client/client.ts';
import type { ClientOptions, WatchEvent } from '../../../harness/client/client.ts';
import { TcpTransport } from '../../../harness/client/tcp-transport.ts';
import { refusal } from '../../../harness/client/client-errors.ts';
import { ZooKeeperClient } from '../../../harness/client/zookeeper-client.ts';
import { ErrorCode } from '../../../harness/wire/constants.ts';
import { FakeServer } from './fake-server.ts';

/** Real TCP on loopback: server 1 and server 2 are two doors to the same fake. */
describe('client over TCP', () => {
  let fake: FakeServer;
  let doors: Server[];
  let sockets: Set<Socket>;
  let clients: ZooKeeperClient[];

  beforeEach(async () => {
    fake = new FakeServer();
    sockets = new Set();
    clients = [];
    doors = await Promise.all([openDoor(), openDoor()]);
  });

  afterEach(() => {
    for (const client of clients) client.abandon();
    for (const socket of sockets) socket.destroy();
    for (const door of doors) door.close();
  });

  function openDoor(): Promise<Server> {
    const door = createServer((socket) => {
      sockets.add(socket);
      const connection = fake.connect({
        write: (bytes) => socket.write(bytes),
        close: () => socket.end(),
      });
      socket.on('data', (bytes: Buffer) => connection.received(bytes));
      socket.on('error', () => {});
      socket.on('close', () => connection.closed());
    });
    return new Promise((resolve) => {
      door.listen(0, '127.0.0.1', () => resolve(door));
    });
  }

  function newClient(options: Partial<ClientOptions> = {}): ZooKeeperClient {
    const transport = new TcpTransport((sid) => ({
      host: '127.0.0.1',
      port: (doors[sid - 1]!.address() as AddressInfo).port,
    }));
    const all = { sessionTimeoutMs: 3000, requestTimeoutMs: 1000, servers: [1, 2], ...options };
    const client = new ZooKeeperClient(transport, all);
    clients.push(client);
    return client;
  }

  async function failureOf(operation: Promise<unknown>): Promise<ClientError> {
    const error = await operation.then(
      () => assert.fail('the operation succeeded'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ClientError, String(error));
    return error;
  }

  it('connects, does what it is asked, and tells what it saw', async () => {
    const client = newClient();
    assert.equal(client.state, 'connecting');
    assert.equal(client.server, null);

    const created = await client.create('/a', Buffer.from('one'));
    const read = await client.getData('/a');
    const written = await client.setData('/a', Buffer.from('two'), 0);
    const fresh = await client.syncAndGetData('/a');
    const missing = await client.exists('/b');
    const present = await client.exists('/a');
    const children = await client.getChildren('/');
    const sequential = await client.create('/s', Buffer.alloc(0), { ephemeral: true, sequential: true });
    const deleted = await client.delete('/a', -1);

    assert.deepEqual(created, { zxid: 1, path: '/a' });
    assert.equal(read.data.toString(), 'one');
    assert.deepEqual([written.zxid, written.stat.version], [2, 1]);
    assert.equal(fresh.data.toString(), 'two');
    assert.equal(missing.stat, null);
    assert.equal(present.stat?.version, 1);
    assert.deepEqual(children.children, ['a']);
    assert.equal(sequential.path, '/s0000000000');
    assert.deepEqual(deleted, { zxid: 3 });
    assert.equal(client.state, 'connected');
    assert.equal(client.server, 1);
    assert.equal(client.lastZxidSeen, 3);
    assert.equal(client.sessionId, '0000000000000001');
  });

  it('calls an error definite only where it says that nothing was done', () => {
    const request = { type: 'setData', path: '/a', data: Buffer.alloc(0), version: -1 } as const;
    const definite = (code: number): boolean => refusal(request, code, 7).definite;

    const refused = [ErrorCode.NO_NODE, ErrorCode.SESSION_MOVED, ErrorCode.THROTTLED_OP, -124];
    assert.deepEqual([...refused, ErrorCode.UNIMPLEMENTED].map(definite), [true, true, true, true, true]);
    const broken = [ErrorCode.SYSTEM_ERROR, ErrorCode.CONNECTION_LOSS, ErrorCode.OPERATION_TIMEOUT, -122];
    assert.deepEqual(broken.map(definite), [false, false, false, false]);
    assert.match(refusal(request, -1, 7).message, /SYSTEMERROR \(-1\); it may have taken place/);
  });

  it('names operation, path and error of what the server refused', async () => {
    const client = newClient();
    await client.create('/register', Buffer.from('x'));

    const badVersion = await failureOf(client.setData('/register', Buffer.from('y'), 5));
    const missing = await failureOf(client.getData('/nothing'));

    assert.equal(badVersion.message, 'setData /register: BADVERSION (-103)');
    assert.deepEqual([badVersion.kind, badVersion.definite], ['refused', true]);
    assert.deepEqual([badVersion.code, badVersion.zxid], [ErrorCode.BAD_VERSION, 1]);
    assert.equal(missing.message, 'getData /nothing: NONODE (-101)');
  });

  it('fails a sync and the read behind it by what failed first', async () => {
    const client = newClient();
    await client.create('/a', Buffer.from('x'));

    const missing = await failureOf(client.syncAndGetData('/nothing'));
    fake.hangsUpAt.add('sync');
    const lost = await failureOf(client.syncAndGetData('/a'));
    client.abandon();
    const unsent = await failureOf(client.syncAndGetData('/a'));

    assert.equal(missing.message, 'getData /nothing: NONODE (-101)');
    assert.match(lost.message, /^sync \/a: connection-loss/);
    assert.match(unsent.message, /^sync \/a: not-connected/);
  });

  it('does a multi, and tells which operation of it was refused', async () => {
    const client = newClient();
    await client.create('/a', Buffer.from('x'));

    const { results } = await client.multi([
      { type: 'check', path: '/a', version: 0 },
      { type: 'create', path: '/b', data: Buffer.from('y') },
      { type: 'setData', path: '/a', data: Buffer.from('z') },
    ]);
    const refused = await failureOf(
      client.multi([
        { type: 'check', path: '/a', version: 0 },
        { type: 'delete', path: '/missing' },
        { type: 'create', path: '/c' },
      ]),
    );

    assert.deepEqual([results[0], results[1]], [null, '/b']);
    assert.equal((results[2] as { version: number }).version, 1);
    assert.equal(refused.message, 'multi: operation 2 (delete /missing): NONODE (-101)');
    assert.equal(refused.code, ErrorCode.NO_NODE);
  });

  it('reads several znodes at one moment, and says which are not there', async () => {
    const client = newClient();
    await client.create('/a', Buffer.from('x'));

    const { results, zxid } = await client.multiRead([
      { type: 'getData', path: '/a' },
      { type: 'getData', path: '/missing' },
      { type: 'getChildren', path: '/' },
    ]);

    const [data, missing, children] = results;
    assert.ok(data?.type === 'data' && children?.type === 'children');
    assert.equal(data.data.toString(), 'x');
    assert.equal(data.stat.version, 0);
    assert.deepEqual(missing, { type: 'error', code: ErrorCode.NO_NODE });
    assert.deepEqual([children.children, zxid], [['a'], 1]);
  });

  it('moves to the next server with the same session when its connection is lost', async () => {
    const client = newClient();
    const events: WatchEvent[] = [];
    client.onWatch((event) => events.push(event));
    await client.create('/a', Buffer.from('x'));
    await client.getData('/a', true);

    client.drop();
    assert.equal(client.state, 'disconnected');
    await client.setData('/a', Buffer.from('y'), -1);

    assert.equal(client.server, 2);
    const [first, second] = fake.connectRequests;
    assert.equal(fake.connectRequests.length, 2);
    assert.equal(first?.sessionId, '0000000000000000');
    assert.equal(second?.sessionId, client.sessionId);
    assert.equal(second?.lastZxidSeen, 1);
    assert.deepEqual(fake.requests, ['create', 'getData', 'setWatches', 'setData']);
    assert.deepEqual(events, [], 'this fake does not keep watches that are set again');
  });

  it('reports a watch', async () => {
    const [watcher, writer] = [newClient(), newClient()];
    const event = new Promise<WatchEvent>((resolve) => watcher.onWatch(resolve));
    await watcher.create('/a', Buffer.from('x'));
    await watcher.getData('/a', true);

    await writer.setData('/a', Buffer.from('y'), -1);

    assert.deepEqual(await event, { type: 'dataChanged', path: '/a' });
  });

  it('calls a write in doubt when the connection ends before the reply', async () => {
    const client = newClient();
    await client.create('/a', Buffer.from('x'));
    fake.hangsUpAt.add('setData');

    const lost = await failureOf(client.setData('/a', Buffer.from('y'), -1));

    assert.deepEqual([lost.kind, lost.definite], ['connection-loss', false]);
    assert.match(lost.message, /^setData \/a: connection-loss, .*; it may have taken place$/);
    assert.deepEqual(fake.requests, ['create', 'setData'], 'it is not sent again');
  });

  it('calls a write in doubt when no reply comes in time', async () => {
    const client = newClient({ requestTimeoutMs: 60 });
    await client.create('/a', Buffer.from('x'));
    fake.silentFor.add('setData');

    const late = await failureOf(client.setData('/a', Buffer.from('y'), -1));

    assert.deepEqual([late.kind, late.definite], ['timeout', false]);
    assert.match(late.message, /no reply within 60 ms/);
  });

  it('calls a request that found no server definite', async () => {
    for (const door of doors) door.close();
    doors = await Promise.all([openDoor(), openDoor()]);
    const ports = doors.map((door) => door.address() as AddressInfo);
    for (const door of doors) door.close();
    const transport = new TcpTransport((sid) => ({ host: '127.0.0.1', port: ports[sid - 1]!.port }));
    const client = new ZooKeeperClient(transport, {
      sessionTimeoutMs: 3000,
      requestTimeoutMs: 80,
      servers: [1, 2],
    });
    clients.push(client);

    const failed = await failureOf(client.setData('/a', Buffer.from('y'), -1));

    assert.deepEqual([failed.kind, failed.definite], ['not-connected', true]);
    assert.equal(client.state, 'connecting');
  });

  it('learns that its session expired while it was away', async () => {
    const client = newClient();
    await client.create('/a', Buffer.from('x'));
    fake.sessions.clear();

    client.drop();
    const expired = await failureOf(client.getData('/a'));

    assert.deepEqual([expired.kind, expired.definite], ['session-expired', true]);
    assert.equal(client.state, 'expired');
    assert.equal((await failureOf(client.getData('/a'))).kind, 'session-expired');
  });

  it('ends its session, and does nothing afterwards', async () => {
    const client = newClient();
    await client.create('/a', Buffer.from('x'));

    const reply = await client.close();
    const again = await client.close();

    assert.ok(reply !== null && reply.zxid > 0);
    assert.equal(again, null);
    assert.equal(client.state, 'closed');
    assert.equal(fake.requests.at(-1), 'closeSession');
    const refused = await failureOf(client.getData('/a'));
    assert.deepEqual([refused.kind, refused.definite], ['not-connected', true]);
  });

  it('closes at once without a connection', async () => {
    const client = newClient();

    const reply = await client.close();

    assert.equal(reply, null);
    assert.equal(client.state, 'closed');
  });
});
