import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { createDealer } from '../../../harness/nemesis/dealer.ts';
import type { Fault, FaultTools, Nemesis } from '../../../harness/nemesis/fault.ts';
import { kill, pause, powerLoss } from '../../../harness/nemesis/crash.ts';
import { unavailableNemeses } from '../../../harness/nemesis/nemeses.ts';
import { orphanedTail } from '../../../harness/nemesis/orphaned-tail.ts';
import { partition, shapes } from '../../../harness/nemesis/partition.ts';
import { findLeader, leaderOf } from '../../../harness/nemesis/targets.ts';
import { Random } from '../../../harness/random/random.ts';
import { FakeEnsemble } from '../fake-ensemble.ts';
import { noClients } from './no-clients.ts';
import type { FakeEnsembleOptions } from '../fake-ensemble.ts';

interface Staged {
  readonly ensemble: FakeEnsemble;
  readonly tools: FaultTools;
  readonly quiet: boolean[];
}

function stage(options: FakeEnsembleOptions = {}, seed = 1): Staged {
  const ensemble = new FakeEnsemble(options);
  const quiet: boolean[] = [];
  const tools = {
    ensemble,
    random: new Random(seed),
    clients: noClients,
    deal: createDealer(new Random(seed)),
    setQuiet: (isQuiet: boolean) => quiet.push(isQuiet),
    isWanted: () => true,
  };
  return { ensemble, tools, quiet };
}

/** Plans with many seeds until the shape comes up. */
async function planShape(nemesis: Nemesis, shape: RegExp, options: FakeEnsembleOptions = {}) {
  for (let seed = 0; seed < 200; seed++) {
    const staged = stage(options, seed);
    const fault = await staged.ensemble.clock.drive(nemesis.plan(staged.tools));
    if (shape.test(fault.shape)) return { ...staged, fault };
  }
  return assert.fail(`${nemesis.name} never planned ${String(shape)}`);
}

async function injectAndProve({ ensemble, tools, fault }: Staged & { fault: Fault }): Promise<string | null> {
  await ensemble.clock.drive(fault.inject(tools));
  return ensemble.clock.drive(fault.prove(tools));
}

describe('partition', () => {
  it('leader isolated: cuts every link of the leader, and proves it', async () => {
    const staged = await planShape(partition, /^leader isolated$/, { leader: 3 });

    const proof = await injectAndProve(staged);

    assert.deepEqual(staged.fault.targets, [3]);
    assert.equal(staged.ensemble.cuts.length, 8);
    assert.match(proof ?? '', /^no probe crosses .*3.*; \d→\d still does$/);
  });

  for (const direction of ['receive only', 'send only']) {
    it(`leader isolated, asymmetric, ${direction}: the opposite direction still works`, async () => {
      const staged = await planShape(partition, new RegExp(`^leader .*${direction}$`), { leader: 2 });

      const proof = await injectAndProve(staged);

      assert.equal(staged.ensemble.cuts.length, 4);
      const end = direction === 'receive only' ? 'from' : 'to';
      for (const cut of staged.ensemble.cuts) assert.equal(cut[end], 2);
      assert.notEqual(proof, null);
    });
  }

  it('halves of five leave a quorum, halves of four do not', async () => {
    const five = await planShape(partition, /^halves$/, { servers: 5 });
    const four = await planShape(partition, /^halves$/, { servers: 4 });

    assert.equal(five.fault.targets.length, 2);
    assert.equal(five.fault.keepsQuorum, true);
    assert.equal(four.fault.targets.length, 2);
    assert.equal(four.fault.keepsQuorum, false);
  });

  it('isolates somebody when nobody leads', async () => {
    const staged = await planShape(partition, /no leader was found/, { leader: null });

    assert.notEqual(await injectAndProve(staged), null);
  });

  it('has no proof when links that should be cut carry probes', async () => {
    const staged = await planShape(partition, /^leader isolated$/, { toothless: ['setCuts'] });

    assert.equal(await injectAndProve(staged), null);
  });

  it('has no proof when the probe fails everywhere', async () => {
    const staged = await planShape(partition, /^leader isolated$/);
    staged.ensemble.canReach = async () => false;

    assert.equal(await injectAndProve(staged), null);
  });

  it('heals by cutting nothing', async () => {
    const staged = await planShape(partition, /^halves$/);
    await injectAndProve(staged);

    await staged.fault.heal(staged.tools);

    assert.deepEqual(staged.ensemble.cuts, []);
  });

  for (const servers of [2, 3, 4, 5, 7]) {
    it(`every shape cuts something among ${servers}, with and without observers`, () => {
      for (const observers of [0, 1]) {
        const sids = Array.from({ length: servers + observers }, (_, index) => index + 1);
        for (const shape of shapes) {
          for (const leader of [null, 1]) {
            const draw = { sids, participants: sids.slice(0, servers), leader, oneWay: 'send only' } as const;
            assert.ok(shape(draw).targets.length > 0);
          }
        }
      }
    });
  }
});

describe('kill', () => {
  it('of the leader: proves that no process runs, and restarts it', async () => {
    const staged = await planShape(kill, /of the leader$/, { leader: 4 });

    const proof = await injectAndProve(staged);
    await staged.fault.heal(staged.tools);

    assert.equal(proof, 'no process runs on server 4');
    assert.deepEqual(staged.ensemble.deeds, ['kill 4', 'start 4']);
  });

  it('of a minority: leaves a quorum', async () => {
    const { fault } = await planShape(kill, /of a minority$/);

    assert.equal(fault.targets.length, 2);
    assert.equal(fault.keepsQuorum, true);
  });

  it('of all servers: is short, because nothing can happen', async () => {
    const { fault } = await planShape(kill, /of all servers$/, { servers: 3, observers: 1 });

    assert.deepEqual(fault.targets, [1, 2, 3, 4]);
    assert.equal(fault.keepsQuorum, false);
    assert.equal(fault.duration, 'short');
  });

  it('has no proof when the process still runs', async () => {
    const staged = await planShape(kill, /of the leader$/, { toothless: ['kill'] });

    assert.equal(await injectAndProve(staged), null);
  });

  it('starts only what does not run', async () => {
    const staged = await planShape(kill, /of a minority$/);
    const [first, second] = staged.fault.targets;
    staged.ensemble.dead.add(second!);

    await staged.fault.heal(staged.tools);

    assert.deepEqual(staged.ensemble.deeds, [`start ${second}`]);
    assert.ok(!staged.ensemble.dead.has(first!));
  });
});

describe('pause', () => {
  it('of the leader: proves that it is stopped and silent, and resumes it', async () => {
    const staged = await planShape(pause, /of the leader$/, { leader: 1 });

    const proof = await injectAndProve(staged);
    await staged.fault.heal(staged.tools);

    assert.equal(proof, 'the process of server 1 is stopped and does not answer');
    assert.deepEqual(staged.ensemble.deeds, ['pause 1', 'resume 1']);
  });

  it('has no proof when the process is not stopped', async () => {
    const staged = await planShape(pause, /of the leader$/, { toothless: ['pause'] });

    assert.equal(await injectAndProve(staged), null);
  });

  it('has no proof when the server is said to be stopped and answers', async () => {
    const staged = await planShape(pause, /of the leader$/);
    staged.ensemble.status = async (sid) => ({ sid, mode: 'follower', zxid: 1 });

    assert.equal(await injectAndProve(staged), null);
  });
});

describe('power loss', () => {
  it('of a majority: hits a quorum at once', async () => {
    const staged = await planShape(powerLoss, /of a majority$/);

    const proof = await injectAndProve(staged);

    assert.equal(staged.fault.targets.length, 3);
    assert.equal(staged.ensemble.dead.size, 3);
    assert.match(proof ?? '', /^no process runs on servers/);
  });

  it('has no proof when the process still runs', async () => {
    const staged = await planShape(powerLoss, /of all servers$/, { toothless: ['powerLoss'] });

    assert.equal(await injectAndProve(staged), null);
  });
});

describe('orphaned tail', () => {
  it('isolates the leader, kills it, waits for another, and only then lets it back', async () => {
    const staged = await planShape(orphanedTail, /others go on$/);

    const proof = await injectAndProve(staged);
    await staged.fault.heal(staged.tools);

    assert.equal(proof, 'server 5 is dead and server 4 leads the others');
    assert.deepEqual(staged.ensemble.deeds, ['cut 8', 'kill 5', 'cut 0', 'start 5']);
    assert.deepEqual(staged.quiet, [false]);
  });

  it('kills the leader before it would step down', async () => {
    const staged = await planShape(orphanedTail, /others go on$/);
    const { ensemble } = staged;

    await ensemble.clock.drive(staged.fault.inject(staged.tools));

    assert.ok(ensemble.clock.nowNs() < ensemble.syncLimit * ensemble.tickMs * 1e6);
  });

  it('quiet failover: nothing is written from the kill until it is back', async () => {
    const staged = await planShape(orphanedTail, /quiet failover$/);
    const { ensemble, quiet } = staged;

    await injectAndProve(staged);
    const whileDead = [...quiet];
    await ensemble.clock.drive(staged.fault.heal(staged.tools));

    assert.deepEqual(whileDead, [true]);
    assert.deepEqual(quiet, [true, false]);
  });

  it('has no proof when nobody else is elected', async () => {
    const staged = await planShape(orphanedTail, /others go on$/);
    staged.ensemble.status = async (sid) => ({ sid, mode: 'none', zxid: null });

    assert.equal(await injectAndProve(staged), null);
  });
});

describe('targets', () => {
  it('of two that claim to lead, the newer one leads', () => {
    const leader = leaderOf([
      { sid: 1, mode: 'leader', zxid: 0x1_0000_0009 },
      { sid: 2, mode: 'follower', zxid: 0x2_0000_0001 },
      { sid: 3, mode: 'leader', zxid: 0x2_0000_0001 },
    ]);

    assert.equal(leader, 3);
  });

  it('waits a little for an election', async () => {
    const { ensemble } = stage({ leader: null });
    const finding = findLeader(ensemble);
    await ensemble.clock.drive(ensemble.clock.sleep(500));
    ensemble.leader = 2;

    assert.equal(await ensemble.clock.drive(finding), 2);
  });
});

describe('dealer', () => {
  it('deals each choice once before any comes again', () => {
    const deal = createDealer(new Random(1));
    const choices = ['a', 'b', 'c', 'd'];

    const rounds = [1, 2, 3].map(() => choices.map(() => deal('x', choices)));

    for (const round of rounds) assert.deepEqual([...round].sort(), choices);
    assert.ok(['p', 'q'].includes(deal('another', ['p', 'q'])));
  });
});

describe('availability', () => {
  it('names the nemesis, the world and what it lacks', () => {
    const ensemble = new FakeEnsemble({ capabilities: ['kill', 'partition'] });

    assert.deepEqual(unavailableNemeses([partition, pause, powerLoss], ensemble), [
      'nemesis pause is not available in the sim world, which lacks pause',
      'nemesis power-loss is not available in the sim world, which lacks powerLoss',
    ]);
  });

  it('names the servers that a nemesis needs', () => {
    const ensemble = new FakeEnsemble({ servers: 1 });

    assert.deepEqual(unavailableNemeses([partition, kill], ensemble), [
      'nemesis partition needs 2 voting servers, here are 1',
    ]);
  });
});
