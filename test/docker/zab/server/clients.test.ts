import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer, type MemoryClient, type Received } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, flags = 0): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('0'),
  acl: openAcl,
  flags,
});
const set = (path: string, text: string): ClientRequest => ({
  type: 'setData',
  path,
  data: Buffer.from(text),
  version: -1,
});
const get = (path: string, watch = false): ClientRequest => ({ type: 'getData', path, watch });
const exists = (path: string, watch = false): ClientRequest => ({ type: 'exists', path, watch });
const children = (path: string, watch = false): ClientRequest => ({ type: 'getChildren', path, watch });
const ping: ClientRequest = { type: 'ping' };

function textOf({ err, body }: Received): string {
  return body.type === 'data' ? (body.data?.toString() ?? 'null') : `${body.type} ${err}`;
}

function alone(lines: readonly string[] = []): { world: MemoryWorld; server: MemoryServer } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines });
  world.run(20);
  return { world, server };
}

function lines(received: readonly (Received | string)[]): string[] {
  return received.map((each) => (typeof each === 'string' ? each : `reply ${each.xid} err ${each.err}`));
}

describe('a connection', () => {
  it('gets replies in the order of its requests, each read between its writes', () => {
    const { world, server } = alone();
    const client = server.client();
    client.send(
      create('/a'),
      get('/a'),
      set('/a', '1'),
      set('/a', '2'),
      get('/a'),
      ping,
      { type: 'sync', path: '/a' },
      get('/a'),
      set('/a', '3'),
      get('/a'),
    );
    world.run(200);

    const replies = client.replies();

    assert.deepEqual(
      replies.map(({ xid }) => xid),
      [1, 2, 3, 4, 5, -2, 7, 8, 9, 10],
    );
    assert.deepEqual(
      [2, 5, 8, 10].map((xid) => textOf(replies[xid - 1] as Received)),
      ['0', '2', '2', '3'],
    );
    const zxids = replies.map(({ zxid }) => zxid);
    assert.deepEqual(
      zxids,
      zxids.toSorted((a, b) => a - b),
    );
  });

  it('answers a ping with −2, whatever number it came with', () => {
    const { world, server } = alone();
    const client = server.client();
    client.write(Buffer.from('00000008000000630000000b', 'hex'));
    world.run(20);

    assert.equal(client.frames[0]?.readInt32BE(0), -2);
  });

  it('gets a zxid for a write that nobody can understand, in its place among the others', () => {
    const { world, server } = alone();
    const client = server.client();
    const first = client.call(create('/a'));
    client.encode(create('/cut'), 55);
    client.write(Buffer.from('000000080000003700000001', 'hex'));
    client.send(create('/b'));
    world.run(50);

    assert.deepEqual(
      client.replies().map(({ xid, err, zxid }) => ({ xid, err, after: zxid - first.zxid })),
      [
        { xid: 55, err: -5, after: 1 },
        { xid: 2, err: 0, after: 2 },
      ],
    );
  });

  it('answers alike wherever its bytes are cut', () => {
    const whole = alone();
    const requests = [create('/a'), get('/a', true), set('/a', 'x'), children('/'), get('/none')];
    const reference = whole.server.client();
    reference.send(...requests);
    whole.world.run(100);
    const expected = lines(reference.take());
    assert.equal(expected.length, 6);

    const bytes = Buffer.concat(requests.map((request, index) => reference.encode(request, index + 1)));
    for (let cut = 1; cut < bytes.length; cut++) {
      const { world, server } = alone();
      const client = server.client();
      for (const [index, request] of requests.entries()) client.encode(request, index + 1);
      client.write(bytes.subarray(0, cut));
      world.run(5);
      client.write(bytes.subarray(cut));
      world.run(100);
      assert.deepEqual(lines(client.take()), expected, `cut at ${cut}`);
    }
  });

  it('is told of a change before any reply that shows it, its own write included', () => {
    const { world, server } = alone();
    const [writer, watcher] = [server.client(), server.client()] as [MemoryClient, MemoryClient];
    writer.call(create('/a'));
    watcher.call(get('/a', true));
    watcher.call(children('/', true));
    writer.send(get('/a', true), set('/a', '1'), create('/b'));
    watcher.send(get('/a'), set('/c', ''), get('/a'));
    world.run(100);

    assert.deepEqual(lines(writer.take()), ['reply 2 err 0', 'event 3 /a', 'reply 3 err 0', 'reply 4 err 0']);
    const seen = watcher.take();
    const eventAt = seen.indexOf('event 3 /a');
    const showing = seen.findIndex((each) => typeof each !== 'string' && textOf(each) === '1');
    assert(eventAt !== -1 && eventAt < showing);
    assert(seen.includes('event 4 /'));
  });

  it('is not told by a ping of what its watches have not told yet', () => {
    const { world, server } = alone();
    const [client, other] = [server.client(), server.client()];
    client.call(create('/a'));
    client.call(create('/x'));
    client.call(get('/a', true));
    // While the disk is busy the next ones gather, so they are committed together.
    server.diskMs = 20;
    other.send(set('/x', 'busy'));
    world.run(2);
    client.send(set('/x', '1'), ping, set('/x', '2'));
    other.send(set('/a', 'changed'));
    world.run(200);

    const seen = client.take();

    assert.deepEqual(lines(seen).toSorted(), [
      'event 3 /a',
      'reply -2 err 0',
      'reply 4 err 0',
      'reply 6 err 0',
    ]);
    const changedZxid = other.replies().at(-1)?.zxid ?? 0;
    const replies = seen.map((each) => (typeof each === 'string' ? changedZxid : each.zxid));
    assert.deepEqual(
      replies,
      replies.toSorted((a, b) => a - b),
      'event and replies are in the order of their zxids',
    );
    const told = seen.indexOf('event 3 /a');
    const shown = seen.findIndex((each) => typeof each !== 'string' && each.zxid >= changedZxid);
    assert(shown === -1 || told < shown, 'the event comes first');
  });

  it('gets a watch fired once, and exists waits for a znode that is missing', () => {
    const { world, server } = alone();
    const client = server.client();
    assert.equal(client.call(exists('/new', true)).err, -101);

    client.send(create('/new'), set('/new', '1'), exists('/new', true), {
      type: 'delete',
      path: '/new',
      version: -1,
    });
    world.run(100);

    assert.deepEqual(lines(client.take()), [
      'event 1 /new',
      'reply 2 err 0',
      'reply 3 err 0',
      'reply 4 err 0',
      'event 2 /new',
      'reply 5 err 0',
    ]);
  });

  it('catches up with the watches of its previous connection before the reply', () => {
    const { world, server } = alone();
    const client = server.client();
    const seen = client.call(create('/a')).zxid;
    client.send(create('/gone'), set('/a', '1'), { type: 'delete', path: '/gone', version: -1 });
    world.run(100);
    client.take();

    client.send({
      type: 'setWatches',
      relativeZxid: seen,
      dataWatches: ['/a', '/gone'],
      existWatches: ['/later'],
      childWatches: ['/a', '/'],
    });
    client.send(create('/later'), set('/a', '2'));
    world.run(100);

    assert.deepEqual(lines(client.take()), [
      'event 3 /a',
      'event 2 /gone',
      'event 4 /',
      'reply 5 err 0',
      'event 1 /later',
      'reply 6 err 0',
      'reply 7 err 0',
    ]);
  });

  it('is answered -6 and closed for an unknown opcode, and its session lives on', () => {
    const { world, server } = alone();
    const client = server.client();
    const { session } = client;
    assert(session !== null);
    client.encode(exists('/'), 77);
    client.write(Buffer.from('000000080000004d000003e7', 'hex'));
    world.run(50);

    assert.deepEqual(
      client.replies().map(({ xid, zxid, err }) => ({ xid, zxid, err })),
      [{ xid: 77, zxid: -1, err: -6 }],
    );
    assert(client.isClosed);
    assert.equal(server.client({ previous: session }).session?.sessionId, session.sessionId);
  });

  it('is answered -5 for a body that cannot be understood, in its turn', () => {
    const { world, server } = alone();
    const client = server.client();
    client.send(create('/a'));
    client.encode(get('/a'), 2);
    client.write(Buffer.from('0000000c0000000200000004ffff0000', 'hex'));
    client.encode(get('/a'), 3);
    client.send(ping);
    world.run(100);

    assert.deepEqual(lines(client.take()), ['reply 1 err 0', 'reply 2 err -5', 'reply -2 err 0']);
  });

  it('is dropped for a frame that is too long, too short or not there', () => {
    for (const hex of ['00100000', '7fffffff', 'ffffffff', '0000000400000001']) {
      const { world, server } = alone();
      const client = server.client();
      client.write(Buffer.from(hex, 'hex'));
      world.run(20);

      assert(client.isClosed, hex);
      assert.equal(server.client().call(ping).err, 0, 'the server is alive');
    }
  });

  it('gains ids by auth, and is refused an unknown scheme', () => {
    const { world, server } = alone();
    const client = server.client();
    const auth = (scheme: string): ClientRequest => ({
      type: 'auth',
      authType: 0,
      scheme,
      auth: Buffer.from('alice:secret'),
    });
    client.write(client.encode(auth('digest'), -4));
    world.run(20);
    assert.deepEqual(client.replies()[0], { xid: -4, zxid: 0, err: 0, body: { type: 'none' } });
    const own: ClientRequest = {
      type: 'create',
      path: '/own',
      data: null,
      acl: [{ perms: 31, scheme: 'auth', id: '' }],
      flags: 0,
    };
    assert.equal(client.call(own).err, 0);
    const stranger = server.client();
    assert.equal(stranger.call(get('/own')).err, -102);
    assert.equal(client.call(get('/own')).err, 0);

    stranger.write(stranger.encode(auth('kerberos'), -4));
    world.run(20);

    assert.equal(stranger.replies()[0]?.err, -115);
    assert(stranger.isClosed);
  });

  it('is one of at most maxClientCnxns from its address', () => {
    const { server } = alone(['maxClientCnxns=2']);
    const [first, second, third] = [server.client(), server.client(), server.client()];

    assert.notEqual(first.session, null);
    assert.notEqual(second.session, null);
    assert(third.isClosed);
    assert.equal(third.session, null);
  });

  it('is closed when it holds no session after ten seconds', () => {
    const { world, server } = alone();
    const silent = server.client({ raw: Buffer.from('ru') });
    world.run(9_900);
    assert(!silent.isClosed);

    world.run(200);

    assert(silent.isClosed);
  });
});

describe('a session', () => {
  it('negotiates its timeout, and leaves readOnly out where it was left out', () => {
    const { server } = alone();
    const bytesOf = (client: MemoryClient): number => Buffer.concat(client.chunks).length;
    const [short, long, old] = [
      server.client({ timeoutMs: 1 }),
      server.client({ timeoutMs: 1_000_000 }),
      server.client({ readOnly: null }),
    ];

    assert.equal(short.session?.timeoutMs, 400);
    assert.equal(long.session?.timeoutMs, 4_000);
    assert.deepEqual([bytesOf(short), bytesOf(old)], [41, 40]);
  });

  it('moves to a new connection, which ends the old one', () => {
    const { server } = alone();
    const first = server.client();
    assert(first.session !== null);

    const second = server.client({ previous: first.session });

    assert.deepEqual(second.session, first.session);
    assert(first.isClosed);
    assert.equal(second.call(create('/a')).err, 0);
  });

  it('is refused with a wrong password, but even that ends its connection', () => {
    const { server } = alone();
    const first = server.client();
    assert(first.session !== null);

    const thief = server.client({ previous: first.session, password: Buffer.alloc(16, 1) });

    assert.deepEqual(
      [thief.session?.timeoutMs, thief.session?.sessionId, thief.isClosed, first.isClosed],
      [0, '0000000000000000', true, true],
    );
  });

  it('is refused when it is unknown, and turned away from a server that is behind it', () => {
    const { server } = alone();
    const client = server.client();
    assert(client.session !== null);
    const unknown = { ...client.session, sessionId: '0100000000000999' };

    // The password belongs to another id, so both faults end in the same refusal.
    assert.equal(server.client({ previous: unknown }).session?.timeoutMs, 0);
    const ahead = server.client({ previous: client.session, lastZxidSeen: 1_000 });
    assert.equal(ahead.session, null);
    assert(ahead.isClosed);
  });

  it('lives while it is heard of, and dies within a tick after its timeout, with its ephemerals', () => {
    const { world, server } = alone();
    const watcher = server.client({ timeoutMs: 4_000 });
    const client = server.client({ timeoutMs: 1_000 });
    client.call(create('/mine', 1));
    for (let round = 0; round < 6; round++) {
      world.run(800);
      assert.equal(client.call(ping, 10).err, 0);
      watcher.call(ping, 10);
    }
    assert.equal(watcher.call(exists('/mine', true), 10).err, 0);
    const lastHeardMs = world.nowMs - 20;

    while (!client.isClosed) world.run(10);

    const livedMs = world.nowMs - lastHeardMs;
    assert(livedMs >= 1_000 && livedMs <= 1_000 + 200 + 50, `it lived ${livedMs} ms`);
    assert.deepEqual(client.take(), [], 'expiry is not announced');
    assert.deepEqual(watcher.take(), ['event 2 /mine']);
    assert.equal(watcher.call(exists('/mine')).err, -101);
    assert(client.session !== null);
    assert.equal(server.client({ previous: client.session }).session?.timeoutMs, 0);
  });

  it('ends with closeSession: the reply, then the end of the connection', () => {
    const { world, server } = alone();
    const client = server.client();
    client.send(create('/mine', 1), { type: 'closeSession' }, create('/never', 1));
    world.run(100);

    assert.deepEqual(lines(client.take()), ['reply 1 err 0', 'reply 2 err 0']);
    assert(client.isClosed);
    const other = server.client();
    assert.equal(other.call(exists('/mine')).err, -101);
    assert.equal(other.call(exists('/never')).err, -101);
  });

  it('survives a restart of the server, from log and from snapshot', () => {
    const { world, server } = alone(['snapCount=10']);
    const client = server.client();
    for (let index = 0; index < 25; index++) client.send(create(`/n${index}`));
    client.send(create('/mine', 1));
    world.run(300);
    assert.equal(client.replies().length, 26);
    assert(client.session !== null);

    server.restart();
    world.run(50);

    const again = server.client({ previous: client.session });
    assert.equal(again.session?.sessionId, client.session.sessionId);
    assert.equal(again.call(exists('/mine')).err, 0);
    const listed = again.call(children('/')).body;
    assert.equal(listed.type === 'children' && listed.children.length, 27);
    const snapshots = server.disk.list('/data/version-2').filter((name) => name.startsWith('snapshot.'));
    assert.equal(snapshots.length, 2, 'one for the empty start, one for many transactions');
  });
});

describe('a server whose disk fails', () => {
  it('acknowledges nothing more and exits with the reason', () => {
    const { world, server } = alone();
    const client = server.client();
    server.disk.fault = 'EIO';
    client.send(create('/a'));
    world.run(100);

    assert.deepEqual(client.take(), []);
    assert.equal(server.exited?.code, 1);
    assert.match(server.exited?.reason ?? '', /EIO.*Check the file system of \/data/);
  });
});
