// Strangers at the ports between servers, and a member of the ensemble that speaks nonsense: the other two form a
// quorum, and serve again as soon as they are left alone.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Link, LinkHandlers } from '../../docker/zab/src/server/ports.ts';
import type { Random } from '../../harness/random/random.ts';
import { openAcl } from '../../harness/wire/records.ts';
import { MemoryServer } from '../docker/zab/server/memory-server.ts';
import { MemoryWorld } from '../docker/zab/server/memory-world.ts';
import { capturedConversations, fuzz, garbage, mutate } from './mutate.ts';

const elections = capturedConversations('election.json');
const learners = ['quorum-join.json', 'quorum-broadcast.json', 'quorum-misc.json'].flatMap((file) =>
  capturedConversations(file),
);
const electionFrames = elections.flat();
const learnerFrames = learners.flat();
const electionPort = 3888;
const quorumPort = 2888;

describe('an ensemble and hostile servers', function () {
  this.timeout(600_000);

  it('go together: strangers at its ports do not move it', () => {
    fuzz(10, (random) => {
      const { world, servers } = ensemble([1, 2, 3]);
      world.run(3_000);
      assertServes(world, servers[0] as MemoryServer, '/before');
      const strangers = world.networkOf('stranger');
      for (let count = 0; count < 40; count += 1) {
        const host = `zab${random.between(1, 3)}`;
        const port = random.pick([electionPort, quorumPort]);
        const bytes = nonsense(random, port);
        strangers.dial({ host, port }, 500, { opened: (link) => link.write(bytes), data() {}, closed() {} });
        world.run(random.between(1, 60));
      }
      world.run(8_000);
      assertAlive(servers);
      assertServes(world, servers[1] as MemoryServer, '/after');
    });
  });

  it('a member that speaks nonsense ends no other', () => {
    let nonsenseCount = 0;
    fuzz(10, (random) => {
      const { world, servers } = ensemble([1, 2]);
      const network = world.networkOf('zab3');
      let isHostile = true;
      const links = new Set<Link>();
      const speak = (port: number): ((link: Link) => LinkHandlers) => {
        return (link) => {
          links.add(link);
          return {
            data: () => {
              if (!isHostile) return;
              nonsenseCount += 1;
              link.write(nonsense(random, port));
            },
            closed: () => void links.delete(link),
          };
        };
      };
      const listeners = [electionPort, quorumPort].map((port) =>
        network.listen({ host: 'zab3', port }, speak(port), (reason) => assert.fail(reason)),
      );
      for (let round = 0; round < 6; round += 1) {
        const to = `zab${random.between(1, 2)}`;
        const hello = mutate(random.pick(electionFrames), random, electionFrames);
        network.dial({ host: to, port: electionPort }, 500, {
          opened: (link) => link.write(hello),
          data() {},
          closed() {},
        });
        world.run(random.between(100, 1_500));
      }
      assertAlive(servers);
      isHostile = false;
      for (const listener of listeners) listener.close();
      for (const link of links) link.destroy();
      world.run(20_000);
      assertAlive(servers);
      assertServes(world, servers[0] as MemoryServer, '/after');
    });
    assert.ok(nonsenseCount > 20, `it was listened to ${nonsenseCount} times`);
  });
});

/** Two of three empty servers may begin: the third never says that it is empty. */
const lines = ['db.autocreate=true'];

/** Members are 1, 2 and 3; those of `sids` run. */
function ensemble(sids: readonly number[]): { world: MemoryWorld; servers: MemoryServer[] } {
  const world = new MemoryWorld();
  const servers = sids.map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines }));
  return { world, servers };
}

function nonsense(random: Random, port: number): Buffer {
  const [conversations, frames] =
    port === electionPort ? [elections, electionFrames] : [learners, learnerFrames];
  switch (random.below(4)) {
    case 0:
      return garbage(random, 300);
    case 1:
      return random.pick(frames);
    case 2:
      return mutate(random.pick(frames), random, frames);
    default:
      return mutate(Buffer.concat(random.pick(conversations).slice(0, 8)), random, frames);
  }
}

function assertAlive(servers: readonly MemoryServer[]): void {
  for (const server of servers) assert.equal(server.exited, null, server.log.slice(-5).join('\n'));
}

function assertServes(world: MemoryWorld, server: MemoryServer, path: string): void {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 1_000) {
    const client = server.client();
    world.run(200);
    if (client.session !== null) {
      const reply = client.call({ type: 'create', path, data: null, acl: openAcl, flags: 0 }, 800);
      assert.equal(reply.err, 0);
      client.close();
      return;
    }
    client.close();
    world.run(800);
  }
  assert.fail(`server ${server.host} did not serve within 60 s: ${server.log.slice(-8).join('\n')}`);
}
