import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { createDealer } from '../../../harness/nemesis/dealer.ts';
import { HistoryRecorder } from '../../../harness/history/recorder.ts';
import type { FaultTools, Nemesis } from '../../../harness/nemesis/fault.ts';
import { kill, pause } from '../../../harness/nemesis/crash.ts';
import { partition } from '../../../harness/nemesis/partition.ts';
import { NemesisRun } from '../../../harness/nemesis/nemesis-run.ts';
import { Random } from '../../../harness/random/random.ts';
import { FakeEnsemble } from '../fake-ensemble.ts';
import { noClients } from './no-clients.ts';
import type { FakeEnsembleOptions } from '../fake-ensemble.ts';

interface Setup extends FakeEnsembleOptions {
  readonly nemeses?: readonly Nemesis[];
  readonly untilMs?: number;
  readonly clients?: FaultTools['clients'];
  /** Acknowledged operations so far, by virtual milliseconds. */
  readonly acknowledged?: (nowMs: number, ensemble: FakeEnsemble) => number;
}

async function run({ nemeses = [kill], untilMs = 30_000, acknowledged, clients, ...options }: Setup) {
  const ensemble = new FakeEnsemble(options);
  const recorder = new HistoryRecorder({ nowNs: () => ensemble.clock.nowNs() });
  const count = acknowledged ?? ((nowMs: number) => Math.floor(nowMs / 10));
  const nemesisRun = new NemesisRun({
    tools: {
      ensemble,
      random: new Random(5),
      clients: clients ?? noClients,
      deal: createDealer(new Random(4)),
      setQuiet: () => {},
      isWanted: () => true,
    },
    nemeses,
    recorder,
    random: new Random(6),
    startNs: 0,
    untilNs: untilMs * 1e6,
    acknowledged: () => count(ensemble.clock.nowNs() / 1e6, ensemble),
    leastAcknowledged: 5,
    longestWaitMs: 5000,
  });
  await ensemble.clock.drive(nemesisRun.run());
  return { ensemble, recorder, nemesisRun };
}

describe('nemesis run', () => {
  it('gives every nemesis its turn in each round, with quiet between', async () => {
    const { nemesisRun } = await run({ nemeses: [partition, kill, pause] });

    const names = nemesisRun.windows.map(({ fault }) => fault.nemesis);
    assert.ok(names.length >= 6);
    assert.deepEqual(names.slice(0, 3).sort(), ['kill', 'partition', 'pause']);
    assert.deepEqual(names.slice(3, 6).sort(), ['kill', 'partition', 'pause']);
    for (const [index, { fault }] of nemesisRun.windows.entries()) {
      const next = nemesisRun.windows[index + 1];
      if (next !== undefined) assert.ok(next.fault.startNs - fault.endNs! >= 600e6);
    }
  });

  it('leaves everything healed, before the time is up', async () => {
    const { ensemble, nemesisRun } = await run({ nemeses: [partition, kill, pause] });

    assert.equal(ensemble.dead.size + ensemble.paused.size + ensemble.cuts.length, 0);
    for (const { fault } of nemesisRun.windows) assert.ok(fault.endNs! <= 30_000e6);
    assert.deepEqual(nemesisRun.problems, []);
  });

  it('notes start and end of each fault in the history', async () => {
    const { recorder, nemesisRun } = await run({});

    const [start, end] = recorder.operations;
    const { fault } = nemesisRun.windows[0]!;
    assert.deepEqual([start?.process, start?.type, start?.f], ['nemesis', 'info', 'kill']);
    assert.deepEqual(start?.value, {
      phase: 'start',
      keepsQuorum: nemesisRun.windows[0]?.keepsQuorum,
      shape: fault.shape,
      targets: fault.targets,
    });
    assert.deepEqual(end?.value, {
      phase: 'end',
      proof: fault.proof,
      shape: fault.shape,
      targets: fault.targets,
    });
  });

  it('reports a fault that did not bite', async () => {
    const { nemesisRun } = await run({ toothless: ['kill'], untilMs: 4000 });

    assert.equal(nemesisRun.windows[0]?.fault.proof, null);
    assert.match(nemesisRun.problems[0]!, /^kill \(kill -9 of .*\) against servers? .* did not bite/);
  });

  it('reports a fault that could not be injected, heals what there is, and goes on', async () => {
    const { ensemble, nemesisRun } = await run({ broken: ['kill'] });

    assert.ok(nemesisRun.windows.length > 1);
    assert.ok(nemesisRun.isHealed);
    assert.match(nemesisRun.problems[0]!, /could not be injected: kill \d: out of order$/);
    assert.equal(ensemble.dead.size, 0);
  });

  it('reports a fault that could not be healed', async () => {
    const { nemesisRun } = await run({ broken: ['startServer'], untilMs: 4000 });

    assert.match(nemesisRun.problems[0]!, /could not be healed: start \d: out of order$/);
    assert.equal(nemesisRun.isHealed, false, 'the ensemble is not to be judged by what follows');
  });

  it('gives each its turn also where the ensemble was late after the first', async () => {
    // Nothing is acknowledged for a good while, as where servers take long to come back.
    const acknowledged = (nowMs: number): number => (nowMs < 9_000 ? 0 : Math.floor(nowMs / 10));
    const { nemesisRun } = await run({ nemeses: [partition, kill, pause], untilMs: 13_000, acknowledged });

    const names = nemesisRun.windows.map(({ fault }) => fault.nemesis);
    assert.deepEqual(names.slice(0, 3).sort(), ['kill', 'partition', 'pause']);
  });

  it('shrinks in a short run, so that each has its turn', async () => {
    const { nemesisRun } = await run({ nemeses: [partition, kill, pause], untilMs: 3000 });

    const names = new Set(nemesisRun.windows.map(({ fault }) => fault.nemesis));
    assert.deepEqual([...names].sort(), ['kill', 'partition', 'pause']);
  });

  it('counts what was acknowledged during and after', async () => {
    const { nemesisRun } = await run({});

    for (const { acknowledgedDuring, acknowledgedAfter, lastedMs, quietMs } of nemesisRun.windows) {
      assert.ok(Math.abs(acknowledgedDuring - lastedMs / 10) <= 1);
      assert.ok(Math.abs(acknowledgedAfter - quietMs / 10) <= 1);
    }
  });

  it('lets a fault last until something is acknowledged where a quorum is left', async () => {
    // Nothing is acknowledged in the first three seconds of a pause.
    let [count, pausedMs] = [0, Infinity];
    const { nemesisRun } = await run({
      nemeses: [pause],
      acknowledged: (nowMs, ensemble) => {
        pausedMs = ensemble.paused.size === 0 ? Infinity : Math.min(pausedMs, nowMs);
        return ensemble.paused.size === 0 || nowMs >= pausedMs + 3000 ? (count += 10) : count;
      },
    });

    assert.ok(nemesisRun.windows.length > 0);
    for (const { lastedMs } of nemesisRun.windows) assert.ok(lastedMs >= 3000 && lastedMs < 3300);
  });

  it('gives up waiting after its bound', async () => {
    const { nemesisRun } = await run({ nemeses: [pause], acknowledged: () => 0 });

    const { lastedMs, acknowledgedDuring } = nemesisRun.windows[0]!;
    assert.equal(acknowledgedDuring, 0);
    assert.ok(lastedMs >= 5000 && lastedMs < 7500);
  });

  it('asks nothing of a window in which every client is bound to a server that is harmed', async () => {
    const boundTo = (...servers: number[]): FaultTools['clients'] => ({
      ...noClients,
      connected: () => servers.map((server, place) => ({ place, server, servers: [server] })),
    });
    const settings = { nemeses: [pause], acknowledged: () => 0, servers: 3, leader: 3 };

    const bound = await run({ ...settings, clients: boundTo(1, 2, 3) });
    const free = bound.nemesisRun.windows.filter(({ fault }) => fault.targets.length < 3);
    const targets = free[0]!.fault.targets;
    const alone = await run({ ...settings, clients: boundTo(...targets) });

    assert.ok(free.every(({ keepsQuorum }) => keepsQuorum));
    assert.equal(alone.nemesisRun.windows[0]!.keepsQuorum, false);
    assert.ok(alone.nemesisRun.windows[0]!.lastedMs < 3000);
  });
});
