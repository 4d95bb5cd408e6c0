import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { judgeTrace, traceInvariants } from '../../../checkers/trace/judge-trace.ts';
import { concludeTrace } from '../../../checkers/trace/trace-guarantee.ts';
import { begun, facts, hashOf, Scene, zxid } from './scene.ts';

/** In which the invariant fires, and the sentence that says why; and one much like it in which it must not. */
interface Case {
  readonly id: string;
  readonly fires: () => Scene;
  readonly says: RegExp;
  readonly silent: () => Scene;
}

const two = zxid(1, 2);
const three = zxid(1, 3);

/** Server 3 has logged `two` alone, and dies with it. */
function withTail(): Scene {
  return begun().propose(3, two).sync(3, two);
}

/** Servers 1 and 2 go on in epoch 2 and commit there. */
function without3(scene: Scene, epoch = 2): Scene {
  return scene.lead(2, [1], epoch).commit(2, [1], zxid(epoch, 1));
}

function back(scene: Scene, sid: number, lastZxid: number, epoch: number): Scene {
  return scene.load(sid, { lastZxid, acceptedEpoch: epoch, currentEpoch: epoch });
}

const cases: readonly Case[] = [
  {
    id: 'I-01',
    fires: () => begun().add(1, 'ACTIVATE', { epoch: 1, ackers: [1, 2] }),
    says: /server 1 activated epoch 1, which server 3 had activated before/,
    silent: () => without3(begun()),
  },
  {
    id: 'I-02',
    fires: () => begun().add(1, 'EPOCH_WRITE', { kind: 'accepted', epoch: 0 }),
    says: /server 1 wrote acceptedEpoch 0 over 1/,
    silent: () => back(begun(), 1, zxid(1, 1), 1),
  },
  {
    id: 'I-03',
    fires: () => begun().add(1, 'EPOCH_ACK', { leader: 2, epoch: 1, counted: true }),
    says: /its counted promise of epoch 1 to server 3 and to server 2/,
    silent: () => begun().add(1, 'EPOCH_ACK', { leader: 2, epoch: 1, counted: false }),
  },
  {
    id: 'I-04',
    fires: () =>
      begun()
        .elect(2, [1], 2)
        .promise(1, 2, 2)
        .add(2, 'ESTABLISH', { epoch: 2, ackers: [1, 2] }),
    says: /established epoch 2 with server 2, which did not promise it/,
    silent: () => begun().elect(2, [1], 2).establish(2, [1], 2),
  },
  {
    id: 'I-05',
    fires: () => back(withTail(), 3, two, 1).elect(1, [3], 2).establish(1, [3], 2),
    says: /server 1 leads epoch 2 with \(1, 0x100000001\), but server 3 promised with \(1, 0x100000002\)/,
    silent: () => back(withTail(), 3, two, 1).elect(3, [1], 2).establish(3, [1], 2),
  },
  {
    id: 'I-06',
    fires: () => begun().add(1, 'ELECTED', { leader: 3, round: 2, voters: [3, 4] }),
    says: /elected by servers 3, 4, which are no quorum/,
    silent: () => begun().add(1, 'ELECTED', { leader: 3, round: 2, voters: [1, 3] }),
  },
  {
    id: 'I-06',
    fires: () =>
      begun()
        .elect(2, [1], 2)
        .promise(2, 2, 2)
        .add(2, 'ESTABLISH', { epoch: 2, ackers: [2] }),
    says: /server 2 took epoch 2 for promised by servers 2, which are no quorum/,
    silent: () => begun().elect(2, [1], 2).establish(2, [1], 2),
  },
  {
    id: 'I-06',
    fires: () =>
      begun()
        .elect(2, [1], 2)
        .establish(2, [1], 2)
        .add(2, 'ACTIVATE', { epoch: 2, ackers: [2, 4] }),
    says: /server 2 took its history of epoch 2 for taken over by servers 2, 4, which are no quorum/,
    silent: () =>
      begun()
        .elect(2, [1], 2)
        .establish(2, [1], 2)
        .add(2, 'ACTIVATE', { epoch: 2, ackers: [1, 2] }),
  },
  {
    id: 'I-07',
    fires: () => {
      const scene = begun().role(1, 'looking').add(1, 'VOTE', { round: 5, leader: 3, zxid: two, epoch: 1 });
      return scene.add(1, 'VOTE', { round: 5, leader: 3, zxid: two, epoch: 0 });
    },
    says: /after the better 3 \(1, 0x100000002\)/,
    silent: () => {
      const scene = begun().role(1, 'looking').add(1, 'VOTE', { round: 5, leader: 3, zxid: two, epoch: 1 });
      return scene.add(1, 'VOTE', { round: 6, leader: 1, zxid: zxid(1, 1), epoch: 1 });
    },
  },
  {
    id: 'I-10',
    fires: () => begun().propose(3, three),
    says: /server 3 proposed 0x100000003 next to 0x100000001/,
    silent: () => begun().propose(3, two).propose(3, three),
  },
  {
    id: 'I-11',
    fires: () => withTail().log(1, two).decide(3, two),
    says: /committed 0x100000002 while only servers 3 have it on disk/,
    silent: () => withTail().log(1, two).sync(1, two).decide(3, two),
  },
  {
    id: 'I-12',
    fires: () => withTail().log(1, two).sync(1, two).apply(1, two),
    says: /server 1 applied 0x100000002, which was not committed/,
    silent: () => withTail().log(1, two).sync(1, two).decide(3, two).apply(1, two),
  },
  {
    id: 'I-13',
    fires: () => withTail().log(1, two).add(1, 'ACK_SEND', { zxid: two }),
    says: /server 1 acknowledged 0x100000002, and its disk has everything up to 0x100000001 only/,
    silent: () => withTail().log(1, two).sync(1, two).add(1, 'ACK_SEND', { zxid: two }),
  },
  {
    id: 'I-14',
    fires: () => {
      const scene = back(withTail(), 3, two, 1).elect(3, [1], 2).establish(3, [1], 2).log(1, two);
      return scene.add(1, 'NEWLEADER_ACK', { epoch: 2, leader: 3 });
    },
    says: /server 1 acknowledged NEWLEADER of epoch 2 without 0x100000002 on its disk/,
    silent: () => {
      const scene = back(withTail(), 3, two, 1).elect(3, [1], 2).establish(3, [1], 2).log(1, two);
      return scene.sync(1, two).add(1, 'NEWLEADER_ACK', { epoch: 2, leader: 3 });
    },
  },
  {
    id: 'I-15',
    fires: () =>
      without3(
        withTail()
          .log(1, two)
          .sync(1, two)
          .decide(3, two)
          .add(1, 'TRUNC', { zxid: zxid(1, 1) }),
      ),
    says: /server 2 leads epoch 2 without 0x100000002, which was committed/,
    silent: () => without3(withTail()),
  },
  {
    id: 'I-16',
    fires: () => withTail().add(1, 'APPEND', { zxid: two, hash: 7 }),
    says: /server 1 logged 0x100000002, which its leader 3 did not send/,
    silent: () => withTail().log(1, two),
  },
  {
    id: 'I-17',
    fires: () => without3(begun()).add(1, 'TRUNC', { zxid: zxid(1, 1) }),
    says: /server 1 cut its log after 0x100000001: 0x200000001 was committed/,
    silent: () => back(without3(withTail()), 3, two, 1).add(3, 'TRUNC', { zxid: zxid(1, 1) }),
  },
  {
    id: 'I-18',
    fires: () => withTail().propose(3, three).log(1, three),
    says: /server 1 logged 0x100000003 behind 0x100000001/,
    silent: () => withTail().propose(3, three).log(1, two).log(1, three),
  },
  {
    id: 'I-19',
    fires: () =>
      withTail().propose(3, three).log(1, two).log(1, three).sync(1, three).sync(3, three).decide(3, three),
    says: /server 3 committed 0x100000003 next to 0x100000001/,
    silent: () =>
      withTail()
        .propose(3, three)
        .log(1, two)
        .log(1, three)
        .sync(1, three)
        .sync(3, three)
        .decide(3, two)
        .decide(3, three),
  },
  {
    id: 'I-20',
    fires: () =>
      without3(withTail())
        .commit(2, [], zxid(2, 2))
        .log(1, zxid(2, 2))
        .propose(2, zxid(2, 3))
        .propose(2, zxid(2, 4))
        .log(1, zxid(2, 4)),
    says: /server 1 logged 0x200000004 behind 0x200000002, and never got 0x200000003/,
    silent: () => without3(withTail()).propose(2, zxid(2, 2)).log(1, zxid(2, 2)),
  },
  {
    id: 'I-21',
    fires: () => begun().apply(1, two, { replay: true }).apply(2, zxid(2, 1), { replay: true }),
    says: /behind 0x100000001 server 1 applied 0x100000002 and server 2 0x200000001/,
    silent: () => begun().propose(3, two).apply(1, two, { replay: true }).apply(2, two, { replay: true }),
  },
  {
    id: 'I-22',
    fires: () => begun().apply(1, two, { replay: true }),
    says: /server 1 applied 0x100000002, which nobody proposed/,
    silent: () => begun().propose(3, two).apply(1, two, { replay: true }),
  },
  {
    id: 'I-23',
    fires: () => {
      const scene = withTail().log(1, two).sync(1, two).decide(3, two).apply(3, two);
      return scene.lead(2, [1], 2).propose(2, zxid(2, 1));
    },
    says: /server 2 proposed 0x200000001 and had not applied 0x100000002/,
    silent: () => {
      const scene = withTail().log(2, two).sync(2, two).decide(3, two).apply(3, two);
      // Its own mark of the epoch is above all that was before.
      return scene.lead(2, [1], 2).apply(2, two).propose(2, zxid(2, 1));
    },
  },
  {
    id: 'I-24',
    fires: () => begun().commit(3, [1, 2], two, { cxid: hashOf(zxid(1, 1)) }),
    says: /request \d+ of session a was committed as 0x100000001 and again as 0x100000002/,
    silent: () => begun().commit(3, [1, 2], two, { cxid: hashOf(zxid(1, 1)), session: 'b' }),
  },
  {
    id: 'I-25',
    fires: () =>
      begun().load(1, {
        snapZxid: zxid(1, 1),
        lastZxid: zxid(1, 1),
        acceptedEpoch: 1,
        currentEpoch: 1,
        digest: 'other',
      }),
    says: /the state at 0x100000001 is other on server 1 \(LOAD\), it was at 4294967297 on server 3/,
    silent: () =>
      begun().load(1, {
        snapZxid: zxid(1, 1),
        lastZxid: zxid(1, 1),
        acceptedEpoch: 1,
        currentEpoch: 1,
        digest: `at ${zxid(1, 1)}`,
      }),
  },
  {
    id: 'I-26',
    fires: () =>
      begun().commit(3, [1, 2], two, { txn: 'closeSession' }).commit(3, [1, 2], three, { txn: 'create' }),
    says: /a create of session a was committed as 0x100000003, the session closed at 0x100000002/,
    silent: () =>
      begun().commit(3, [1, 2], two, { txn: 'closeSession' }).commit(3, [1, 2], three, { txn: 'error' }),
  },
  {
    id: 'I-27',
    fires: () =>
      begun()
        .passMs(500)
        .add(3, 'TOUCH', { session: 'a', timeoutMs: 400 })
        .passMs(300)
        .add(3, 'EXPIRE_DECIDE', { session: 'a' }),
    says: /expire 301 ms after it was heard of; its timeout is 400 ms/,
    silent: () =>
      begun()
        .passMs(500)
        .add(3, 'TOUCH', { session: 'a', timeoutMs: 400 })
        .passMs(400)
        .add(3, 'EXPIRE_DECIDE', { session: 'a' }),
  },
  {
    id: 'I-28',
    fires: () => {
      const scene = begun().add(1, 'ARM', { session: 'a', path: '/x', kind: 'data', zxid: zxid(1, 1) });
      const fire = { session: 'a', path: '/x', zxid: zxid(1, 1) };
      return scene.add(1, 'FIRE', fire).add(1, 'FIRE', fire);
    },
    says: /told session a of \/x once more than it had asked to be/,
    silent: () => {
      const scene = begun().add(1, 'ARM', { session: 'a', path: '/x', kind: 'data', zxid: zxid(1, 1) });
      const fire = { session: 'a', path: '/x', zxid: zxid(1, 1) };
      return scene
        .add(1, 'FIRE', fire)
        .add(1, 'ARM', { session: 'a', path: '/x', kind: 'child' })
        .add(1, 'FIRE', fire)
        .add(1, 'ARM', { session: 'a', path: '/', kind: 'recursive' })
        .add(1, 'FIRE', fire)
        .add(1, 'FIRE', fire);
    },
  },
  {
    id: 'I-29',
    fires: () => begun().add(1, 'REPLY', { session: 'a', xid: 1, zxid: two }),
    says: /server 1 answered with 0x100000002, and had applied 0x100000001/,
    silent: () => begun().add(1, 'REPLY', { session: 'a', xid: 1, zxid: zxid(1, 1) }),
  },
  {
    id: 'I-30',
    fires: () =>
      withTail().propose(3, three, { txn: 'reconfig' }).propose(3, zxid(1, 4), { txn: 'reconfig' }),
    says: /proposed the configuration 0x100000004 while 0x100000003 was under way/,
    silent: () => begun().propose(3, two, { txn: 'reconfig' }).propose(3, three),
  },
  {
    id: 'I-31',
    fires: () =>
      withTail()
        .log(2, two)
        .sync(2, two)
        .decide(3, two)
        .add(1, 'SYNC_RECV', { id: 1 })
        .add(1, 'SYNC_DONE', { id: 1 }),
    says: /server 1 answered a sync with 0x100000001 applied, 0x100000002 had been committed before it/,
    silent: () =>
      withTail()
        .log(2, two)
        .sync(2, two)
        .add(1, 'SYNC_RECV', { id: 1 })
        .decide(3, two)
        .add(1, 'SYNC_DONE', { id: 1 }),
  },
  {
    id: 'I-32',
    fires: () =>
      begun()
        .role(1, 'looking')
        .add(1, 'REPLY', { session: 'a', xid: 4, zxid: zxid(1, 1) }),
    says: /server 1 answered request 4 of session a while looking/,
    silent: () =>
      begun()
        .add(1, 'REPLY', { session: 'a', xid: 4, zxid: zxid(1, 1) })
        .role(1, 'looking'),
  },
  {
    id: 'I-33',
    fires: () => {
      const scene = begun().lead(2, [1], 2);
      for (let count = 0; count < 20; count += 1) scene.passMs(80).sync(3, zxid(1, 1));
      return scene;
    },
    says: /server 3 still leads epoch 1, \d+ ms of its time after server 2 began to lead epoch 2/,
    silent: () => {
      // It was paused for long, which it cannot know, and stepped down soon after.
      const scene = begun().lead(2, [1], 2).passMs(5_000).sync(3, zxid(1, 1));
      return scene.passMs(80).sync(3, zxid(1, 1)).add(3, 'STEP_DOWN', { epoch: 1 }).role(3, 'looking');
    },
  },
  {
    id: 'I-34',
    fires: () => begun().add(1, 'SNAP_TAKE', { zxid: zxid(1, 1), digest: 'other' }),
    says: /server 1 took a snapshot of 0x100000001 with other/,
    silent: () => begun().add(1, 'SNAP_TAKE', { zxid: zxid(1, 1), digest: `at ${zxid(1, 1)}` }),
  },
  {
    id: 'I-36',
    fires: () => {
      const scene = back(withTail(), 3, two, 1)
        .elect(3, [1], 2)
        .establish(3, [1], 2)
        .log(1, two)
        .sync(1, two);
      return scene
        .activate(3, [1], 2)
        .add(1, 'TRUNC', { zxid: zxid(1, 1) })
        .lead(2, [1], 3);
    },
    says: /server 2 leads epoch 3 without 0x100000002, with which server 3 led epoch 2/,
    silent: () => without3(withTail()).lead(1, [2], 3),
  },
  {
    id: 'I-37',
    fires: () =>
      begun()
        .commit(3, [1, 2], two)
        .propose(3, three)
        .log(1, three)
        .sync(1, three)
        .sync(3, three)
        .decide(3, three, { ackers: [1, 3, 4] }),
    says: /server 3 counted server 4 for its COMMIT_DECIDE, which has no vote/,
    silent: () =>
      begun()
        .commit(3, [1, 2], two)
        .propose(3, three)
        .log(1, three)
        .sync(1, three)
        .sync(3, three)
        .decide(3, three, { ackers: [1, 3] }),
  },
  {
    id: 'I-38',
    fires: () => begun().load(4).role(4, 'observing').log(4, zxid(1, 1)).propose(3, two).log(4, two),
    says: /the observer 4 logged 0x100000002, which was not committed/,
    silent: () => begun().load(4).role(4, 'observing').log(4, zxid(1, 1)).commit(3, [1, 2], two).log(4, two),
  },
];

describe('trace invariants', () => {
  it('are silent where everything goes as it should', () => {
    assert.deepEqual(without3(begun()).sentences(), []);
  });

  it('have a case each', () => {
    const ids = new Set(cases.map(({ id }) => id));
    assert.deepEqual(
      traceInvariants.map(({ id }) => id).filter((id) => !ids.has(id)),
      [],
    );
  });

  for (const { id, fires, says, silent } of cases) {
    const name = traceInvariants.find((invariant) => invariant.id === id)?.name;
    it(`${id} ${name}: fires`, () => {
      const sentences = fires().sentences();
      const own = sentences.filter((sentence) => sentence.startsWith(`${id} `));
      assert.equal(own.length, 1, `${id} among ${sentences.join('; ')}`);
      assert.match(own[0] ?? '', says);
    });

    it(`${id} ${name}: is silent about what only looks like it`, () => {
      const own = silent()
        .sentences()
        .filter((sentence) => sentence.startsWith(`${id} `));
      assert.deepEqual(own, []);
    });
  }

  it('report the first breach, and count the others', () => {
    const scene = begun().propose(3, three).propose(3, zxid(1, 9));
    const finding = judgeTrace(scene.events, facts).findings.find(({ invariant }) => invariant.id === 'I-10');
    assert.equal(finding?.count, 2);
    assert.equal(finding?.events.at(-1)?.zxid, three);
  });
});

describe('trace invariants as a guarantee', () => {
  it('are violated with the invariant as the subject', () => {
    const result = concludeTrace({ conclude: () => judgeTrace(begun().propose(3, three).events, facts) });
    assert.equal(result.verdict, 'violated');
    assert.match(result.evidence[0]?.subject ?? '', /^I-10 zxids count/);
  });

  it('are not supported where nobody knows an order of the events', () => {
    assert.equal(concludeTrace(null).verdict, 'not-supported');
  });

  it('are not exercised by an empty trace', () => {
    assert.equal(concludeTrace({ conclude: () => judgeTrace([], facts) }).verdict, 'not-exercised');
  });

  it('pass with the looks that they took', () => {
    const result = concludeTrace({ conclude: () => judgeTrace(begun().events, facts) });
    assert.equal(result.verdict, 'pass');
    assert.ok(result.opportunities > 50);
  });
});

describe('a pending configuration', () => {
  const decided = (voters: readonly number[]) =>
    withTail()
      .propose(3, three, { txn: 'reconfig' })
      .add(3, 'CONFIG_PROPOSED', { zxid: three, voters })
      .log(1, two)
      .log(1, three)
      .sync(1, three)
      .sync(3, three)
      .decide(3, two)
      .decide(3, three, { configs: [0, three] });

  it('counts from its proposal on', () => {
    assert.deepEqual(decided([1, 3]).broken(), []);
    assert.deepEqual(decided([2]).broken(), ['I-11']);
  });
});

describe('a trace that begins with disks that are not empty', () => {
  it('knows that a learner lacks what its leader had on its own', () => {
    const scene = new Scene().load(1).load(2);
    scene.load(3, { lastZxid: zxid(1, 5), acceptedEpoch: 1, currentEpoch: 1 });
    scene.lead(3, [1, 2], 2).propose(3, zxid(2, 1)).log(1, zxid(2, 1));

    assert.match(
      scene.sentences().join('\n'),
      /I-20 server 1 logged 0x200000001 behind 0x0, and never got 0x100000005/,
    );
  });
});

describe('a server whose newest snapshot has rotted', () => {
  it('has what it logged after the older one that it reads instead', () => {
    const scene = withTail().log(1, two).sync(1, two).log(2, two).sync(2, two).decide(3, two);
    const found = { lastZxid: two, acceptedEpoch: 1, currentEpoch: 1 };
    scene.load(1, { ...found, snapZxid: two, digest: 'at two' });
    scene.load(1, { ...found, snapZxid: 0 }).load(2, found);
    scene.lead(1, [2], 2);

    const { findings } = judgeTrace(scene.events, facts);

    assert.deepEqual(
      findings.map(({ invariant, sentence }) => `${invariant.id} ${sentence}`),
      [],
    );
  });
});

describe('a server that leaves its role', () => {
  it('may answer in that very moment what it applied in it, and not later', () => {
    const left = begun().role(1, 'looking');
    const { time = 0 } = left.events.at(-1) ?? {};
    left.add(1, 'REPLY', { session: 'a', xid: 4, zxid: zxid(1, 1), time });
    const late = begun()
      .role(1, 'looking')
      .add(1, 'REPLY', { session: 'a', xid: 4, zxid: zxid(1, 1) });

    assert.deepEqual(judgeTrace(left.events, facts).findings, []);
    assert.equal(judgeTrace(late.events, facts).findings[0]?.invariant.id, 'I-32');
  });
});
