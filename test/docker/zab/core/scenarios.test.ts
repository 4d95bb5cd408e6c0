// What an ensemble does, as transcripts: `5 sends TRUNC to 3, which ends at 1:5` is server 5, epoch 1,
// counter 5. Links and disks take one millisecond, so every run is the same.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { TestNetwork } from './test-network.ts';

describe('FastLeaderElection', () => {
  it('five servers started in id order elect server 3 at the third start, 4 and 5 follow', () => {
    const network = new TestNetwork({ voters: 5 });

    network.start(1);
    network.run(300);
    network.start(2);
    network.run(300);
    expectTranscript(
      network,
      `
      server 1 starts
      1 is LOOKING
      1 votes for 1 (epoch 0, zxid 0:0) in round 1
      server 2 starts
      2 is LOOKING
      2 votes for 2 (epoch 0, zxid 0:0) in round 1
      1 votes for 2 (epoch 0, zxid 0:0) in round 1
      `,
    );

    network.start(3);
    network.run(1000);
    expectTranscript(
      network,
      `
      server 3 starts
      3 is LOOKING
      3 votes for 3 (epoch 0, zxid 0:0) in round 1
      1 votes for 3 (epoch 0, zxid 0:0) in round 1
      2 votes for 3 (epoch 0, zxid 0:0) in round 1
      2 elects 3 by the votes of 1 2 3
      3 elects 3 by the votes of 1 2 3
      1 elects 3 by the votes of 1 2 3
      3 establishes epoch 1 with 1 2 3
      3 sends DIFF to 2, which ends at 0:0
      3 sends DIFF to 1, which ends at 0:0
      3 leads epoch 1 with 1 2 3
      2 is up to date in epoch 1
      1 is up to date in epoch 1
      `,
    );

    network.start(4);
    network.run(500);
    network.start(5);
    network.run(500);
    expectTranscript(
      network,
      `
      server 4 starts
      4 is LOOKING
      4 votes for 4 (epoch 0, zxid 0:0) in round 1
      4 elects 3 by the votes of 1 2 3
      3 sends DIFF to 4, which ends at 0:0
      4 is up to date in epoch 1
      server 5 starts
      5 is LOOKING
      5 votes for 5 (epoch 0, zxid 0:0) in round 1
      5 elects 3 by the votes of 1 2 3
      3 sends DIFF to 5, which ends at 0:0
      5 is up to date in epoch 1
      `,
    );
  });

  it('the leader dies and the highest (epoch, zxid, sid) among the rest wins', () => {
    const network = ensembleOf(5);
    network.propose(5, 2);
    network.run(50);
    // Server 4 has the highest id of the rest and misses the last transaction.
    network.cut(4, 5);
    network.propose(5, 1);
    network.run(50);
    network.takeTranscript();

    network.crash(5);
    network.heal();
    network.run(1500);

    expectTranscript(
      network,
      `
      server 5 dies
      the network is whole again
      1 is LOOKING
      1 votes for 1 (epoch 1, zxid 1:3) in round 2
      2 is LOOKING
      2 votes for 2 (epoch 1, zxid 1:3) in round 2
      3 is LOOKING
      3 votes for 3 (epoch 1, zxid 1:3) in round 2
      1 votes for 2 (epoch 1, zxid 1:3) in round 2
      1 votes for 3 (epoch 1, zxid 1:3) in round 2
      2 votes for 3 (epoch 1, zxid 1:3) in round 2
      4 is LOOKING
      4 votes for 4 (epoch 1, zxid 1:2) in round 2
      4 votes for 3 (epoch 1, zxid 1:3) in round 2
      1 elects 3 by the votes of 1 2 3
      2 elects 3 by the votes of 1 2 3
      3 elects 3 by the votes of 1 2 3
      3 establishes epoch 2 with 1 2 3
      3 sends DIFF to 1, which ends at 1:3
      3 sends DIFF to 2, which ends at 1:3
      3 leads epoch 2 with 1 2 3
      4 elects 3 by the votes of 1 2 4
      1 is up to date in epoch 2
      2 is up to date in epoch 2
      3 sends DIFF to 4, which ends at 1:2
      4 is up to date in epoch 2
      `,
    );
    assert.deepEqual(network.server(4).database?.applied, network.invariants.committed);
  });

  it('a higher epoch beats a longer log', () => {
    const network = ensembleOf(3);
    network.propose(3, 1);
    network.run(50);
    network.isolate(3);
    network.propose(3, 5);
    network.run(20);
    network.crash(3);
    network.heal();
    network.run(1500);
    assert.equal(network.leader, 2);
    network.crash(1, 2);
    network.takeTranscript();

    network.start(1, 3);
    network.run(1000);

    expectTranscript(
      network,
      `
      server 1 starts
      1 is LOOKING
      1 votes for 1 (epoch 2, zxid 1:1) in round 1
      server 3 starts
      3 is LOOKING
      3 votes for 3 (epoch 1, zxid 1:6) in round 1
      3 votes for 1 (epoch 2, zxid 1:1) in round 1
      3 elects 1 by the votes of 1 3
      1 elects 1 by the votes of 1 3
      1 establishes epoch 3 with 1 3
      1 sends TRUNC to 3, which ends at 1:6
      3 cuts its log after 1:1
      1 leads epoch 3 with 1 3
      3 is up to date in epoch 3
      `,
    );
  });

  it('a follower restarts and rejoins', () => {
    const network = ensembleOf(3);
    network.propose(3, 2);
    network.run(50);
    network.crash(1);
    network.propose(3, 2);
    network.run(100);
    network.takeTranscript();

    network.start(1);
    network.run(500);

    expectTranscript(
      network,
      `
      server 1 starts
      1 is LOOKING
      1 votes for 1 (epoch 1, zxid 1:2) in round 1
      1 elects 3 by the votes of 2 3
      3 sends DIFF to 1, which ends at 1:2
      1 is up to date in epoch 1
      `,
    );
    assert.deepEqual(network.server(1).database?.applied, network.invariants.committed);
    assert.equal(network.invariants.committed.length, 4);
  });

  it('a follower that lost its link is refused an election and told of the leader', () => {
    const network = ensembleOf(3);

    network.reset(1, 3);
    network.run(500);

    expectTranscript(
      network,
      `
      1 is LOOKING
      1 votes for 1 (epoch 1, zxid 0:0) in round 2
      1 elects 3 by the votes of 2 3
      3 sends DIFF to 1, which ends at 0:0
      1 is up to date in epoch 1
      `,
    );
    assert.equal(network.peer(3).serving, true);
  });

  it('a late joiner follows the leader there is, although its id and its log are greater', () => {
    const network = ensembleOf(3);
    network.propose(3, 2);
    network.run(50);
    network.isolate(3);
    network.propose(3, 4);
    network.run(20);
    network.crash(3);
    network.heal();
    network.run(1500);
    network.takeTranscript();

    network.start(3);
    network.run(1000);

    expectTranscript(
      network,
      `
      server 3 starts
      3 is LOOKING
      3 votes for 3 (epoch 1, zxid 1:6) in round 1
      3 votes for 3 (epoch 1, zxid 1:6) in round 2
      3 elects 2 by the votes of 1 2
      2 sends TRUNC to 3, which ends at 1:6
      3 cuts its log after 1:2
      3 is up to date in epoch 2
      `,
    );
  });

  it('observers never count', () => {
    const network = new TestNetwork({ voters: 3, observers: 3 });

    network.start(1, 4, 5, 6);
    network.run(3000);
    assert.equal(network.leader, null);
    network.start(2);
    network.run(3000);
    assert.equal(network.leader, 2);
    network.runUntilServing(1, 2, 4, 5, 6);
    network.propose(2, 1);
    network.run(50);
    assert.deepEqual(network.server(6).database?.applied, network.invariants.committed);

    // One voter and three observers are no quorum for a commit either.
    network.isolate(1);
    network.propose(2, 1);
    network.run(50);
    assert.equal(network.invariants.committed.length, 1);
    network.run(2000);
    assert.equal(network.leader, null);
    assert.equal(network.peer(4).serving, false);
  });
});

describe('the old leader comes back and its uncommitted tail is gone', () => {
  for (const { title, writes, mode } of [
    { title: 'by TRUNC where the new epoch has no transaction', writes: 0, mode: 'TRUNC' },
    { title: 'by SNAP where it has one', writes: 1, mode: 'SNAP' },
  ]) {
    it(title, () => {
      const network = ensembleOf(3);
      network.propose(3, 2);
      network.run(50);
      network.isolate(3);
      network.propose(3, 3);
      network.run(20);
      assert.equal(network.server(3).disk.log.length, 5);
      network.crash(3);
      network.heal();
      network.run(1500);
      network.propose(2, writes);
      network.run(50);
      network.takeTranscript();

      network.start(3);
      network.run(1000);

      assert.match(network.takeTranscript(), new RegExp(`2 sends ${mode} to 3, which ends at 1:5`));
      assert.deepEqual(network.server(3).database?.applied, network.invariants.committed);
      assert.equal(network.invariants.committed.length, 2 + writes);
      network.crash(3);
      network.start(3);
      network.run(1000);
      assert.deepEqual(network.server(3).database?.applied, network.invariants.committed);
    });
  }
});

describe('an ensemble of five', () => {
  it('keeps serving with three, and not with two', () => {
    const network = ensembleOf(5);

    network.crash(1, 2);
    network.run(1000);
    network.propose(5, 3);
    network.run(50);
    assert.equal(network.invariants.committed.length, 3);

    network.crash(3);
    network.run(1000);
    assert.equal(network.leader, null);
    assert.match(
      network.takeTranscript(),
      /5 leads no longer: no quorum follows: of the voters 1 2 3 4 5 only/,
    );
    assert.equal(network.peer(4).serving, false);

    network.start(1);
    network.runUntilServing(1, 4, 5);
    network.propose(5, 1);
    network.run(50);
    assert.equal(network.invariants.committed.length, 4);
  });

  it('elects on the side of the majority, and the cut-off leader steps down', () => {
    const network = ensembleOf(5);

    network.isolate(4, 5);
    network.propose(5, 1);
    network.run(3000);

    assert.equal(network.leader, 3);
    assert.equal(network.peer(5).role, 'looking');
    assert.equal(network.peer(4).role, 'looking');
    network.propose(3, 1);
    network.run(50);
    network.heal();
    network.runUntilServing(1, 2, 3, 4, 5);
    assert.equal(network.leader, 3);
    assert.deepEqual(network.server(5).database?.applied, network.invariants.committed);
  });
});

describe('an ensemble of one voter', () => {
  it('leads alone, and commits when its own disk has the transaction', () => {
    const network = new TestNetwork({ voters: 1 });
    network.start(1);
    network.run(100);
    assert.equal(network.leader, 1);

    network.holdDisk(1);
    network.propose(1, 1);
    network.sync(1, 7);
    network.run(50);
    assert.deepEqual([network.invariants.committed.length, network.server(1).syncsDone], [0, []]);
    network.releaseDisk(1);
    network.run(50);
    assert.deepEqual([network.invariants.committed.length, network.server(1).syncsDone], [1, [7]]);
  });
});

/** All of them up to date; the last one leads epoch 1. */
function ensembleOf(voters: number): TestNetwork {
  const network = new TestNetwork({ voters });
  const sids = [...network.servers.keys()];
  network.start(...sids);
  network.run(1000);
  assert.equal(network.leader, voters);
  network.runUntilServing(...sids);
  network.takeTranscript();
  return network;
}

function expectTranscript(network: TestNetwork, expected: string): void {
  const lines = expected
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  assert.equal(network.takeTranscript(), lines.join('\n'));
}
