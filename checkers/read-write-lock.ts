// A read-write lock: readers are together with readers, a writer is alone, and everybody waits for those who came
// before him and cannot be with him. While one holds it, nobody else changes the resource.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countTurns, judgeLine, type LineWords } from './recipes/judge-line.ts';
import { lineFunctions, waitingLinesOf } from './recipes/waiting-lines.ts';
import type { Checker } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const root = '/read-write-lock';
const leastOpportunities = 5;
const words: LineWords = { granted: 'had the lock', token: 'fencing token' };

export const readWriteLock: Checker = wholeHistory({
  name: 'read-write-lock',
  title: 'a writer is alone, readers are with readers',
  description: 'no writer has the lock together with anybody, and turns go by the order of arrival',
  concerns: named(...lineFunctions),
  check(history) {
    const lines = waitingLinesOf(pairOperations(history), root);
    return conclude(readWriteLock, {
      history,
      opportunities: lines.reduce((sum, line) => sum + countTurns(line), 0),
      leastOpportunities,
      opportunity: 'turns that followed one with whom they could not be shared',
      evidence: lines.flatMap((line) => judgeLine(line, words)),
      doubts: [],
    });
  },
});
