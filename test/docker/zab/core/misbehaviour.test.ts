// A peer that talks nonsense loses its connection; it never brings this server down.

import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import type { PeerEvent } from '../../../../docker/zab/src/core/events.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { LonePeer } from './lone-peer.ts';
import { testRecord } from './test-database.ts';

const zxids = fc.oneof(
  fc.constantFrom(-1, 0, makeZxid(1, 0), makeZxid(2, 0), makeZxid(2 ** 21 - 1, 5)),
  fc.tuple(fc.nat(3), fc.nat(4)).map(([epoch, counter]) => makeZxid(epoch, counter)),
);

const packets = zxids.chain((zxid) =>
  fc.record({
    type: fc.nat(20),
    zxid: fc.constant(zxid),
    data: fc.oneof(
      fc.constant(null),
      fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(testRecord(Math.max(zxid, 0)).bytes),
    ),
    authinfo: fc.constant(null),
  }),
);

const events: fc.Arbitrary<PeerEvent | 'flush' | 'wait'> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('packet' as const), link: fc.nat(2), packet: packets }),
  },
  fc.record({ type: fc.constant('learnerConnected' as const), link: fc.integer({ min: 3, max: 6 }) }),
  fc.record({ type: fc.constant('leaderConnected' as const), link: fc.integer({ min: 3, max: 6 }) }),
  fc.record({ type: fc.constant('linkClosed' as const), link: fc.nat(6), reason: fc.constant('reset') }),
  fc.record({
    type: fc.constant('snapshot' as const),
    link: fc.nat(2),
    stream: fc.constantFrom(Buffer.from('torn'), Buffer.from('[1]')),
  }),
  fc.record({
    type: fc.constant('notification' as const),
    from: fc.nat(5),
    notification: fc.record({
      state: fc.nat(4),
      leader: fc.nat(5),
      zxid: zxids,
      electionEpoch: fc.nat(5),
      peerEpoch: fc.nat(5),
      version: fc.constantFrom(0, 2),
      config: fc.constant(null),
    }),
  }),
  fc.constantFrom('flush' as const, 'wait' as const),
);

describe('whatever other servers send', () => {
  for (const { role, make } of [
    { role: 'a leader', make: leadingPeer },
    { role: 'a follower', make: followingPeer },
    { role: 'a server that looks for a leader', make: () => new LonePeer({ sid: 1 }) },
  ]) {
    it(`${role} does not fail`, () => {
      fc.assert(
        fc.property(fc.array(events, { maxLength: 25 }), (steps) => {
          const peer = make();
          for (const step of steps) {
            if (step === 'flush') peer.flush();
            else if (step === 'wait') peer.pass(250);
            else peer.step(step);
          }
        }),
        { numRuns: 400, seed: 7 },
      );
    });
  }
});

function leadingPeer(): LonePeer {
  const peer = new LonePeer({ sid: 3 });
  peer.serve();
  peer.propose(2);
  return peer;
}

function followingPeer(): LonePeer {
  const peer = new LonePeer({ sid: 1, epoch: 1, tail: [testRecord(makeZxid(1, 1))] });
  peer.follow(2);
  peer.promise(2);
  return peer;
}
