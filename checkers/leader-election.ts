// Of the members of an election the one who came first leads, and no other. Each leader announces himself with an
// epoch of his own; in the order of the zxids epochs rise, and so does what members see, whenever they look.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countTurns, judgeLine, type LineWords } from './recipes/judge-line.ts';
import { lineFunctions, waitingLinesOf } from './recipes/waiting-lines.ts';
import type { Checker } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const root = '/leader-election';
const leastOpportunities = 5;
const words: LineWords = { granted: 'led', token: 'epoch' };

export const leaderElection: Checker = wholeHistory({
  name: 'leader-election',
  title: 'there is one leader at a time',
  description: 'the member that came first leads alone, and epochs rise from leader to leader',
  concerns: named(...lineFunctions),
  check(history) {
    const lines = waitingLinesOf(pairOperations(history), root);
    return conclude(leaderElection, {
      history,
      opportunities: lines.reduce((sum, line) => sum + countTurns(line), 0),
      leastOpportunities,
      opportunity: 'leaders that followed another',
      evidence: lines.flatMap((line) => judgeLine(line, words)),
      doubts: [],
    });
  },
});
