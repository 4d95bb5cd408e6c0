import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { BlankVoter } from '../../../../docker/zab/src/core/blank-voter.ts';
import { FastLeaderElection } from '../../../../docker/zab/src/core/election.ts';
import { ServerState } from '../../../../harness/wire/constants.ts';
import type { Notification } from '../../../../harness/wire/quorum-packet.ts';
import { Configuration } from '../../../../docker/zab/src/core/configuration.ts';
import { membershipOf } from './lone-peer.ts';

const { LOOKING, FOLLOWING, LEADING, OBSERVING } = ServerState;
const minLong = -(2 ** 63);

/** Server `sid` of five voters and one observer, in round 1. */
function electionOf(sid: number, own = { zxid: 0, peerEpoch: 0 }) {
  const sent: { readonly to: number; readonly notification: Notification }[] = [];
  const election = new FastLeaderElection({
    sid,
    blank: new BlankVoter(sid, { isBlank: false, mayForm: true }),
    configuration: new Configuration({ current: membershipOf(5, 1) }),
    learned: () => undefined,
    minIntervalMs: 200,
    maxIntervalMs: 60_000,
    finalizeWaitMs: 200,
    send: (to, notification) => sent.push({ to, notification }),
    trace: undefined,
  });
  election.start(own, 0);
  return {
    election,
    /** `2<-LOOKING 3 round 1`: to server 2, this server's state, vote and round. */
    takeSent: () =>
      sent.splice(0).map(({ to, notification: { state, leader, electionEpoch } }) => {
        const name = Object.keys(ServerState)[state];
        return `${to}<-${name} ${leader} round ${electionEpoch}`;
      }),
    sent,
  };
}

/** Server 1 of two voters, while it is pending that server 3 becomes the third. */
function electionWithPending() {
  const { members } = membershipOf(3, 0);
  const current = { members: members.slice(0, 2), version: 1 };
  const configuration = new Configuration({
    current,
    pending: [{ members, version: 2 }],
    isChangeable: true,
  });
  const election = new FastLeaderElection({
    sid: 1,
    blank: new BlankVoter(1, { isBlank: false, mayForm: true }),
    configuration,
    learned: () => undefined,
    minIntervalMs: 200,
    maxIntervalMs: 60_000,
    finalizeWaitMs: 200,
    send: () => undefined,
    trace: undefined,
  });
  election.start({ zxid: 2, peerEpoch: 1 }, 0);
  return election;
}

function said(notification: Partial<Notification>): Notification {
  return {
    state: LOOKING,
    leader: 1,
    zxid: 0,
    electionEpoch: 1,
    peerEpoch: 0,
    version: 2,
    config: '',
    ...notification,
  };
}

describe('an election', () => {
  it('begins with a vote for oneself, sent to every other voter', () => {
    const { sent, election } = electionOf(2, { zxid: 9, peerEpoch: 4 });

    assert.deepEqual(
      sent.map(({ to }) => to),
      [1, 3, 4, 5],
    );
    assert.deepEqual(election.vote, { leader: 2, zxid: 9, peerEpoch: 4, electionEpoch: 1 });
    assert.equal(sent[0]?.notification.version, 2);
    assert.match(sent[0]?.notification.config ?? '', /^server\.1=.*\nversion=0$/s);
  });

  it('enters another round while a configuration is pending, however much it hears in this one', () => {
    const election = electionWithPending();
    election.receive(3, said({ leader: 3, zxid: 2, peerEpoch: 1 }), 10);
    const rounds = new Set<number>();

    // Server 2 knows of no third voter: it takes no vote for it, and repeats its own.
    for (let nowMs = 100; nowMs < 10_000; nowMs += 100) {
      election.receive(2, said({ leader: 2, zxid: 1, peerEpoch: 1 }), nowMs);
      if (nowMs >= election.deadlineMs) election.tick(nowMs);
      rounds.add(election.vote.electionEpoch);
    }

    assert.deepEqual([...rounds].slice(0, 3), [1, 2, 3]);
  });

  it('repeats its vote after 200 ms, 400 ms and so on up to a minute', () => {
    const { election, takeSent } = electionOf(2);
    takeSent();
    const waits: number[] = [];

    for (let nowMs = 0, count = 0; count < 12; count++) {
      waits.push(election.deadlineMs - nowMs);
      nowMs = election.deadlineMs;
      election.tick(nowMs);
      assert.equal(takeSent().length, 4);
    }

    assert.deepEqual(waits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000, 60000]);
  });

  it('adopts a better vote and tells everybody, and keeps its own against a worse one', () => {
    const { election, takeSent } = electionOf(2);
    takeSent();

    election.receive(3, said({ leader: 3 }), 1);
    assert.deepEqual(
      takeSent(),
      [1, 3, 4, 5].map((to) => `${to}<-LOOKING 3 round 1`),
    );
    election.receive(1, said({ leader: 1 }), 2);
    assert.deepEqual(takeSent(), []);
    assert.equal(election.vote.leader, 3);
  });

  it('waits 200 ms for a better vote once a quorum agrees', () => {
    const { election } = electionOf(3);
    election.receive(1, said({ leader: 3 }), 10);
    election.receive(2, said({ leader: 3 }), 20);
    assert.equal(election.deadlineMs, 220);

    election.receive(4, said({ leader: 4 }), 219);
    election.tick(220);
    assert.equal(election.state, LOOKING);

    election.receive(1, said({ leader: 4 }), 300);
    election.receive(2, said({ leader: 4 }), 301);
    election.tick(499);
    assert.equal(election.state, LOOKING);
    election.tick(500);
    assert.equal(election.state, FOLLOWING);
    assert.deepEqual(election.takeElected(), { leader: 4, voters: [1, 3, 4] });
    assert.equal(election.takeElected(), null);
    assert.equal(election.deadlineMs, Infinity);
  });

  it('need not wait when every voter agrees', () => {
    const { election } = electionOf(5);

    for (const from of [1, 2, 3, 4]) election.receive(from, said({ leader: 5 }), 10);

    assert.equal(election.state, LEADING);
    assert.deepEqual(election.takeElected(), { leader: 5, voters: [1, 2, 3, 4, 5] });
  });

  it('adopts a later round, with the better of the vote heard and its own first one', () => {
    const { election, takeSent } = electionOf(4);
    election.receive(5, said({ leader: 5 }), 1);
    assert.equal(election.vote.leader, 5);
    takeSent();

    election.receive(1, said({ leader: 1, electionEpoch: 7 }), 2);

    assert.equal(election.round, 7);
    assert.equal(election.vote.leader, 4);
    assert.deepEqual(
      takeSent(),
      [1, 2, 3, 5].map((to) => `${to}<-LOOKING 4 round 7`),
    );
  });

  it('tells its vote to a server in an earlier round, and does not count that one', () => {
    const { election, takeSent } = electionOf(3);
    election.receive(4, said({ leader: 4, electionEpoch: 5 }), 1);
    takeSent();

    election.receive(5, said({ leader: 5, electionEpoch: 4 }), 2);

    assert.deepEqual(takeSent(), ['5<-LOOKING 4 round 5']);
    assert.equal(election.vote.leader, 4);
  });

  it('repeats its better vote to one that was not LOOKING when it was told', () => {
    const { election, takeSent } = electionOf(5);
    election.receive(1, said({ state: FOLLOWING, leader: 4 }), 1);
    takeSent();

    election.receive(1, said({ leader: 1 }), 100);
    assert.deepEqual(takeSent(), ['1<-LOOKING 5 round 1']);
    election.receive(1, said({ leader: 5 }), 101);
    election.receive(2, said({ leader: 2 }), 102);
    assert.deepEqual(takeSent(), []);
  });

  it('does not follow a round so far ahead that its count would lose exactness', () => {
    const { election, takeSent } = electionOf(2);
    takeSent();
    for (const electionEpoch of [2 ** 53 - 1, 2 ** 52, 2 ** 30, -1, -(2 ** 53) + 1]) {
      election.receive(3, said({ leader: 3, electionEpoch }), 1);
      assert.equal(election.round, 1);
      assert.equal(election.vote.leader, 2);
    }

    election.receive(3, said({ leader: 3, electionEpoch: 2 ** 20 }), 2);
    assert.equal(election.round, 2 ** 20);
  });

  it('is not won by an epoch that no zxid can have', () => {
    const { election } = electionOf(2);
    election.receive(3, said({ leader: 3, peerEpoch: 2 ** 21 }), 1);
    election.receive(3, said({ leader: 3, peerEpoch: 2 ** 53 - 1, zxid: 2 ** 53 - 1 }), 1);
    election.receive(3, said({ leader: 3, zxid: -(2 ** 53) + 1, peerEpoch: 1 }), 1);
    assert.equal(election.vote.leader, 2);
  });

  it('joins an established leader whose round is forged, and keeps its own count', () => {
    const { election } = electionOf(2);
    for (const from of [1, 3, 4]) {
      const state = from === 3 ? LEADING : FOLLOWING;
      election.receive(from, said({ state, leader: 3, electionEpoch: 2 ** 53 - 1 }), 1);
    }
    assert.equal(election.takeElected()?.leader, 3);
    assert.equal(election.round, 1);
  });

  it('ignores votes from and for strangers, and those of a server that lost its data', () => {
    const { election, takeSent } = electionOf(3);
    takeSent();

    election.receive(4, said({ leader: 77 }), 1);
    election.receive(4, said({ leader: 6 }), 1);
    election.receive(4, said({ leader: 4, zxid: -1 }), 1);
    election.receive(4, said({ leader: 4, state: 9 }), 1);
    assert.equal(election.vote.leader, 3);
    assert.deepEqual(takeSent(), []);
  });

  it('answers an observer that asks, and does not count it', () => {
    const { election, takeSent } = electionOf(3);
    takeSent();

    election.receive(6, said({ leader: minLong, zxid: minLong, peerEpoch: minLong }), 1);
    election.receive(6, said({ leader: 3, state: OBSERVING }), 1);
    election.receive(1, said({ leader: 3 }), 1);

    assert.deepEqual(takeSent(), ['6<-LOOKING 3 round 1']);
    election.tick(1000);
    assert.equal(election.state, LOOKING);
  });

  it('of an observer follows the voters', () => {
    const { election, sent } = electionOf(6);
    assert.equal(sent[0]?.notification.leader, minLong);

    for (const from of [1, 2, 3]) election.receive(from, said({ leader: 3 }), 1);
    election.tick(201);

    assert.equal(election.state, OBSERVING);
    assert.equal(election.takeElected()?.leader, 3);
  });
});

describe('a server that comes late', () => {
  const established = { leader: 2, electionEpoch: 4, peerEpoch: 3 };

  it('joins the leader that a quorum and the leader itself report', () => {
    const { election } = electionOf(5, { zxid: 99, peerEpoch: 2 });

    election.receive(1, said({ ...established, state: FOLLOWING }), 1);
    election.receive(2, said({ ...established, state: LEADING, zxid: 5 }), 2);
    assert.equal(election.state, LOOKING);
    election.receive(3, said({ ...established, state: FOLLOWING, electionEpoch: 1 }), 3);

    assert.equal(election.state, FOLLOWING);
    assert.deepEqual(election.takeElected(), { leader: 2, voters: [1, 2, 3] });
  });

  it('does not join a leader that only followers report: they may not know yet that it is gone', () => {
    const { election } = electionOf(5);

    for (const from of [1, 3, 4]) election.receive(from, said({ ...established, state: FOLLOWING }), 1);

    assert.equal(election.state, LOOKING);
  });

  it('does not become leader by old reports of another round', () => {
    const { election } = electionOf(2);

    for (const from of [1, 3, 4]) election.receive(from, said({ ...established, state: FOLLOWING }), 1);

    assert.equal(election.state, LOOKING);
  });

  it('counts only reports of one leadership', () => {
    const { election } = electionOf(5);

    election.receive(2, said({ ...established, state: LEADING }), 1);
    election.receive(1, said({ ...established, state: FOLLOWING, peerEpoch: 2 }), 1);
    election.receive(3, said({ ...established, state: FOLLOWING, leader: 4 }), 1);

    assert.equal(election.state, LOOKING);
  });
});

describe('an established server', () => {
  it('tells a LOOKING one of the leader and the epoch, and ignores the rest', () => {
    const { election, takeSent, sent } = electionOf(5);
    for (const from of [1, 2, 3, 4]) election.receive(from, said({ leader: 5 }), 10);
    election.establish(8);
    takeSent();

    election.receive(3, said({ leader: 3, electionEpoch: 6, peerEpoch: 7 }), 20);
    assert.deepEqual(
      sent.map(({ to, notification: { state, leader, peerEpoch, electionEpoch } }) => ({
        to,
        state,
        leader,
        peerEpoch,
        electionEpoch,
      })),
      [{ to: 3, state: LEADING, leader: 5, peerEpoch: 8, electionEpoch: 1 }],
    );
    takeSent();
    election.receive(3, said({ leader: 5, state: FOLLOWING }), 21);
    assert.deepEqual(takeSent(), []);
    assert.equal(election.state, LEADING);
  });
});
