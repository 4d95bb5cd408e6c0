import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Member } from '../../../../docker/zab/src/core/membership.ts';
import { TestNetwork } from './test-network.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { zxid } from './transcript.ts';

/** Servers 1 to 3 have votes, 4 and 5 follow without. */
function startTrio(): TestNetwork {
  const network = new TestNetwork({ voters: 3, spares: 2 });
  network.start(1, 2, 3);
  network.runUntilServing(1, 2, 3);
  network.start(4, 5);
  network.runUntilServing(4, 5);
  assert.equal(network.leader, 3);
  network.takeTranscript();
  return network;
}

const voters = (network: TestNetwork, ...sids: number[]): Member[] =>
  network.all.filter(({ sid }) => sids.includes(sid));

const versionOn = (network: TestNetwork, sid: number) =>
  zxid(network.peer(sid).configuration.current.version);

describe('a reconfiguration', () => {
  it('is decided by quorums of the old configuration and of the new one', () => {
    const network = startTrio();
    for (const sid of [4, 5]) network.holdDisk(sid);

    assert.ok(network.reconfigure(3, voters(network, 3, 4, 5)));
    network.propose(3);
    network.run(100);
    assert.deepEqual(network.invariants.committed, [], 'the old quorum is not enough');

    network.releaseDisk(4);
    network.run(100);
    assert.equal(network.invariants.committed.length, 2);
    assert.deepEqual(
      [1, 2, 3, 4].map((sid) => versionOn(network, sid)),
      ['1:1', '1:1', '1:1', '1:1'],
    );

    // From here on the old one counts no more.
    network.crash(1, 2);
    network.propose(3);
    network.run(100);
    assert.equal(network.invariants.committed.length, 3);
  });

  it('hands over to the server that it names, without an election', () => {
    const network = startTrio();

    assert.ok(network.reconfigure(3, voters(network, 1, 2)));
    network.run(20);

    assert.deepEqual(
      network.transcript.filter((line) => /leads|LOOKING|elects/.test(line)),
      ['3 leads no longer: server 1 leads in the new configuration', '1 leads epoch 2 with 1 2'],
    );
    network.runUntil(() => network.leader === 1, 5_000, 'server 1 leads');
    network.runUntilServing(1, 2, 3, 4, 5);
    network.propose(1);
    network.run(100);
    assert.equal(network.invariants.committed.length, 2);
    assert.doesNotMatch(network.takeTranscript(), /elects/);
  });

  it('is not believed by one that joins before it is decided', () => {
    const network = startTrio();
    network.crash(5);
    for (const sid of [1, 2]) network.holdDisk(sid);
    assert.ok(network.reconfigure(3, voters(network, 3)));
    network.run(20);

    network.start(5);
    network.runUntilServing(5);
    assert.equal(versionOn(network, 5), '1:0');

    for (const sid of [1, 2]) network.releaseDisk(sid);
    network.run(100);
    assert.equal(versionOn(network, 5), '1:1');
  });

  it('that only its dead leader has is forgotten, and so is what it would have needed', () => {
    const network = startTrio();
    network.isolate(3);
    assert.ok(network.reconfigure(3, voters(network, 3)));
    network.run(5);
    network.crash(3);
    network.heal();
    network.runUntil(() => network.leader !== null, 5_000, 'one leads');
    const leader = network.leader ?? 0;

    network.start(3);
    network.runUntilServing(3);
    network.run(50);

    assert.equal(network.peer(3).configuration.pending, null);
    network.crash(3);
    network.propose(leader);
    network.run(100);
    assert.equal(network.invariants.committed.length, 1);
  });

  it('that may be decided needs the vote of one who was an observer before it', () => {
    const network = startTrio();
    const observing = (sid: number): Member[] =>
      voters(network, 1, 2, 3).map((member) => ({
        ...member,
        role: member.sid === sid ? 'observer' : 'participant',
      }));
    for (const members of [observing(1), voters(network, 1, 2, 3), observing(2)]) {
      network.runUntil(() => network.leader === 3, 5_000, 'server 3 leads');
      network.runUntilServing(1, 2, 3);
      assert.ok(network.reconfigure(3, members));
      network.run(300);
    }
    assert.equal(versionOn(network, 3), '1:3');
    network.crash(1, 2, 3, 4, 5);

    // As if power had gone before the last two came into the file.
    const first = { members: observing(1), version: makeZxid(1, 1) };
    for (const sid of [1, 2, 3]) network.server(sid).disk.membership = first;
    network.start(1, 2, 3);

    network.runUntilServing(1, 2, 3);
    assert.equal(versionOn(network, 3), '1:3');
    assert.equal(network.peer(2).role, 'observing');
  });

  for (const silenceMs of [700, 1_500, 3_000, 6_000]) {
    it(`that one of the needed servers has not heard of keeps nobody from electing, after ${silenceMs} ms`, () => {
      const network = new TestNetwork({ voters: 2, spares: 1 });
      network.start(1, 2);
      network.runUntilServing(1, 2);
      network.start(3);
      network.runUntilServing(3);
      assert.equal(network.leader, 2);
      network.isolate(1);
      assert.ok(network.reconfigure(2, voters(network, 1, 2, 3)));
      network.run(silenceMs);

      network.heal();

      network.runUntil(() => network.leader !== null, 10_000, 'one leads');
      network.runUntilServing(1, 2, 3);
    });
  }

  it('that is gone takes the role with it that it would have given', () => {
    const network = startTrio();
    const observing = voters(network, 1, 2, 3).map((member): Member => ({
      ...member,
      role: member.sid === 1 ? 'observer' : 'participant',
    }));
    assert.ok(network.reconfigure(3, observing));
    network.run(300);
    network.runUntilServing(1, 2, 3);
    network.crash(1);
    network.server(1).disk.pendingMembership = { members: voters(network, 1, 2, 3), version: makeZxid(1, 9) };

    network.start(1);

    network.runUntilServing(1);
    network.run(3_000);
    assert.equal(network.peer(1).role, 'observing');
    assert.ok(network.peer(1).serving);
  });

  it('that a quorum of both has is completed by the next leader', () => {
    const network = startTrio();
    assert.ok(network.reconfigure(3, voters(network, 1, 2, 4)));
    network.run(2);
    assert.deepEqual(network.invariants.committed, [], 'logged, and not decided');

    network.crash(3);
    network.runUntil(() => network.leader !== null, 5_000, 'one leads');
    network.runUntilServing(1, 2, 4, 5);

    assert.deepEqual(
      [1, 2, 4, 5].map((sid) => versionOn(network, sid)),
      ['1:1', '1:1', '1:1', '1:1'],
    );
    network.crash(...[1, 2, 4].filter((sid) => sid !== network.leader).slice(0, 1));
    network.propose(network.leader ?? 0);
    network.run(100);
    assert.equal(network.invariants.committed.length, 2);
  });
});
