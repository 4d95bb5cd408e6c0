import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { describeSchedules, renderCoverageTable } from '../../reports/coverage-table.ts';

describe('coverage table', () => {
  it('has a row for each fault and a dash where it met nobody', () => {
    const lines = renderCoverageTable({ cells: { 'kill leader broadcast': 12, 'pause follower SNAP': 3 } });

    assert.deepEqual(lines, [
      '           leader       | follower                             | observer',
      'fault met    disc bcast |  elect  disc  DIFF TRUNC  SNAP bcast |  elect  disc  DIFF TRUNC  SNAP bcast',
      'kill            –    12 |      –     –     –     –     –     – |      –     –     –     –     –     –',
      'pause           –     – |      –     –     –     –     3     – |      –     –     –     –     –     –',
    ]);
  });

  it('names the schedules that never came to their end', () => {
    const schedules = { one: { whole: 2, givenUp: 1 }, other: { whole: 0, givenUp: 4 } };

    assert.equal(describeSchedules({ schedules }), '2 of them 7 times, 2 to the last step; never: other');
  });
});
