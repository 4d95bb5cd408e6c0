import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../../harness/wire/records.ts';
import { MemoryServer } from '../memory-server.ts';
import { MemoryWorld } from '../memory-world.ts';

const create = (path: string, flags = 0): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('data'),
  acl: openAcl,
  flags,
});
const get = (path: string, watch = false): ClientRequest => ({ type: 'getData', path, watch });
const children = (path: string, watch = false): ClientRequest => ({ type: 'getChildren', path, watch });

function alone(lines: readonly string[] = []): { world: MemoryWorld; server: MemoryServer } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines });
  world.run(20);
  return { world, server };
}

function trio(lines: readonly string[] = []): {
  world: MemoryWorld;
  leader: MemoryServer;
  follower: MemoryServer;
} {
  const world = new MemoryWorld();
  const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines }));
  world.run(1_500);
  const leader = servers.find(({ server }) => server.view?.mode === 'leader');
  const follower = servers.find(({ server }) => server.view?.mode === 'follower');
  assert(leader !== undefined && follower !== undefined);
  return { world, leader, follower };
}

function metric(server: MemoryServer, name: string): number {
  const value = new RegExp(`^zk_${name}\t(.*)$`, 'm').exec(server.word('mntr'))?.[1];
  assert(value !== undefined, `mntr has no zk_${name}`);
  return Number(value);
}

describe('operators of a running server', () => {
  it('see what a client has done, request by request', () => {
    const { world, server } = alone();
    const client = server.client();
    world.run(50);
    assert.equal(server.server.view?.lastSnapshot?.zxid, 0);
    assert.match(server.word('cons'), /recved=1,sent=1,sid=0x[0-9a-f]+,lop=SESS,est=\d+,to=2000,lcxid=0x0,/);

    client.call(create('/a'));
    client.call(get('/a'));
    client.call(get('/a'));
    assert.match(server.word('cons'), /recved=4,sent=4,.*lop=GETD,.*lcxid=0x3,lzxid=0x2,/);
    const [, received, sent] = /Received: (\d+)\nSent: (\d+)\n/.exec(server.word('srvr')) ?? [];
    assert.deepEqual([received, sent], ['7', '6'], 'the words count too, each answer once it is given');
    assert.equal(metric(server, 'cnt_updatelatency'), 2, 'the new session and the create');
    assert.equal(metric(server, 'cnt_readlatency'), 2);
    assert.equal(metric(server, 'commit_count'), 2);
    assert.equal(metric(server, 'cnt_quorum_ack_latency'), 2);
    assert.equal(metric(server, 'sum_a_write_per_namespace') > 0, true);
    assert.equal(metric(server, 'cnt_a_read_per_namespace'), 2);
    assert(metric(server, 'cnt_fsynctime') >= 2);
    assert(metric(server, 'last_client_response_size') > 0);
  });

  it('begin anew with srst and crst', () => {
    const { world, server } = alone();
    const client = server.client();
    world.run(50);
    client.call(create('/a'));

    assert.equal(server.word('crst'), 'Connection stats reset.\n');
    assert.match(
      server.word('cons'),
      /recved=0,sent=0,sid=0x[0-9a-f]+,lop=NA,est=\d+,to=2000,lzxid=0xf{16},/,
    );
    assert.equal(server.word('srst'), 'Server stats reset.\n');
    assert.equal(metric(server, 'commit_count'), 0);
    assert.equal(metric(server, 'max_latency'), 0);
    assert.match(server.word('srvr'), /^Received: 3\nSent: 3$/m);
  });

  it('see who watches what, in the table of data', () => {
    const { world, server } = alone();
    const client = server.client();
    world.run(50);
    client.call(create('/w'));
    client.call(get('/w', true));
    client.call(children('/w', true));
    const id = `0x${client.session?.sessionId.replace(/^0+/, '')}`;

    assert.equal(server.word('wchs'), '1 connections watching 1 paths\nTotal watches:1\n');
    assert.equal(server.word('wchc'), `${id}\n\t/w\n\n`);
    assert.equal(server.word('wchp'), `/w\n\t${id}\n\n`);
    assert.equal(metric(server, 'watch_count'), 2);

    client.call({ type: 'delete', path: '/w', version: -1 });
    assert.equal(server.word('wchc'), '\n');
    assert.equal(metric(server, 'cnt_node_deleted_watch_count'), 1);
    assert(metric(server, 'watch_bytes') > 0);
  });

  it('see sessions, when they expire and their ephemerals, at the leader and at a follower', () => {
    const { world, leader, follower } = trio();
    const client = follower.client();
    world.run(50);
    client.call(create('/mine', 1));
    const id = `0x${client.session?.sessionId.replace(/^0+/, '')}`;
    const ephemerals = `Sessions with Ephemerals (1):\n${id}:\n\t/mine\n`;

    assert.match(
      leader.word('dump'),
      new RegExp(
        `^SessionTracker dump:\nSession Sets \\(1\\)/\\(1\\):\n1 expire at Tue Nov 14 .* UTC 2023:\n\t${id}\n`,
      ),
    );
    assert(leader.word('dump').includes(ephemerals));
    assert(follower.word('dump').startsWith(`SessionTracker dump:\nGlobal Sessions(1):\n${id}\t2000ms\n`));
    assert(follower.word('dump').includes(ephemerals));
    assert(follower.word('dump').includes(`sessionId: ${id}\n`));
  });

  it('see elections and how long nobody was served', () => {
    const { leader, follower } = trio();

    for (const server of [leader, follower]) {
      assert.equal(metric(server, 'looking_count'), 1);
      assert.equal(metric(server, 'cnt_election_time'), 1);
      assert(metric(server, 'max_unavailable_time') > 0);
    }
    assert.equal(metric(leader, 'cnt_leader_unavailable_time'), 1);
    assert.equal(metric(follower, 'cnt_leader_unavailable_time'), 0);
    assert.equal(metric(leader, 'diff_count') + metric(leader, 'snap_count'), 2, 'two learners');
    assert.equal(leader.server.view?.leaderSid, follower.server.view?.leaderSid);
  });

  it('set the trace mask by the eight bytes behind the word', () => {
    const { world, server } = alone();
    const socket = server.client({ raw: Buffer.from('stmk') });
    assert(!socket.isClosed, 'the mask is still to come');
    socket.write(Buffer.from([0, 0, 0, 0, 0, 0, 2, 0]));
    world.run(20);

    assert.equal(Buffer.concat(socket.chunks).toString(), '512');
    assert.equal(server.word('gtmk'), '512');
  });

  it('find a digest for every 128th transaction', () => {
    const { world, server } = alone();
    const client = server.client();
    world.run(50);
    client.send(...Array.from({ length: 130 }, (_, index) => create(`/n${index}`)));
    world.run(200);

    assert.match(server.word('hash'), /^80: -?\d+\n$/);
  });

  it('see requests that had to wait, and those that waited too long', () => {
    const { world, server } = alone(['request_throttle_max_requests=1', 'throttled_op_wait_time=1']);
    server.diskMs = 20;
    const client = server.client();
    world.run(100);
    client.send(create('/a'), create('/b'), create('/c'));
    world.run(300);

    assert.equal(metric(server, 'request_throttle_wait_count'), 2);
    assert.equal(metric(server, 'throttled_ops'), client.replies().filter(({ err }) => err === -127).length);
    assert(metric(server, 'throttled_ops') > 0);
  });

  it('leave clients to the others where leaderServes=no', () => {
    const { world, leader, follower } = trio(['leaderServes=no']);

    assert(leader.client().isClosed);
    assert.match(leader.word('srvr'), /not currently serving/);
    const client = follower.client();
    world.run(50);
    assert.equal(client.call(create('/a')).err, 0);
  });

  it('have old snapshots purged at the start and every so many hours, and not between', () => {
    const { world, server } = alone([
      'snapCount=2',
      'autopurge.purgeInterval=1',
      'autopurge.snapRetainCount=3',
    ]);
    const snapshots = (): number =>
      server.disk.list('/data/version-2').filter((name) => /^snapshot\.[0-9a-f]+$/.test(name)).length;
    const write = (from: number): void => {
      const client = server.client({ timeoutMs: 4_000 });
      for (let index = from; index < from + 50; index++) client.call(create(`/n${index}`));
      client.call({ type: 'closeSession' });
    };
    write(0);
    const written = snapshots();
    assert(written > 3, `${written} snapshots`);

    world.run(3_600_000);
    assert.equal(snapshots(), 3);

    write(100);
    assert(snapshots() > 3);
    server.restart();
    world.run(100);
    assert.equal(snapshots(), 3);
    assert.equal(server.client().call(get('/n149')).err, 0, 'nothing that is needed is gone');
  });
});
