import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, flags = 0): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('1'),
  acl: openAcl,
  flags,
});
const ephemeral = 1;
const exists = (path: string): ClientRequest => ({ type: 'exists', path, watch: false });
const ping: ClientRequest = { type: 'ping' };
const close: ClientRequest = { type: 'closeSession' };

const enabled = 'localSessionsEnabled=true';
const upgrading = [enabled, 'localSessionsUpgradingEnabled=true'];

function trio(lines: readonly string[]) {
  const world = new MemoryWorld();
  const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines }));
  world.run(1_500);
  const leader = servers.find(({ server }) => server.mode === 'leader') as MemoryServer;
  const [follower, other] = servers.filter(({ server }) => server.mode === 'follower') as [
    MemoryServer,
    MemoryServer,
  ];
  return { world, leader, follower, other };
}

const counter = (zxid: number): number => zxid % 2 ** 32;

describe('a local session', () => {
  it('takes no zxid at its beginning or end, and becomes global at its first ephemeral, as captured', () => {
    const { world, leader, follower } = trio(upgrading);
    for (const [at, server] of [follower, leader].entries()) {
      const client = server.client({ timeoutMs: 1_000 });
      assert.equal(client.session?.timeoutMs, 1_000);
      const first = 4 * at;
      assert.match(server.word('mntr'), /zk_global_sessions\t0\n(.*\n)*?zk_local_sessions\t1\n/);

      const path = `/l${at}`;
      const made = client.call(create(path));
      assert.deepEqual([made.err, counter(made.zxid)], [0, first + 1]);
      const owned = client.call(create(`${path}/e`, ephemeral));
      assert.deepEqual([owned.err, counter(owned.zxid)], [0, first + 3], 'createSession took the one before');
      assert.match(server.word('mntr'), /zk_global_sessions\t1\n(.*\n)*?zk_local_sessions\t0\n/);
      const closed = client.call(close);
      assert.deepEqual([closed.err, counter(closed.zxid)], [0, first + 4]);
      world.run(20);
      assert(client.isClosed);
    }
    const reader = leader.client();
    assert.equal(reader.call(exists('/l0/e')).err, -101);
  });

  it('is refused an ephemeral where upgrading is not enabled, at the cost of a zxid, as captured', () => {
    const { leader, follower } = trio([enabled]);
    for (const [at, server] of [follower, leader].entries()) {
      const client = server.client();
      const first = 2 * at;
      assert.equal(counter(client.call(create(`/l${at}`)).zxid), first + 1);

      const refused = client.call(create(`/l${at}/e`, ephemeral));
      assert.deepEqual([refused.err, counter(refused.zxid)], [-120, first + 2]);
      const closed = client.call(close);
      assert.deepEqual([closed.err, counter(closed.zxid)], [0, first + 2]);
      assert(client.isClosed);
    }
  });

  it('keeps the order of pipelined requests across its upgrade', () => {
    const { world, follower } = trio(upgrading);
    const client = follower.client();
    client.send(create('/a'), exists('/a'), create('/a/e', ephemeral), exists('/a/e'), create('/b'), close);
    world.run(300);

    assert.deepEqual(
      client.replies().map(({ err }) => err),
      [0, 0, 0, 0, 0, 0],
    );
    assert(client.isClosed);
  });

  it('upgrades for a multi that creates an ephemeral', () => {
    const { follower } = trio(upgrading);
    const client = follower.client();
    const operations = [
      { type: 'create' as const, path: '/m', data: null, acl: openAcl, flags: 0 },
      { type: 'create' as const, path: '/m/e', data: null, acl: openAcl, flags: ephemeral },
    ];
    const { err, body } = client.call({ type: 'multi', operations });
    assert.equal(err, 0);
    assert.deepEqual(body.type === 'multi' ? body.results.map(({ type }) => type) : [], ['create', 'create']);
  });

  it('is taken back by its own server only', () => {
    const { world, leader, follower, other } = trio(upgrading);
    const client = follower.client();
    assert(client.session !== null);
    client.close();

    for (const elsewhere of [leader, other]) {
      const refused = elsewhere.client({ previous: client.session });
      world.run(100);
      assert.equal(refused.session?.timeoutMs, 0);
      assert(refused.isClosed);
    }
    const again = follower.client({ previous: client.session });
    assert.deepEqual(again.session, client.session);
    assert.equal(again.call(create('/again')).err, 0);
  });

  it('moves like any other once it is global', () => {
    const { world, follower, other } = trio(upgrading);
    const client = follower.client();
    client.call(create('/e', ephemeral));
    assert(client.session !== null);

    const moved = other.client({ previous: client.session });
    world.run(100);
    assert.deepEqual(moved.session, client.session);
    assert.equal(moved.call(exists('/e')).err, 0);
  });

  it('expires at its own server when nothing is heard of it, and not before', () => {
    for (const at of ['leader', 'follower'] as const) {
      const servers = trio(upgrading);
      const { world } = servers;
      const server = servers[at];
      const client = server.client({ timeoutMs: 1_000 });
      for (let round = 0; round < 4; round++) {
        world.run(700);
        assert.equal(client.call(ping, 20).err, 0);
      }
      world.run(900);
      assert(!client.isClosed);
      world.run(400);
      assert(client.isClosed);
      assert.match(server.word('mntr'), /zk_local_sessions\t0\n/);
      assert(client.session !== null);
      const late = server.client({ previous: client.session });
      world.run(100);
      assert.equal(late.session?.timeoutMs, 0);
    }
  });

  it('is as global as before where local sessions are not enabled, and at a server alone', () => {
    const world = new MemoryWorld();
    const alone = new MemoryServer(world, { lines: upgrading });
    world.run(20);
    const client = alone.client();
    world.run(20);
    assert.equal(client.call(create('/e', ephemeral)).zxid, 2);
    assert.match(alone.word('mntr'), /zk_global_sessions\t1\n(.*\n)*?zk_local_sessions\t0\n/);
  });
});
