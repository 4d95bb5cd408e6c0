// Random crashes, partitions, resets, slow disks, pauses and snapshots, with the invariants checked at every
// step; at the end everything is healed and the ensemble must come back to one agreed history.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Random } from '../../../../harness/random/random.ts';
import type { Member } from '../../../../docker/zab/src/core/membership.ts';
import { TestNetwork } from './test-network.ts';

const seedCount = Number(process.env['ORDEAL_CORE_SEEDS'] ?? 150);
let syncToken = 0;
const firstSeed = Number(process.env['ORDEAL_CORE_FIRST_SEED'] ?? 1);

describe('random schedules', () => {
  it('keep every invariant and recover', () => {
    const counts = runSchedules(seedCount, runSchedule);

    // A path that no schedule took was not tested.
    if (seedCount < 100) return;
    for (const what of ['DIFF', 'TRUNC', 'SNAP', 'SNAP_INSTALL', 'STEP_DOWN', 'COMMIT_DECIDE', 'SYNC_DONE']) {
      assert.ok((counts.get(what) ?? 0) > 10, `${what} happened ${counts.get(what) ?? 0} times`);
    }
  });

  it('keep every invariant and recover while the membership changes', () => {
    const counts = runSchedules(seedCount, (seed) => runSchedule(seed, { spares: 2 }));

    if (seedCount < 100) return;
    for (const what of ['CONFIG_PROPOSED', 'CONFIG', 'designated', 'aborted', 'joint commit']) {
      assert.ok((counts.get(what) ?? 0) > 10, `${what} happened ${counts.get(what) ?? 0} times`);
    }
  });

  it('are the same for the same seed', () => {
    assert.deepEqual(runSchedule(7).transcript, runSchedule(7).transcript);
    assert.notDeepEqual(runSchedule(7).transcript, runSchedule(8).transcript);
    assert.deepEqual(runSchedule(7, { spares: 1 }).transcript, runSchedule(7, { spares: 1 }).transcript);
  });
});

function runSchedules(count: number, run: (seed: number) => TestNetwork): Map<string, number> {
  const counts = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    try {
      for (const [what, times] of run(seed).invariants.counts) {
        counts.set(what, (counts.get(what) ?? 0) + times);
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  return counts;
}

function runSchedule(seed: number, { spares = 0 } = {}): TestNetwork {
  const random = new Random(seed);
  const voters = random.pick([3, 3, 5]);
  const observers = random.pick([0, 1]);
  const network = new TestNetwork({
    voters,
    observers,
    spares,
    commitLogCount: random.pick([2, 5, 500]),
    forceSnapshotSync: random.chance(0.15),
    // Every third ensemble has servers of that kind, in all proportions. They take no configurations from a log.
    appliesLogAtStart:
      spares === 0 && seed % 3 === 0 ? [1, 2, 3, 4, 5].filter((sid) => (seed / 3 + sid) % 4 !== 0) : [],
    random: random.fork('network'),
  });
  const sids = [...network.servers.keys()];
  network.start(...sids);
  network.run(random.between(100, 1500));

  const stepCount = random.between(20, 60);
  for (let step = 0; step < stepCount; step++) {
    if (spares > 0 && random.chance(0.2)) reconfigure(network, random);
    else takeStep(network, sids, random);
    network.run(random.pick([1, 5, 20, 100, 400, 1200]));
  }
  recover(network, sids);
  return network;
}

function takeStep(network: TestNetwork, sids: readonly number[], random: Random): void {
  const sid = random.pick(sids);
  switch (random.below(24)) {
    case 0:
      return network.crash(sid);
    case 1:
      return network.crash(...random.shuffle(sids).slice(0, random.between(1, sids.length)));
    case 2:
    case 3:
    case 4:
    case 5:
      for (const other of sids) if (network.server(other).peer === null) network.start(other);
      return;
    case 6:
      return network.isolate(...random.shuffle(sids).slice(0, random.between(1, sids.length - 1)));
    case 7:
      return network.cutOneWay(sid, random.pick(sids));
    case 8:
    case 9:
    case 10:
      return network.heal();
    case 11:
      return network.reset(sid, random.pick(sids));
    case 12:
      return random.chance(0.5) ? network.holdDisk(sid) : network.releaseDisk(sid);
    case 13:
      return random.chance(0.5) ? network.pause(sid) : network.resume(sid);
    case 14:
      return network.checkpoint(sid);
    case 15:
      for (const other of sids) {
        if (network.server(other).peer?.serving === true) network.sync(other, ++syncToken);
      }
      return;
    case 16:
    case 17:
      return loseTheLeader(network, random);
    default:
      return proposeEverywhere(network, random);
  }
}

/** Leaders that do not know yet that they are deposed propose too. */
function proposeEverywhere(network: TestNetwork, random: Random): void {
  for (const { sid, peer } of network.servers.values()) {
    if (peer?.role === 'leading' && peer.serving) network.propose(sid, random.between(1, 4));
  }
}

/** The leader logs what nobody else gets, and dies. */
function loseTheLeader(network: TestNetwork, random: Random): void {
  const { leader } = network;
  if (leader === null) return;
  if (random.chance(0.7)) network.isolate(leader);
  network.propose(leader, random.between(1, 3));
  network.run(random.pick([1, 20, 60]));
  network.crash(leader);
  network.heal();
}

/** Any servers may be voters or observers afterwards, the leader too or not. */
function reconfigure(network: TestNetwork, random: Random): void {
  const voterCount = random.between(1, 5);
  const members = random
    .shuffle([...network.all])
    .slice(0, voterCount + random.below(2))
    .map((member, index): Member => ({ ...member, role: index < voterCount ? 'participant' : 'observer' }))
    .sort((one, other) => one.sid - other.sid);
  for (const { sid, peer } of network.servers.values()) {
    if (peer?.role === 'leading' && peer.serving) network.reconfigure(sid, members);
  }
  if (random.chance(0.3)) network.run(random.pick([1, 5, 20]));
  if (random.chance(0.3)) proposeEverywhere(network, random);
  if (random.chance(0.3)) loseTheLeader(network, random);
}

function recover(network: TestNetwork, sids: readonly number[]): void {
  network.heal();
  for (const sid of sids) {
    network.releaseDisk(sid);
    network.resume(sid);
    if (network.server(sid).peer === null) network.start(sid);
  }
  network.runUntil(
    () => network.leader !== null && sids.every((sid) => network.peer(sid).serving),
    30_000,
    'every server serves',
  );
  const leader = network.leader;
  assert.ok(leader !== null);
  network.propose(leader, 2);
  network.run(1_000);
  // A reconfiguration that was under way may change the leader even now.
  network.runUntil(
    () =>
      sids.every(
        (sid) => network.server(sid).database?.applied.length === network.invariants.committed.length,
      ),
    30_000,
    'every server has everything',
  );
  for (const sid of sids) {
    assert.deepEqual(network.server(sid).database?.applied, network.invariants.committed, `server ${sid}`);
    assert.equal(network.server(sid).fatal, null);
  }
}
