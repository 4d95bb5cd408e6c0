// Elections: the member who came first leads and announces himself; when he goes, or is gone, the next one leads.

import { leaderElection } from '../checkers/leader-election.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { WaitingLineRun, type LineTraits } from './waiting-line.ts';
import type { Workload } from './workload.ts';

const traits: LineTraits = { root: '/leader-election', lineCount: 2, roles: ['exclusive'] };

export const leaderElectionWorkload: Workload = {
  name: 'leader-election',
  description: `${traits.lineCount} elections of members that come and go; leaders announce themselves with their epoch`,
  checkers: [leaderElection, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new WaitingLineRun(options, traits),
};
