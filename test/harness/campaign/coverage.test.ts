import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { addCoverage, coverageOf, noCoverage } from '../../../harness/campaign/coverage.ts';
import type { InjectedFault } from '../../../harness/run/run-result.ts';
import { begun, zxid } from '../../checkers/trace/scene.ts';

function fault(nemesis: string, targets: readonly number[], startNs: number): InjectedFault {
  return { nemesis, shape: nemesis, targets, startNs, endNs: null, proof: 'seen', acknowledgedDuring: 0 };
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
      scene.events,
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

    assert.deepEqual(coverageOf(scene.events, [], []).happenings, {
      elections: 1,
      DIFF: 0,
      TRUNC: 0,
      SNAP: 0,
      snapshots: 1,
      restarts: 1,
      'expired sessions': 1,
    });
  });

  it('adds up', () => {
    const one = coverageOf(begun().events, [fault('kill', [3], 1e12)], []);

    const sum = addCoverage(addCoverage(one, one), noCoverage);

    assert.deepEqual(sum.cells, { 'kill leader broadcast': 2 });
    assert.equal(sum.happenings.elections, 2);
  });
});
