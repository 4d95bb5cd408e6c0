// Clients that send almost anything: the server lives, keeps nothing of them, and serves the others.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Random } from '../../harness/random/random.ts';
import { openAcl } from '../../harness/wire/records.ts';
import { encodeConnectRequestFrame } from '../../harness/wire/client-codec.ts';
import { noSession } from '../../harness/wire/session-id.ts';
import { MemoryServer } from '../docker/zab/server/memory-server.ts';
import { MemoryWorld } from '../docker/zab/server/memory-world.ts';
import { capturedConversations, fuzz, garbage, mutate } from './mutate.ts';

const conversations = [
  'client-raw.json',
  'client-java-main.json',
  'client-java-watch.json',
  'client-standalone.json',
]
  .flatMap((file) => capturedConversations(file, 'C>S'))
  .map((frames) => frames.slice(1));
const requests = conversations.flat();
const words = ['ruok', 'stat', 'mntr', 'cons', 'dump', 'wchp', 'stmk', 'xxxx'].map((word) =>
  Buffer.from(word),
);
const handshake = encodeConnectRequestFrame({
  protocolVersion: 0,
  lastZxidSeen: 0,
  timeoutMs: 2_000,
  sessionId: noSession,
  password: Buffer.alloc(16),
  readOnly: false,
});
const hostilesAtOnce = 12;

describe('a server and hostile clients', function () {
  this.timeout(600_000);

  it('go together: it lives, and serves whoever behaves', () => {
    fuzz(25, (random) => {
      const world = new MemoryWorld();
      const server = new MemoryServer(world, { lines: ['extendedTypesEnabled=true', 'maxClientCnxns=0'] });
      world.run(20);
      const honest = server.client();
      for (let round = 0; round < 3; round += 1) {
        const hostiles = Array.from({ length: hostilesAtOnce }, () =>
          server.client({ raw: conversation(random) }),
        );
        world.run(random.between(5, 200));
        assert.equal(server.exited, null);
        const path = `/honest-${round}`;
        const created = honest.call({
          type: 'create',
          path,
          data: Buffer.from(path),
          acl: openAcl,
          flags: 0,
        });
        assert.equal(created.err, 0, `create of ${path}`);
        const read = honest.call({ type: 'getData', path, watch: false });
        assert(read.body.type === 'data' && read.body.data?.toString() === path);
        for (const hostile of hostiles) hostile.close();
      }
      // Their sessions end, and nothing is left of them but what they may have written.
      world.run(30_000);
      const mntr = server.word('mntr');
      assert.match(mntr, /zk_num_alive_connections\t[12]\n/);
      assert.match(mntr, /zk_outstanding_requests\t0\n/);
      assert.deepEqual(
        server.log.filter((line) => line.startsWith('error')),
        [],
      );
    });
  });

  it('a lie about a length costs the server no memory', () => {
    const world = new MemoryWorld();
    const server = new MemoryServer(world, { lines: ['maxClientCnxns=0'] });
    world.run(20);
    const before = process.memoryUsage().arrayBuffers;
    const lie = Buffer.from('000ffffe0000000100000001', 'hex');
    const clients = Array.from({ length: 300 }, () =>
      server.client({ raw: Buffer.concat([handshake, lie]) }),
    );
    world.run(100);

    // A megabyte was announced on each of 300 connections, and twelve bytes came.
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024);
    assert.equal(server.client().call({ type: 'exists', path: '/', watch: false }).err, 0);
    for (const client of clients) client.close();
  });
});

/** What one hostile client sends, all at once. */
function conversation(random: Random): Buffer {
  switch (random.below(5)) {
    case 0:
      return garbage(random, 200);
    case 1:
      return mutate(random.pick(words), random, requests);
    case 2:
      return mutate(handshake, random, requests);
    case 3:
      return Buffer.concat([handshake, mutate(Buffer.concat(random.pick(conversations)), random, requests)]);
    default: {
      const frames = Array.from({ length: random.between(1, 12) }, () => reframed(random));
      return Buffer.concat([handshake, ...frames]);
    }
  }
}

/** The length is right, what is inside is not. */
function reframed(random: Random): Buffer {
  const body = mutate(random.pick(requests).subarray(4), random, requests);
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}
