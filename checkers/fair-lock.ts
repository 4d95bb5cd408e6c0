// A fair lock has one holder at a time, in the order in which they came, and the resource behind it takes no write of
// one whose turn is over: its number is the fencing token, which never falls.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countTurns, judgeLine, type LineWords } from './recipes/judge-line.ts';
import { lineFunctions, waitingLinesOf } from './recipes/waiting-lines.ts';
import type { Checker } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const root = '/fair-lock';
const leastOpportunities = 5;
const words: LineWords = { granted: 'had the lock', token: 'fencing token' };

export const fairLock: Checker = wholeHistory({
  name: 'fair-lock',
  title: 'a fair lock has one holder, in the order of arrival',
  description: 'the first in line has the lock alone, and what a past holder writes late is kept out',
  concerns: named(...lineFunctions),
  check(history) {
    const lines = waitingLinesOf(pairOperations(history), root);
    return conclude(fairLock, {
      history,
      opportunities: lines.reduce((sum, line) => sum + countTurns(line), 0),
      leastOpportunities,
      opportunity: 'turns that followed another',
      evidence: lines.flatMap((line) => judgeLine(line, words)),
      doubts: [],
    });
  },
});
