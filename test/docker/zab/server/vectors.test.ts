// Conversations that real clients had with a real ZooKeeper 3.8.0, held again with this server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { decodeReplyBody, decodeReplyHeader, requestNameOf } from '../../../../harness/wire/client-codec.ts';
import type { ReplyBody, RequestName } from '../../../../harness/wire/records.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

interface Frame {
  readonly dir: 'C>S' | 'S>C' | 'note';
  readonly hex: string;
}

interface Connection {
  readonly label: string;
  readonly frames: readonly Frame[];
}

interface Exchange {
  readonly xid: number;
  readonly name: RequestName;
  readonly request: Buffer;
  /** Without its length. */
  readonly reply: Buffer;
}

function conversation(file: string, label: string): Exchange[] {
  const text = readFileSync(new URL(`../../../vectors/${file}`, import.meta.url), 'utf8');
  const { connections } = JSON.parse(text) as { connections: readonly Connection[] };
  const found = connections.find((connection) => connection.label.startsWith(label));
  assert(found !== undefined, `no conversation "${label}"`);
  const bytes = found.frames
    .filter(({ dir }) => dir !== 'note')
    .map(({ dir, hex }) => ({ dir, bytes: Buffer.from(hex, 'hex') }))
    .slice(2);
  const exchanges: Exchange[] = [];
  for (const { dir, bytes: request } of bytes) {
    if (dir !== 'C>S') continue;
    const xid = request.readInt32BE(4);
    const name = requestNameOf(request.readInt32BE(8));
    const reply = bytes.find((other) => other.dir === 'S>C' && other.bytes.readInt32BE(4) === xid);
    assert(name !== null && reply !== undefined);
    exchanges.push({ xid, name, request, reply: reply.bytes.subarray(4) });
  }
  return exchanges;
}

function replay(
  exchanges: readonly Exchange[],
  compare: (ours: Buffer, exchange: Exchange) => void,
  lines: readonly string[] = ['extendedTypesEnabled=true'],
): void {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines: ['tickTime=1000', 'server.1=zab1:1:2', ...lines] });
  world.run(20);
  const client = server.client({ timeoutMs: 10_000 });
  for (const exchange of exchanges) {
    client.write(exchange.request);
    world.run(20);
    const frame = client.frames.shift();
    assert(frame !== undefined, `no reply to ${exchange.name} ${exchange.xid}`);
    compare(frame, exchange);
  }
}

/** The body without what differs from run to run: times, session ids and, where told so, zxids. */
function shown(frame: Buffer, name: RequestName, masked: RegExp): unknown {
  const { err } = decodeReplyHeader(frame);
  if (err !== 0) return null;
  const body: ReplyBody = decodeReplyBody(name, frame);
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (masked.test(key) ? 'any' : value)));
}

describe('conversations with Apache ZooKeeper, held again', () => {
  it('give the same replies, zxids and Stats on an empty server', () => {
    const exchanges = conversation('client-standalone.json', 'standalone session that wrote');
    assert.equal(exchanges.length, 14);

    replay(exchanges, (ours, { name, reply, xid }) => {
      const header = decodeReplyHeader(ours);
      const expected = decodeReplyHeader(reply);
      // A second session was opened meanwhile.
      if (name === 'closeSession') assert.equal(header.err, expected.err);
      else assert.deepEqual(header, expected, `${name} ${xid}`);
      const masked = /^(ctime|mtime|ephemeralOwner)$/;
      assert.deepEqual(shown(ours, name, masked), shown(reply, name, masked), `${name} ${xid}`);
    });
  });

  it('give the same errors for odd requests', () => {
    const exchanges = conversation('client-raw.json', 'error replies and odd requests');
    assert(exchanges.length > 50);
    // Create2 in a multi answers like create2 since 3.8.2; Apache's tree held other things too, and as a
    // member of an ensemble it had a text in /zookeeper/config.
    const others = new Set([42, 47, 52]);
    const masked = /^(czxid|mzxid|pzxid|ctime|mtime|ephemeralOwner)$/;

    replay(exchanges, (ours, { name, reply, xid }) => {
      assert.equal(decodeReplyHeader(ours).err, decodeReplyHeader(reply).err, `${name} ${xid}`);
      if (!others.has(xid))
        assert.deepEqual(shown(ours, name, masked), shown(reply, name, masked), `${name} ${xid}`);
    });
  });

  it('count towards quotas, and are refused beyond hard limits', () => {
    const exchanges = conversation('client-standalone.json', 'standalone without extendedTypesEnabled');
    assert.equal(exchanges.length, 13);
    const masked = /^(ctime|mtime)$/;

    replay(
      exchanges,
      (ours, { name, reply, xid }) => {
        assert.deepEqual(decodeReplyHeader(ours), decodeReplyHeader(reply), `${name} ${xid}`);
        assert.deepEqual(shown(ours, name, masked), shown(reply, name, masked), `${name} ${xid}`);
      },
      ['enforceQuota=true'],
    );
  });
});
