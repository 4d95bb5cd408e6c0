// The conversation that Apache ZooKeeper 3.8.0 had with a client that changes the membership, with servers of ours
// in its place: the same zxids, errors, events and configurations.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FrameDecoder } from '../../../../harness/wire/frame.ts';
import { loadConnections } from '../../../harness/wire/vectors.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const connections = loadConnections('client-reconfig.json');
const lengthBytes = 4;
const superDigest = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';

const lines = [1, 2, 3, 4].map(
  (sid) =>
    `server.${sid}=127.0.0.1:3228${sid}:3238${sid}:${sid === 4 ? 'observer' : 'participant'};127.0.0.1:3218${sid}`,
);

function startEnsemble(): { world: MemoryWorld; servers: MemoryServer[] } {
  const world = new MemoryWorld();
  const servers = [1, 2, 3, 4].map(
    (sid) =>
      new MemoryServer(world, {
        sid,
        serverLines: lines,
        clientAddress: { host: '127.0.0.1', port: 32180 + sid },
        lines: [
          'tickTime=1000',
          'reconfigEnabled=true',
          'standaloneEnabled=false',
          `DigestAuthenticationProvider.superDigest=${superDigest}`,
        ],
      }),
  );
  world.run(4_000);
  return { world, servers };
}

/** Length, xid, zxid and error, and the membership if there is one; times differ. */
function constant(body: Buffer): string {
  const membership = /server\.1=[^]*version=[0-9a-f]+/.exec(body.toString('latin1'))?.[0] ?? '';
  return `${body.length} bytes ${body.toString('hex', 0, 16)} ${membership}`;
}

describe('a captured change of the membership', () => {
  it('goes the same way here', () => {
    const { world, servers } = startEnsemble();
    const [first] = servers;
    assert.equal(servers[2]?.server.mode, 'leader');
    assert.ok(first);
    const client = first.client({ raw: Buffer.alloc(0) });
    const decoder = new FrameDecoder(1_000_000);
    const received: Buffer[] = [];
    const frames = connections[0]?.frames ?? [];
    let compared = 0;

    for (const [index, { dir, bytes, where }] of frames.entries()) {
      if (dir === 'C>S') {
        client.write(bytes);
        world.run(600);
        for (const chunk of client.chunks.splice(0))
          received.push(...decoder.push(chunk).map((frame) => Buffer.from(frame)));
        continue;
      }
      const body = received.shift();
      assert.ok(body, `${where}: nothing came`);
      // The handshake gives out an id and a password of this run.
      if (index > 1) assert.equal(constant(body), constant(bytes.subarray(lengthBytes)), where);
      compared += 1;
    }

    assert.equal(received.length, 0);
    assert.equal(compared, 11);
    world.run(2_000);
    assert.deepEqual(
      servers.map(({ server }) => server.mode),
      ['follower', 'observer', 'leader', 'observer'],
    );
  });
});
