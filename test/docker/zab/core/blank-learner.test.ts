import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import { commit, newLeader, persisted, promisedFollower, proposal } from './lone-learner.ts';

const { DIFF, UPTODATE } = PacketType;

/** Server 1, a voter whose disk was wiped, has promised epoch 2 to server 2. */
const blankVoter = () =>
  promisedFollower({ epoch: 0, tail: [], peer: { blank: { isBlank: true, mayForm: true } } });

describe('a blank voter that gets its history back', () => {
  it('has all of it or nothing after a crash: with a part it would vote for a history that forgets the rest', () => {
    const learner = blankVoter();
    const zxids = [1, 2, 3].map((counter) => makeZxid(1, counter));
    learner.receive(0, { type: DIFF, zxid: makeZxid(1, 3) });
    for (const zxid of zxids) {
      learner.receive(0, proposal(zxid));
      learner.receive(0, commit(zxid));
    }
    learner.receive(0, newLeader(2));

    const snapshot = 'snapshot 0x100000003 in epoch 1';
    assert.deepEqual(persisted(learner), [snapshot, 'currentEpoch 1', 'currentEpoch 2']);
    assert.deepEqual(learner.database.lastProcessedZxid, makeZxid(1, 3));

    learner.flush();
    assert.deepEqual(learner.takeSent(0), ['ACK 0x200000000']);
    learner.receive(0, { type: UPTODATE });
    assert.equal(learner.peer.role, 'looking', 'it comes back as a voter');
  });
});
