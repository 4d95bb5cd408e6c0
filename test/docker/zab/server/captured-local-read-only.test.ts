// The conversations that Apache ZooKeeper 3.8.0 had with clients of local sessions and of read-only mode, with
// servers of ours in its place: the same frames in the same lengths, the same zxids, errors and ends.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { loadConnections, type VectorConnection } from '../../../harness/wire/vectors.ts';
import { FrameDecoder } from '../../../../harness/wire/frame.ts';
import { MemoryServer, type MemoryClient } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const connections = loadConnections('client-readonly-local.json');
const lengthBytes = 4;
const connectResponseBytes = 37;

function captured(label: string): VectorConnection {
  const found = connections.filter((connection) => connection.label.includes(label));
  assert.equal(found.length, 1, label);
  return found[0] as VectorConnection;
}

/** What does not differ from run to run: of a ConnectResponse all but id and password, of a reply its header. */
function constant(body: Buffer, isHandshake: boolean): string {
  const part = isHandshake
    ? [body.subarray(0, 8), body.subarray(connectResponseBytes - 1)]
    : [body.subarray(0, 16)];
  return `${body.length} bytes ${Buffer.concat(part).toString('hex')}`;
}

/** Sends what the client sent, one frame at a time, and compares what comes back. */
function replay(server: MemoryServer, label: string, session?: Buffer): { client: MemoryClient; id: Buffer } {
  const { frames } = captured(label);
  const client = server.client({ raw: Buffer.alloc(0) });
  const decoder = new FrameDecoder(1_000_000);
  const received: Buffer[] = [];
  for (const [index, { dir, bytes, where }] of frames.entries()) {
    const isHandshake = index <= 1;
    if (dir === 'C>S') {
      // Session id and password are those of this run.
      if (isHandshake && session !== undefined) session.copy(bytes, lengthBytes + 16);
      client.write(bytes);
      server.world.run(150);
      for (const chunk of client.chunks.splice(0))
        received.push(...decoder.push(chunk).map((frame) => Buffer.from(frame)));
      continue;
    }
    const body = received.shift();
    assert(body !== undefined, `${where}: nothing came`);
    const isAnswer = isHandshake && bytes.length === lengthBytes + connectResponseBytes;
    assert.equal(constant(body, isAnswer), constant(bytes.subarray(lengthBytes), isAnswer), where);
    if (isAnswer) client.frames.push(body);
  }
  assert.equal(received.length, 0, `${label}: more came than was captured`);
  const [answer] = client.frames.splice(0);
  return { client, id: answer?.subarray(8, connectResponseBytes - 1) ?? Buffer.alloc(0) };
}

function trio(...lines: readonly string[]) {
  const world = new MemoryWorld();
  const all = ['tickTime=1000', ...lines];
  const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines: all }));
  world.run(3_000);
  const follower = servers.find(({ server }) => server.mode === 'follower');
  assert(follower !== undefined);
  const isolate = () => {
    for (const { host } of servers) if (host !== follower.host) world.cut.add(host);
    world.run(20_000);
  };
  return { world, follower, isolate };
}

const localSessions = ['localSessionsEnabled=true', 'localSessionsUpgradingEnabled=true'];
const readOnlyMode = 'readonlymode.enabled=true';

describe('captured conversations of Apache ZooKeeper', () => {
  it('of local sessions, and of a read-only server that has them', () => {
    const { follower, isolate } = trio(readOnlyMode, ...localSessions);

    assert(replay(follower, 'then an ephemeral create that upgrades').client.isClosed);
    const { id } = replay(follower, 'session made while the server is in read-write mode');
    isolate();
    assert(replay(follower, 'client without the read-only flag is refused').client.isClosed);
    assert(replay(follower, 'old-form client is refused').client.isClosed);
    assert(replay(follower, 'reads work, writes and sync get -119').client.isClosed);
    assert(replay(follower, 're-attach of a global session is refused', id).client.isClosed);
  });

  it('of a read-only server without local sessions', () => {
    const { follower, isolate } = trio(readOnlyMode);
    const client = follower.client();
    // The capture stands at the sixth transaction.
    for (let count = 2; count <= 6; count++) client.call({ type: 'delete', path: '/none', version: -1 });
    isolate();
    replay(follower, 'WITHOUT local sessions');
  });

  it('of a local session that may not be upgraded', () => {
    const { world, follower } = trio('localSessionsEnabled=true');
    // The capture was made in epoch 2.
    for (const host of ['zab1', 'zab2', 'zab3']) world.cut.add(host);
    world.run(8_000);
    world.cut.clear();
    for (let waited = 0; !follower.server.isServing && waited < 20_000; waited += 100) world.run(100);
    assert(follower.server.isServing);
    assert(replay(follower, 'upgrading disabled').client.isClosed);
  });
});
