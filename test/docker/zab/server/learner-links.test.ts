import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PeerEvent } from '../../../../docker/zab/src/core/events.ts';
import { LearnerLinks } from '../../../../docker/zab/src/server/learner-links.ts';
import type { Link, LinkHandlers } from '../../../../docker/zab/src/server/ports.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import { encodeQuorumPacket } from '../../../../harness/wire/quorum-codec.ts';
import { sourceOf } from '../core/test-database.ts';
import { MemoryWorld } from './memory-world.ts';

const gib = 1024 ** 3;

/** A learner that is connected, as its leader sees it; `link.bufferedBytes` is for the test to say. */
function connect() {
  const events: PeerEvent[] = [];
  const world = new MemoryWorld();
  let accept: ((link: Link) => LinkHandlers) | null = null;
  const member = { sid: 1, role: 'participant' as const, host: 'zab1', quorumPort: 2888, electionPort: 3888 };
  const links = new LearnerLinks({
    sid: 1,
    membership: { version: 0, members: [member] },
    clock: world.clock(),
    network: {
      listen: (address, acceptor) => {
        accept = acceptor;
        return { port: address.port, close: () => {} };
      },
      dial: () => assert.fail('a leader dials nobody'),
    },
    log: () => {},
    dialTimeoutMs: 1_000,
    listenOnAllAddresses: false,
    received: (received) => void events.push(...received),
    bindFailed: (reason) => assert.fail(reason),
  });
  links.start();
  const link = {
    remote: { host: 'zab2', port: 1 },
    bufferedBytes: 0,
    handlers: null as LinkHandlers | null,
    writes: [] as Buffer[],
    write: (bytes: Buffer) => void link.writes.push(bytes),
    writeAll: (chunks: readonly Buffer[]) => void link.writes.push(Buffer.concat(chunks)),
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  };
  link.handlers = (accept as ((link: Link) => LinkHandlers) | null)?.(link) ?? null;
  return { links, link, events, world };
}

function send(links: LearnerLinks): void {
  links.perform({
    type: 'packet',
    link: 1,
    packet: { type: PacketType.PING, zxid: 1, data: null, authinfo: null },
  });
  links.flush();
}

describe('the link to a learner', () => {
  it('is dropped when the learner takes nothing for too long', () => {
    const { links, link, events } = connect();
    link.bufferedBytes = gib / 4;
    send(links);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['learnerConnected'],
    );

    link.bufferedBytes = gib;
    send(links);

    assert.deepEqual(events.at(-1), {
      type: 'linkClosed',
      link: 1,
      reason: 'it does not take what is sent to it',
    });
  });

  it('gets a snapshot in slices, one a turn and then what came after it', () => {
    const { links, link, world } = connect();
    const slices = ['one ', 'two ', 'three '].map((text) => Buffer.from(text));
    links.perform({ type: 'stream', link: 1, source: sourceOf(...slices) });
    send(links);

    assert.deepEqual(link.writes, [], 'nothing in the turn itself');
    world.run(0);
    const ping = encodeQuorumPacket({ type: PacketType.PING, zxid: 1, data: null, authinfo: null });
    assert.deepEqual(link.writes, [...slices, ping]);
  });

  it('gets no slice of its snapshot while it takes nothing', () => {
    const { links, link, world } = connect();
    links.perform({ type: 'stream', link: 1, source: sourceOf(Buffer.from('one'), Buffer.from('two')) });
    link.bufferedBytes = 64 * 1024;
    world.run(1_000);
    assert.deepEqual(link.writes, []);

    link.bufferedBytes = 0;
    link.handlers?.drained?.(link);
    world.run(0);

    assert.equal(Buffer.concat(link.writes).toString(), 'onetwo');
  });

  it('is dropped when too much waits behind its snapshot, and the snapshot is closed', () => {
    const { links, link, events, world } = connect();
    let isClosed = false;
    const source = { next: () => Buffer.alloc(1), close: () => void (isClosed = true) };
    links.perform({ type: 'stream', link: 1, source });
    link.bufferedBytes = gib;
    world.run(0);

    const packet = { type: 2, zxid: 1, data: Buffer.alloc(64 * 1024 * 1024), authinfo: null };
    for (let index = 0; index < 9; index++) links.perform({ type: 'packet', link: 1, packet });

    assert.equal(events.at(-1)?.type, 'linkClosed');
    assert.ok(isClosed);
  });
});
