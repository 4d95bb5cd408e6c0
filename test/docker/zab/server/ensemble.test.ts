import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, flags = 0): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('0'),
  acl: openAcl,
  flags,
});
const exists = (path: string): ClientRequest => ({ type: 'exists', path, watch: false });
const ping: ClientRequest = { type: 'ping' };
const sync: ClientRequest = { type: 'sync', path: '/' };

class Trio {
  readonly world = new MemoryWorld();
  readonly servers = [1, 2, 3].map((sid) => new MemoryServer(this.world, { sid, servers: [1, 2, 3] })) as [
    MemoryServer,
    MemoryServer,
    MemoryServer,
  ];

  constructor() {
    this.world.run(1_500);
    assert(
      this.servers.every(({ server }) => server.isServing),
      'all three serve',
    );
  }

  get leader(): MemoryServer {
    return this.servers.find(({ server }) => server.mode === 'leader') as MemoryServer;
  }

  get followers(): [MemoryServer, MemoryServer] {
    return this.servers.filter(({ server }) => server.mode === 'follower') as [MemoryServer, MemoryServer];
  }
}

describe('an ensemble', () => {
  it('takes writes at every server and shows them at every server', () => {
    const { world, servers } = new Trio();
    const clients = servers.map((server) => server.client());
    world.run(50);

    clients.forEach((client, index) => client.send(create(`/from${index}`), create('/same')));
    world.run(200);

    const errors = clients.map((client) => client.replies().map(({ err }) => err));
    assert.deepEqual(
      errors.map(([first]) => first),
      [0, 0, 0],
    );
    assert.deepEqual(
      errors.map(([, second = 1]) => second).sort((a, b) => a - b),
      [-110, -110, 0],
    );
    for (const client of clients) {
      client.call(sync);
      for (const index of [0, 1, 2]) assert.equal(client.call(exists(`/from${index}`)).err, 0);
    }
  });

  it('keeps a session alive that only pings a follower', () => {
    const { world, followers } = new Trio();
    const client = followers[0].client({ timeoutMs: 1_000 });
    world.run(100);
    client.call(create('/mine', 1));

    for (let round = 0; round < 12; round++) {
      world.run(400);
      assert.equal(client.call(ping, 20).err, 0);
    }

    assert.equal(client.call(exists('/mine')).err, 0);
    world.run(2_000);
    assert(client.isClosed, 'without pings it expires');
    const other = followers[1].client();
    world.run(100);
    assert.equal(other.call(exists('/mine')).err, -101);
  });

  it('moves a session between servers, and ends the old connection at its next write', () => {
    const { world, leader, followers } = new Trio();
    const first = followers[0].client();
    world.run(100);
    assert(first.session !== null);
    first.call(create('/mine', 1));

    const second = followers[1].client({ previous: first.session });
    world.run(100);
    assert.deepEqual(second.session, first.session);
    assert.equal(second.call(exists('/mine')).err, 0);
    first.send(create('/from-the-past'));
    world.run(100);

    assert(first.isClosed);
    assert.deepEqual(first.take(), [], 'it is dropped without a word');
    assert.equal(second.call(create('/later')).err, 0);
    assert.equal(second.call(exists('/from-the-past')).err, -101);
    const third = leader.client({ previous: first.session });
    world.run(100);
    assert.deepEqual(third.session, first.session);
    assert.equal(third.call(create('/at-the-leader')).err, 0);
  });

  it('refuses a session at a follower that the leader does not know', () => {
    const { world, followers } = new Trio();
    const client = followers[0].client();
    world.run(50);
    assert(client.session !== null);
    client.call({ type: 'closeSession' });

    const again = followers[1].client({ previous: client.session });
    world.run(100);

    assert.equal(again.session?.timeoutMs, 0);
    assert(again.isClosed);
  });

  it('closes its clients when the quorum is lost, and takes their sessions back with it', () => {
    const { world, leader, followers } = new Trio();
    const { server } = leader;
    const client = leader.client({ timeoutMs: 4_000 });
    world.run(50);
    client.call(create('/mine', 1));
    assert(client.session !== null);
    for (const { host } of followers) world.cut.add(host);
    client.send(create('/in-doubt'));
    world.run(3_000);

    assert(client.isClosed);
    assert(!leader.server.isServing);
    assert.equal(leader.word('srvr'), 'This ZooKeeper instance is not currently serving requests\n');
    assert.equal(leader.word('ruok'), 'imok');
    assert.equal(leader.word('isro'), 'null');
    const turnedAway = leader.client();
    assert(turnedAway.isClosed && turnedAway.session === null);

    world.cut.clear();
    const healedMs = world.nowMs;
    while (!server.isServing && world.nowMs < healedMs + 2_000) world.run(50);
    assert(server.isServing, 'two seconds after the partition it serves again');
    const again = leader.client({ previous: client.session });
    world.run(200);
    assert.equal(again.session?.sessionId, client.session.sessionId);
    assert.equal(again.call(exists('/mine')).err, 0);
  });

  it('answers sync behind everything committed before it', () => {
    const { world, leader, followers } = new Trio();
    const [writer, reader] = [leader.client(), followers[0].client()];
    world.run(50);
    for (let round = 0; round < 5; round++) {
      assert.equal(writer.call(create(`/r${round}`), 15).err, 0);
      reader.send(sync, exists(`/r${round}`));
      world.run(150);
      assert.deepEqual(
        reader.replies().map(({ err }) => err),
        [0, 0],
      );
    }
  });

  it('tells its roles to four-letter words', () => {
    const { leader, followers } = new Trio();

    assert.match(
      leader.word('srvr'),
      /\nMode: leader\nNode count: 5\nProposal sizes last\/min\/max: -?\d+\/-?\d+\/-?\d+\n$/,
    );
    assert.match(followers[0].word('srvr'), /\nMode: follower\nNode count: 5\n$/);
    assert.match(leader.word('mntr'), /zk_peer_state\tleading - broadcast\n/);
    assert.match(leader.word('mntr'), /zk_synced_followers\t2\n/);
    assert.match(followers[0].word('conf'), /membership: \nserver\.1=zab1:2888:3888:participant\n/);
  });

  it('recovers when every server is restarted at once', () => {
    const { world, servers } = new Trio();
    const client = servers[0].client({ timeoutMs: 4_000 });
    world.run(50);
    client.call(create('/kept'));
    for (const server of servers) server.restart();
    world.run(2_000);

    const again = servers[1].client();
    world.run(100);
    assert.equal(again.call(exists('/kept')).err, 0);
    assert(servers.every(({ exited }) => exited === null));
  });

  it('may have one server, and serves through an observer too', () => {
    const world = new MemoryWorld();
    const lines = ['standaloneEnabled=false', 'server.2=zab2:2888:3888:observer'];
    const servers = [1, 2].map((sid) => new MemoryServer(world, { sid, servers: [1], lines }));
    world.run(1_500);
    const [voter, observer] = servers as [MemoryServer, MemoryServer];
    assert.deepEqual([voter.server.mode, observer.server.mode], ['leader', 'observer']);

    const client = observer.client();
    world.run(100);
    assert.equal(client.call(create('/a', 1)).err, 0);
    assert.equal(client.call(sync).err, 0);
    observer.restart();
    world.run(100);
    const again = voter.client();
    assert.equal(again.call(exists('/a')).err, 0);
    world.run(3_000);
    assert.equal(again.isClosed, true, 'nobody was heard of');
    const third = voter.client();
    assert.equal(third.call(exists('/a')).err, -101);
  });
});
