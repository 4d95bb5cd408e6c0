// Fair locks: whoever stands first in a line has the lock, and writes to its resource with his number.

import { fairLock } from '../checkers/fair-lock.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { WaitingLineRun, type LineTraits } from './waiting-line.ts';
import type { Workload } from './workload.ts';

const traits: LineTraits = { root: '/fair-lock', lineCount: 3, roles: ['exclusive'] };

export const fairLockWorkload: Workload = {
  name: 'fair-lock',
  description: `${traits.lineCount} locks with a line of ephemeral sequential znodes each, and writes that only the holder may make`,
  checkers: [fairLock, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: (options) => new WaitingLineRun(options, traits),
};
