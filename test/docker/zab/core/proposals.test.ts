import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Proposals } from '../../../../docker/zab/src/core/proposals.ts';
import { Configuration } from '../../../../docker/zab/src/core/configuration.ts';
import { membershipOf } from './lone-peer.ts';

const epochMark = 7 * 2 ** 32;

function proposalsOf(voters: number, count: number): Proposals {
  const proposals = new Proposals(new Configuration({ current: membershipOf(voters) }), epochMark);
  for (let index = 0; index < count; index++) proposals.proposed(proposals.nextZxid);
  return proposals;
}

/** Voters that have acknowledged so many proposals. */
const ackers = (...counts: number[]) =>
  counts.map((count, index) => ({ sid: index + 1, ackedZxid: epochMark + count }));

describe('proposals', () => {
  it('commit when a quorum has acknowledged them', () => {
    const proposals = proposalsOf(5, 1);

    assert.equal(proposals.tryToCommit(ackers(1, 1)), false);
    assert.equal(proposals.tryToCommit(ackers(1, 1, 1)), true);
    assert.equal(proposals.lastCommittedZxid, epochMark + 1);
    assert.equal(proposals.hasOutstanding, false);
  });

  it('commit one after the other', () => {
    const proposals = proposalsOf(3, 3);

    assert.equal(proposals.tryToCommit(ackers(2, 3, 0)), true);
    assert.equal(proposals.tryToCommit(ackers(2, 3, 0)), true);
    assert.equal(proposals.tryToCommit(ackers(2, 3, 0)), false);
    assert.equal(proposals.lastCommittedZxid, epochMark + 2);
  });

  it('do not commit by acknowledgements of an older epoch', () => {
    const proposals = proposalsOf(3, 1);
    const old = [1, 2, 3].map((sid) => ({ sid, ackedZxid: epochMark - 2 ** 32 + 9 }));

    assert.equal(proposals.tryToCommit(old), false);
  });

  it('commit nothing that was not proposed', () => {
    assert.equal(proposalsOf(3, 0).tryToCommit(ackers(9, 9, 9)), false);
  });

  it('end before the last counter', () => {
    const proposals = new Proposals(new Configuration({ current: membershipOf(3) }), epochMark);

    proposals.proposed(epochMark + 0xffff_fffd);
    assert.equal(proposals.isOutOfZxids, false);
    proposals.proposed(epochMark + 0xffff_fffe);
    assert.equal(proposals.isOutOfZxids, true);
  });
});
