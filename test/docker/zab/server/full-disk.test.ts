import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('0'),
  acl: openAcl,
  flags: 0,
});
const exists = (path: string): ClientRequest => ({ type: 'exists', path, watch: false });

function startTrio() {
  const world = new MemoryWorld();
  const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3] }));
  world.run(1_500);
  return {
    world,
    servers,
    leader: servers.find(({ server }) => server.mode === 'leader')!,
    follower: servers.find(({ server }) => server.mode === 'follower')!,
  };
}

describe('a full disk', () => {
  it('of a server alone stops writes, not reads, and loses nothing when there is room again', () => {
    const world = new MemoryWorld();
    const server = new MemoryServer(world);
    world.run(100);
    const client = server.client();
    assert.equal(client.call(create('/before')).err, 0);

    server.disk.fault = 'ENOSPC';
    client.send(create('/during'));
    const reader = server.client({ raw: Buffer.from('srvr') });
    world.run(300);
    assert.deepEqual(client.take(), [], 'not acknowledged');
    assert.match(Buffer.concat(reader.chunks).toString(), /Mode: standalone/, 'it lives');
    assert.equal(server.exited, null);
    assert.match(server.log.join('\n'), /error the disk takes no writes \(ENOSPC.*Free space/);

    server.disk.fault = null;
    world.run(2_000);
    assert.equal(client.replies()[0]?.err, 0, 'acknowledged once it is durable');
    assert.match(server.log.join('\n'), /info the disk takes writes again/);
    server.restart();
    world.run(100);
    const again = server.client();
    for (const path of ['/before', '/during']) assert.equal(again.call(exists(path)).err, 0, path);
  });

  it('makes a leader step down at once, and keeps it out of elections until there is room', () => {
    const { world, servers, leader } = startTrio();
    const client = leader.client();
    world.run(100);
    client.call(create('/before'));

    leader.disk.fault = 'ENOSPC';
    client.send(create('/in doubt'));
    world.run(1_000);

    assert.notEqual(leader.server.mode, 'leader');
    const next = servers.find(({ server }) => server.mode === 'leader');
    assert.ok(next, 'the others have a leader within five ticks');
    const other = next.client();
    world.run(100);
    assert.equal(other.call(create('/after')).err, 0);
    world.run(3_000);
    assert.ok(!leader.server.isServing);
    assert.equal(next.server.mode, 'leader', 'it does not disturb');

    leader.disk.fault = null;
    world.run(8_000);
    assert.equal(leader.server.mode, 'follower');
    const back = leader.client();
    world.run(100);
    for (const path of ['/before', '/after']) assert.equal(back.call(exists(path)).err, 0, path);
  });

  it('lets a follower read until its leader misses it, and join again when there is room', () => {
    const { world, leader, follower } = startTrio();
    const [writer, reader] = [leader.client(), follower.client()];
    world.run(100);
    follower.disk.fault = 'ENOSPC';

    assert.equal(writer.call(create('/one')).err, 0, 'a quorum is left');
    assert.equal(reader.call(exists('/one')).err, 0, 'what others made durable is shown');
    world.run(3_000);
    assert.ok(!follower.server.isServing, 'its leader has dropped it');

    follower.disk.fault = null;
    world.run(8_000);
    assert.equal(follower.server.mode, 'follower');
    follower.restart();
    world.run(2_000);
    const again = follower.client();
    world.run(100);
    assert.equal(again.call(exists('/one')).err, 0, 'and it is on its disk');
  });

  it('that is full from the start is waited for', () => {
    const world = new MemoryWorld();
    const disks = [1, 2, 3].map(() => new MemoryDisk());
    disks[2]!.fault = 'ENOSPC';
    const lines = ['db.autocreate=true'];
    const servers = [1, 2, 3].map(
      (sid, index) => new MemoryServer(world, { sid, servers: [1, 2, 3], disk: disks[index]!, lines }),
    );
    world.run(2_000);
    assert.deepEqual(
      servers.map(({ server }) => server.isServing),
      [true, true, false],
    );

    disks[2]!.fault = null;
    world.run(8_000);

    assert.ok(servers[2]!.server.isServing);
    assert.equal(servers[2]!.exited, null);
  });

  it('ends a server whose sync fails: its pages can no longer be trusted', () => {
    const { world, follower } = startTrio();
    follower.disk.fault = 'EIO';
    const client = follower.client();
    world.run(100);
    client.send(create('/a'));
    world.run(200);

    assert.equal(follower.exited?.code, 1);
    assert.match(follower.exited?.reason ?? '', /EIO.*nothing more is acknowledged/);
  });
});
