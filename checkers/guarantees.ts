// Every guarantee that can be judged, in the order of a report: for `ordeal list guarantees`.

import { accessControl } from './access-control.ts';
import { availability } from './availability.ts';
import { configuration } from './configuration.ts';
import { barrier } from './barrier.ts';
import { conformance } from './conformance.ts';
import { containers } from './containers.ts';
import { counter } from './counter.ts';
import { durability } from './durability.ts';
import { ephemerals } from './ephemerals.ts';
import { latency } from './latency.ts';
import { fairLock } from './fair-lock.ts';
import { leaderElection } from './leader-election.ts';
import { linearizableWrites } from './linearizable-writes.ts';
import { membership } from './membership.ts';
import { multiAtomicity } from './multi-atomicity.ts';
import { mutualExclusion } from './mutual-exclusion.ts';
import { reconfiguration } from './reconfiguration.ts';
import { queue } from './queue.ts';
import { readWriteLock } from './read-write-lock.ts';
import { recovery } from './recovery.ts';
import { replicasAgree } from './replicas-agree.ts';
import { sequences } from './sequences.ts';
import { serializableTransactions } from './serializable-transactions.ts';
import { sessionMonotonic } from './session-monotonic.ts';
import { sessionOrder } from './session-order.ts';
import { syncBarrier } from './sync-barrier.ts';
import { timeToLive } from './time-to-live.ts';
import type { Checker } from './verdict.ts';
import { watches } from './watches.ts';

export const guarantees: readonly Checker[] = [
  linearizableWrites,
  syncBarrier,
  sessionMonotonic,
  sessionOrder,
  sequences,
  multiAtomicity,
  serializableTransactions,
  watches,
  ephemerals,
  mutualExclusion,
  fairLock,
  readWriteLock,
  leaderElection,
  queue,
  barrier,
  counter,
  configuration,
  membership,
  containers,
  timeToLive,
  conformance,
  accessControl,
  reconfiguration,
  durability,
  replicasAgree,
  availability,
  recovery,
  latency,
];
