import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const sids = [1, 2, 3];
const create = (path: string): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('0'),
  acl: openAcl,
  flags: 0,
});
const exists = (path: string): ClientRequest => ({ type: 'exists', path, watch: false });

function start(world: MemoryWorld, sid: number, disk = new MemoryDisk(), lines: string[] = []): MemoryServer {
  return new MemoryServer(world, { sid, servers: sids, disk, lines });
}

/** Three servers, of which 1 and 2 hold /acknowledged, then all stopped; their disks. */
function disksWithHistory(): Map<number, MemoryDisk> {
  const world = new MemoryWorld();
  const servers = sids.map((sid) => start(world, sid));
  world.run(1_500);
  world.cut.add('zab3');
  world.run(3_000);
  const client = servers[0]!.client();
  world.run(100);
  assert.equal(client.call(create('/acknowledged'), 1_000).err, 0);
  for (const { server } of servers) server.stop();
  return new Map(servers.map(({ disk }, index) => [sids[index]!, disk]));
}

function serving(servers: readonly MemoryServer[]): string[] {
  return servers.filter(({ server }) => server.isServing).map(({ host, server }) => `${host} ${server.mode}`);
}

describe('voters without a history', () => {
  it('form a new ensemble by themselves once all of them are there, not before', () => {
    const world = new MemoryWorld();
    const servers = [start(world, 1), start(world, 2)];
    world.run(5_000);
    assert.deepEqual(serving(servers), [], 'the third may be the one that has a history');
    assert.match(servers[0]!.log.join('\n'), /this server has no history: it does not vote before/);

    servers.push(start(world, 3));
    world.run(3_000);

    assert.equal(serving(servers).length, 3);
  });

  it('form one without the third where db.autocreate says that they may, or a file', () => {
    for (const how of ['autocreate', 'initialize']) {
      const world = new MemoryWorld();
      const servers = [1, 2].map((sid) => {
        const disk = how === 'initialize' ? MemoryDisk.of({ '/data/initialize': '' }) : new MemoryDisk();
        return start(
          world,
          sid,
          disk,
          how === 'initialize' ? ['db.autocreate=false'] : ['db.autocreate=true'],
        );
      });
      world.run(2_000);

      assert.equal(serving(servers).length, 2, how);
      assert.equal(servers[0]!.disk.read('/data/initialize'), null, 'its word counts once');
    }
  });

  it('never form one where db.autocreate is false', () => {
    const world = new MemoryWorld();
    const servers = sids.map((sid) => start(world, sid, new MemoryDisk(), ['db.autocreate=false']));
    world.run(5_000);

    assert.deepEqual(serving(servers), []);
  });

  it('do not help to elect a history that lacks what they had acknowledged', () => {
    const disks = disksWithHistory();
    const world = new MemoryWorld();
    // Server 1 is down; server 2 held the transaction and was wiped; server 3 never had it.
    const wiped = start(world, 2);
    const behind = start(world, 3, disks.get(3));
    world.run(6_000);
    assert.deepEqual(serving([wiped, behind]), []);

    const intact = start(world, 1, disks.get(1));
    world.run(6_000);

    assert.equal(serving([wiped, behind, intact]).length, 3);
    for (const server of [wiped, behind, intact]) {
      const client = server.client();
      world.run(100);
      assert.equal(client.call(exists('/acknowledged')).err, 0, server.host);
    }
  });

  it('are voters again once they hold a leader’s history', () => {
    const disks = disksWithHistory();
    const world = new MemoryWorld();
    const servers = [start(world, 1, disks.get(1)), start(world, 2), start(world, 3, disks.get(3))];
    world.run(4_000);
    const [, wiped, behind] = servers as [MemoryServer, MemoryServer, MemoryServer];
    assert.equal(wiped.server.mode, 'follower');

    world.cut.add('zab1');
    world.run(4_000);
    assert.equal(serving([wiped, behind]).length, 2, 'the two are a quorum');
    const client = wiped.client();
    world.run(100);
    assert.equal(client.call(exists('/acknowledged')).err, 0);
    assert.equal(client.call(create('/after'), 500).err, 0);
  });
});
