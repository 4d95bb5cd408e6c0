// Read-write locks: a reader waits for the writers ahead of him, a writer for everybody. Readers read the resource on
// condition that it is still as they saw it, and that they still stand in line.

import { readWriteLock } from '../checkers/read-write-lock.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { WaitingLineRun, type LineTraits } from './waiting-line.ts';
import type { Workload } from './workload.ts';

const traits: LineTraits = {
  root: '/read-write-lock',
  lineCount: 2,
  roles: ['exclusive', 'shared', 'shared'],
};

export const readWriteLockWorkload: Workload = {
  name: 'read-write-lock',
  description: `${traits.lineCount} locks that readers share and writers do not, in the order of arrival`,
  checkers: [readWriteLock, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new WaitingLineRun(options, traits),
};
