import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isBetterCandidate, namesSameLeadership, noCandidate } from '../../../../docker/zab/src/core/vote.ts';
import type { Notification } from '../../../../harness/wire/quorum-packet.ts';

const zxid = (epoch: number, counter: number) => epoch * 2 ** 32 + counter;

describe('votes', () => {
  it('are ordered by epoch, then zxid, then server id', () => {
    const ascending = [
      noCandidate,
      { peerEpoch: 0, zxid: 0, leader: 1 },
      { peerEpoch: 0, zxid: 0, leader: 2 },
      { peerEpoch: 0, zxid: zxid(1, 9), leader: 1 },
      { peerEpoch: 1, zxid: zxid(1, 1), leader: 3 },
      { peerEpoch: 1, zxid: zxid(1, 2), leader: 1 },
      { peerEpoch: 2, zxid: zxid(1, 1), leader: 1 },
    ];

    for (const [index, candidate] of ascending.entries()) {
      for (const [otherIndex, other] of ascending.entries()) {
        assert.equal(
          isBetterCandidate(candidate, other),
          index > otherIndex,
          `${index} against ${otherIndex}`,
        );
      }
    }
  });

  it('of an established ensemble agree by leader and epoch', () => {
    const report: Notification = {
      state: 1,
      leader: 3,
      zxid: 7,
      electionEpoch: 4,
      peerEpoch: 2,
      version: 2,
      config: null,
    };

    assert.equal(namesSameLeadership(report, { ...report, zxid: 9, electionEpoch: 1 }), true);
    assert.equal(namesSameLeadership(report, { ...report, leader: 2 }), false);
    assert.equal(namesSameLeadership(report, { ...report, peerEpoch: 3 }), false);
    // Version 0 carries no epoch.
    assert.equal(namesSameLeadership(report, { ...report, peerEpoch: 0, version: 0 }), true);
  });
});
