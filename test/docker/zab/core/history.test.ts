import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { History } from '../../../../docker/zab/src/core/history.ts';
import { testRecord } from './test-database.ts';

const at = (epoch: number, counter: number) => epoch * 2 ** 32 + counter;
const zxidsOf = (history: History, after: number) =>
  history.recordsAfter(after).map(({ header }) => header.zxid);

/** Starts behind 1:4, holds 1:5 to 1:7 and 3:1 to 3:3. */
function twoEpochs(commitLogCount = 500): History {
  const tail = [at(1, 5), at(1, 6), at(1, 7), at(3, 1), at(3, 2), at(3, 3)].map((zxid) => testRecord(zxid));
  return new History(at(1, 4), tail, commitLogCount);
}

describe('history', () => {
  it('finds its records in every epoch, and no others', () => {
    const history = twoEpochs();
    const held = [at(1, 4), at(1, 5), at(1, 7), at(3, 1), at(3, 3)];
    const others = [0, at(1, 3), at(1, 8), at(2, 1), at(3, 0), at(3, 4), at(4, 1), Infinity];

    assert.deepEqual(
      held.filter((zxid) => !history.has(zxid)),
      [],
    );
    assert.deepEqual(
      others.filter((zxid) => history.has(zxid)),
      [],
    );
  });

  it('tells what stands behind any zxid and before it', () => {
    const history = twoEpochs();

    assert.deepEqual(zxidsOf(history, at(1, 7)), [at(3, 1), at(3, 2), at(3, 3)]);
    assert.deepEqual(zxidsOf(history, at(2, 9)), [at(3, 1), at(3, 2), at(3, 3)]);
    assert.deepEqual(zxidsOf(history, at(3, 3)), []);
    assert.equal(zxidsOf(history, 0).length, 6);
    assert.equal(history.lastZxidThrough(at(2, 9)), at(1, 7));
    assert.equal(history.lastZxidThrough(0), at(1, 4));
  });

  it('drops the oldest committed records when it holds more than it may', () => {
    const history = twoEpochs(2);
    for (let count = 0; count < 4; count++) history.commitFirst();

    assert.equal(history.baseZxid, at(1, 6));
    assert.equal(history.lastCommittedZxid, at(3, 1));
    assert.deepEqual(zxidsOf(history, 0), [at(1, 7), at(3, 1), at(3, 2), at(3, 3)]);
    assert.deepEqual(
      history.pendingRecords.map(({ header }) => header.zxid),
      [at(3, 2), at(3, 3)],
    );
  });

  it('goes on behind a cut, and behind a snapshot that replaces it', () => {
    const history = twoEpochs(2);
    for (let count = 0; count < 4; count++) history.commitFirst();

    history.cutAfter(at(3, 2));
    history.append(testRecord(at(4, 1)));
    assert.deepEqual(zxidsOf(history, at(3, 1)), [at(3, 2), at(4, 1)]);
    assert.throws(() => history.append(testRecord(at(4, 3))), /a log that ends at \d+ cannot go on with \d+/);
    assert.throws(() => history.cutAfter(at(1, 7)), /a committed transaction is never cut off/);

    history.reset(at(9, 0));
    assert.deepEqual([history.lastZxid, history.lastCommittedZxid], [at(9, 0), at(9, 0)]);
    history.append(testRecord(at(9, 1)));
    assert.equal(history.firstPending?.header.zxid, at(9, 1));
  });
});
