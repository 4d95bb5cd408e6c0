import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { History } from '../../../../docker/zab/src/core/history.ts';
import { chooseSync, planAdoption } from '../../../../docker/zab/src/core/synchronization.ts';
import type { StagedSync, SyncSource } from '../../../../docker/zab/src/core/synchronization.ts';
import { testRecord } from './test-database.ts';
import { zxid as show } from './transcript.ts';

/** `1:3` as a number. */
function at(text: string): number {
  const [epoch, counter] = text.split(':').map(Number) as [number, number];
  return epoch * 2 ** 32 + counter;
}

/** A log that starts behind `base`; what stands before `|` is committed. */
function logOf(base: string, text: string): History {
  const [committed = '', pending = ''] = text.includes('|') ? text.split('|') : ['', text];
  const records = (zxids: string) =>
    zxids
      .split(' ')
      .filter((zxid) => zxid !== '')
      .map((zxid) => testRecord(at(zxid)));
  const history = new History(at(base), [...records(committed), ...records(pending)], 500);
  for (let count = records(committed).length; count > 0; count--) history.commitFirst();
  return history;
}

function choose(source: Partial<SyncSource> & { history: History }, peer: string): string {
  const endZxid = source.endZxid ?? source.history.lastZxid;
  const plan = chooseSync(
    { endZxid, lastProcessedZxid: endZxid, epoch: 3, initialEpoch: 2, isSnapshotForced: false, ...source },
    at(peer),
  );
  return plan.type === 'SNAP' ? 'SNAP' : `${plan.type} ${show(plan.zxid)} then after ${show(plan.after)}`;
}

describe("the leader's choice for a learner", () => {
  const history = logOf('1:4', '1:5 1:6 2:1 2:2');

  it('is an empty DIFF for one that has everything', () => {
    assert.equal(choose({ history }, '2:2'), 'DIFF 2:2 then after 2:2');
    assert.equal(choose({ history: logOf('0:0', '') }, '0:0'), 'DIFF 0:0 then after 0:0');
  });

  it('is a DIFF for one that lags within the log, down to where the log starts', () => {
    assert.equal(choose({ history }, '2:1'), 'DIFF 2:2 then after 2:1');
    assert.equal(choose({ history }, '1:5'), 'DIFF 2:2 then after 1:5');
    assert.equal(choose({ history }, '1:4'), 'DIFF 2:2 then after 1:4');
  });

  it('is a SNAP for one that lags further, or is blank', () => {
    assert.equal(choose({ history }, '1:3'), 'SNAP');
    assert.equal(choose({ history }, '0:0'), 'SNAP');
  });

  it('is a TRUNC for one that has more of the last epoch', () => {
    assert.equal(choose({ history }, '2:5'), 'TRUNC 2:2 then after 2:2');
  });

  it('is a TRUNC for one that has followed this very leader', () => {
    assert.equal(choose({ history: logOf('1:4', '1:5') }, '3:2'), 'TRUNC 1:5 then after 1:5');
  });

  it('is a SNAP for one that left off in an epoch of which nothing is known', () => {
    assert.equal(choose({ history: logOf('1:4', '1:5'), epoch: 5, initialEpoch: 4 }, '2:1'), 'SNAP');
  });

  it('is a SNAP where a TRUNC would cross epochs', () => {
    assert.equal(choose({ history }, '1:7'), 'SNAP');
  });

  it('takes (e, 0) for the history with which e began', () => {
    assert.equal(choose({ history }, '2:0'), 'DIFF 2:2 then after 2:0');
    assert.equal(choose({ history: logOf('1:4', '1:5') }, '2:0'), 'DIFF 2:0 then after 2:0');
    assert.equal(choose({ history: logOf('1:4', '1:5') }, '3:0'), 'SNAP');
  });

  it('offers only what is committed, once the epoch is active', () => {
    const active = {
      history: logOf('1:4', '1:5 1:6|3:1 3:2'),
      endZxid: at('1:6'),
      lastProcessedZxid: at('3:0'),
    };

    assert.equal(choose(active, '1:5'), 'DIFF 1:6 then after 1:5');
    assert.equal(choose(active, '3:0'), 'DIFF 3:0 then after 3:0');
    assert.equal(choose(active, '3:2'), 'TRUNC 1:6 then after 1:6');
  });

  it('is a SNAP whenever it is forced', () => {
    assert.equal(choose({ history, isSnapshotForced: true }, '2:2'), 'SNAP');
  });
});

function adopt(history: History, type: StagedSync['type'], anchor: string, records: string): string {
  const staged = logOf(anchor, records).recordsAfter(at(anchor));
  const adoption = planAdoption(history, { type, anchorZxid: at(anchor), records: staged });
  if (adoption.type !== 'adopt') return `${adoption.type}: ${adoption.reason}`;
  const parts = adoption.isSnapshotNeeded ? ['install'] : [];
  parts.push(`keep ${show(adoption.keepThrough)}`);
  return [...parts, ...adoption.append.map((record) => show(record.header.zxid))].join(' ');
}

function confirmed(history: History): History {
  history.confirmBase();
  return history;
}

describe("the learner's choice", () => {
  it('appends a DIFF', () => {
    assert.equal(adopt(logOf('0:0', '1:1 1:2'), 'DIFF', '1:2', '1:3 2:1'), 'keep 1:2 1:3 2:1');
  });

  it('cuts at a TRUNC, but not what follows in the same stream', () => {
    assert.equal(adopt(logOf('0:0', '1:1 1:2 1:3'), 'TRUNC', '1:1', ''), 'keep 1:1');
    assert.equal(adopt(logOf('0:0', '1:1 3:1 3:2'), 'TRUNC', '1:1', '3:1 3:2 3:3'), 'keep 3:2 3:3');
    assert.equal(adopt(logOf('0:0', '1:1 3:1 3:2'), 'TRUNC', '1:1', '3:1'), 'keep 3:1');
  });

  it('cuts where its log starts, if the leader means the same place', () => {
    assert.equal(adopt(logOf('2:0', '2:1 2:2'), 'TRUNC', '1:7', ''), 'keep 2:0');
    assert.equal(adopt(logOf('1:4', '3:1 3:2'), 'TRUNC', '3:0', ''), 'keep 1:4');
  });

  it('installs a snapshot that its log does not reach', () => {
    assert.equal(adopt(logOf('0:0', '1:1 1:2'), 'SNAP', '1:7', '1:8'), 'install keep 1:7 1:8');
    assert.equal(adopt(logOf('0:0', '1:1 2:1'), 'SNAP', '1:7', '3:1'), 'install keep 1:7 3:1');
    assert.equal(adopt(logOf('0:0', '1:1'), 'SNAP', '2:0', '2:1'), 'install keep 2:0 2:1');
  });

  it('keeps its log where that reaches the snapshot, since a crash after the installation would lose it', () => {
    assert.equal(adopt(logOf('0:0', '1:1 1:2 2:1'), 'SNAP', '1:1', '1:2 3:1'), 'keep 1:2 3:1');
    assert.equal(adopt(logOf('0:0', '1:1 1:2 2:1'), 'SNAP', '1:0', '1:1 1:2 3:1'), 'keep 1:2 3:1');
    assert.equal(adopt(logOf('1:2', '1:3 2:1'), 'SNAP', '0:0', '1:1 1:2 1:3 3:1'), 'keep 1:3 3:1');
    assert.equal(adopt(logOf('2:0', '2:1'), 'SNAP', '0:0', '1:1 1:2'), 'keep 2:0');
  });

  it('never undoes what is applied', () => {
    assert.match(
      adopt(logOf('0:0', '1:1 1:2|1:3'), 'TRUNC', '1:1', ''),
      /^impossible: .*undo committed transactions.*0x100000001/,
    );
    assert.match(
      adopt(confirmed(logOf('1:4', '1:5')), 'TRUNC', '1:3', ''),
      /^impossible: .*cut the log back to 0x100000003/,
    );
  });

  it('takes no snapshot of a leader that lacks what is known to be committed', () => {
    assert.match(adopt(confirmed(logOf('1:4', '')), 'SNAP', '1:3', ''), /^refused: .*undo committed/);
    assert.match(adopt(logOf('0:0', '1:1 1:2|'), 'SNAP', '1:1', ''), /^impossible: .*undo committed/);
    assert.match(adopt(logOf('1:1', '1:2 1:5|'), 'SNAP', '1:3', '1:4'), /^refused: .*undo committed/);
    assert.equal(adopt(logOf('1:4', '1:5'), 'SNAP', '1:3', ''), 'install keep 1:3');
    assert.equal(adopt(confirmed(logOf('1:4', '1:5')), 'SNAP', '1:7', ''), 'install keep 1:7');
  });

  it('starts over where a snapshot that nobody has called committed is to be cut', () => {
    assert.match(
      adopt(logOf('1:4', ''), 'TRUNC', '1:3', ''),
      /^startOver: .*cut the log back to 0x100000003/,
    );
  });

  it('does not take the start of its log for a part of a history that goes on without it', () => {
    assert.equal(adopt(logOf('1:4', ''), 'SNAP', '1:3', '2:1'), 'install keep 1:3 2:1');
    assert.equal(adopt(logOf('1:4', ''), 'SNAP', '1:3', '1:4 2:1'), 'keep 1:4 2:1');
  });
});
