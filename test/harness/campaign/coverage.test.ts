import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { addCoverage, CoverageTape, coverageOf, noCoverage } from '../../../harness/campaign/coverage.ts';
import type { Operation } from '../../../harness/history/operation.ts';
import type { TraceEvent } from '../../../harness/history/trace-event.ts';
import type { InjectedFault } from '../../../harness/run/run-result.ts';
import { begun, zxid } from '../../checkers/trace/scene.ts';

function fault(nemesis: string, targets: readonly number[], startNs: number): InjectedFault {
  return { nemesis, shape: nemesis, targets, startNs, endNs: null, proof: 'seen', acknowledgedDuring: 0 };
}

function taped(events: readonly TraceEvent[]): CoverageTape {
  const tape = new CoverageTape();
  events.forEach(tape.take);
  return tape;
}

describe('coverage', () => {
  it('knows role and phase of a target when the fault began', () => {
    const scene = begun();
    const servedNs = scene.events.at(-1)?.time ?? 0;
    scene.role(1, 'looking');
    const lookingNs = scene.events.at(-1)?.time ?? 0;
    scene.role(1, 'following').add(3, 'SYNC_SEND', { to: 1, mode: 'SNAP', from: 0, upTo: zxid(1, 1) });
    const syncingNs = scene.events.at(-1)?.time ?? 0;

    const { cells } = coverageOf(
      taped(scene.events),
      [
        fault('kill', [3, 2], servedNs + 1),
        fault('pause', [1], lookingNs + 1),
        fault('kill', [1], syncingNs + 1),
        fault('kill', [4], 0),
      ],
      [4],
    );

    assert.deepEqual(cells, {
      'kill observer election': 1,
      'kill leader broadcast': 1,
      'kill follower broadcast': 1,
      'pause follower election': 1,
      'kill follower SNAP': 1,
    });
  });

  it('counts what happened whether a fault met it or not', () => {
    const scene = begun().load(1).add(2, 'SNAP_TAKE').add(3, 'EXPIRE_DECIDE', { session: 'a' });

    assert.deepEqual(coverageOf(taped(scene.events), [], []).happenings, {
      elections: 1,
      DIFF: 0,
      TRUNC: 0,
      SNAP: 0,
      snapshots: 1,
      restarts: 1,
      'expired sessions': 1,
    });
  });

  it('takes each blow of a schedule for itself, under the name of what it was', () => {
    const scene = begun();
    const servedNs = scene.events.at(-1)?.time ?? 0;
    const strikes = [
      { kind: 'kill', sid: 3, timeNs: servedNs + 1, reports: scene.events.length },
      { kind: 'power-loss', sid: 1, timeNs: servedNs + 2, reports: scene.events.length },
    ];
    const whole = { ...fault('some-schedule', [1, 3], 0), shape: 'every step taken', strikes };
    const broken = { ...fault('some-schedule', [], 0), shape: 'given up after 1 steps: why', strikes: [] };

    const { cells, schedules } = coverageOf(taped(scene.events), [whole, broken], []);

    assert.deepEqual(cells, { 'kill leader broadcast': 1, 'power-loss follower broadcast': 1 });
    assert.deepEqual(schedules, { 'some-schedule': { whole: 1, givenUp: 1 } });
  });

  it('tells a blow from what answers it in the same moment', () => {
    const scene = begun().role(1, 'looking').role(1, 'following');
    scene.add(3, 'SYNC_SEND', { to: 1, mode: 'TRUNC', from: 0, upTo: zxid(1, 1) });
    const { time: timeNs = 0 } = scene.events.at(-1) ?? {};
    const strikes = [{ kind: 'power-loss', sid: 1, timeNs, reports: scene.events.length }];
    scene.load(1);

    const { cells } = coverageOf(taped(scene.events), [{ ...fault('some-schedule', [1], 0), strikes }], []);

    assert.deepEqual(cells, { 'power-loss follower TRUNC': 1 });
  });

  it('knows which operations were under way when a fault struck', () => {
    const entry = (index: number, process: number, type: Operation['type'], f: string): Operation => ({
      index,
      time: index * 10,
      process,
      type,
      f,
      value: null,
    });
    const history = [
      entry(0, 0, 'invoke', 'write'),
      entry(1, 1, 'invoke', 'read'),
      entry(2, 0, 'ok', 'write'),
      entry(3, 2, 'invoke', 'read'),
      entry(4, 1, 'ok', 'read'),
    ];

    const { operations } = coverageOf(
      taped([]),
      [fault('kill', [1], 15), fault('pause', [1], 35)],
      [],
      history,
    );

    assert.deepEqual(operations, { 'kill write': 1, 'kill read': 1, 'pause read': 1 });
  });

  it('adds up', () => {
    const one = coverageOf(taped(begun().events), [fault('kill', [3], 1e12)], []);

    const sum = addCoverage(addCoverage(one, one), noCoverage);

    assert.deepEqual(sum.cells, { 'kill leader broadcast': 2 });
    assert.equal(sum.happenings.elections, 2);
  });
});
