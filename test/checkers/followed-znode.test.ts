import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { coursesOf, judgeCourse } from '../../checkers/followed-znode.ts';
import type { FollowerReport } from '../../checkers/followed-znode.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { armed, asked, event, held, report } from './draw-followers.ts';

function judge(...reports: readonly FollowerReport[]): string[] {
  const dated = reports.map((one, index) => {
    const operation: Operation = {
      index,
      time: index * 1e9,
      process: 1,
      type: 'ok',
      f: 'check',
      value: null,
    };
    return { report: one, operation };
  });
  return coursesOf(dated).flatMap((course) => judgeCourse('/a', course).map(({ sentence }) => sentence));
}

describe('a follower', () => {
  it('is told of a change before any answer shows it', () => {
    assert.deepEqual(judge(report([armed(1), event, armed(2), event, asked(3), armed(3), asked(3)])), []);

    const [missed] = judge(report([armed(1), asked(2)]));
    assert.match(missed ?? '', /had a watch at version 1 and was shown version 2 .*no event in between/);
  });

  it('is told of it also when it asks with a watch, and over several reports', () => {
    assert.match(judge(report([armed(1), armed(3)]))[0] ?? '', /had a watch at version 1/);
    assert.match(judge(report([armed(1)]), report([asked(2)]))[0] ?? '', /had a watch at version 1/);
  });

  it('need not be told of what came before its watch, or behind its event', () => {
    assert.deepEqual(judge(report([asked(1), armed(4), event, asked(6), asked(7)])), []);
  });

  it('never goes back', () => {
    const [back] = judge(report([armed(5)]), report([event, asked(4)], { held: null }));

    assert.match(back ?? '', /was shown version 4 after 5 \(told at 0.000 s\)/);
  });

  it('may be behind another one', () => {
    assert.deepEqual(judge(report([armed(5)]), report([asked(4)], { session: 'bb' })), []);
  });

  it('ends on what it was shown, unless its connection failed', () => {
    const journal = [armed(1), held(1), event, asked(2)];

    assert.match(judge(report(journal, { held: 1 }))[0] ?? '', /went by version 1 .* shown version 2/);
    assert.deepEqual(judge(report(journal, { held: null })), []);
    assert.deepEqual(judge(report([...journal, armed(3), held(3)], { shown: 2, held: 3 })), []);
  });
});
