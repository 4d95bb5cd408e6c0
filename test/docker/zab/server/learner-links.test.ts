import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PeerEvent } from '../../../../docker/zab/src/core/events.ts';
import { LearnerLinks } from '../../../../docker/zab/src/server/learner-links.ts';
import type { Link, LinkHandlers } from '../../../../docker/zab/src/server/ports.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import { MemoryWorld } from './memory-world.ts';

const gib = 1024 ** 3;

/** A learner that is connected, as its leader sees it; `link.bufferedBytes` is for the test to say. */
function connect(): { links: LearnerLinks; link: { bufferedBytes: number }; events: PeerEvent[] } {
  const events: PeerEvent[] = [];
  let accept: ((link: Link) => LinkHandlers) | null = null;
  const member = { sid: 1, role: 'participant' as const, host: 'zab1', quorumPort: 2888, electionPort: 3888 };
  const links = new LearnerLinks({
    sid: 1,
    membership: { version: 0, members: [member] },
    clock: new MemoryWorld().clock(),
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
    write: () => {},
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  };
  (accept as ((link: Link) => LinkHandlers) | null)?.(link);
  return { links, link, events };
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

  it('may hold a snapshot of any size', () => {
    const { links, link, events } = connect();
    // Only its length matters here, and is not written to.
    const stream = { length: gib } as Buffer;
    links.perform({ type: 'stream', link: 1, bytes: stream });
    link.bufferedBytes = gib;
    links.flush();
    assert.equal(events.length, 1, 'the snapshot alone is no reason');

    link.bufferedBytes = 1.6 * gib;
    send(links);

    assert.equal(events.at(-1)?.type, 'linkClosed');
  });
});
