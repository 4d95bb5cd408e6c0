// The workloads by name, as `--workload` and `ordeal list workloads` know them.

import { availability } from '../checkers/availability.ts';
import { latency } from '../checkers/latency.ts';
import type { Checker } from '../checkers/verdict.ts';
import { ephemeralWorkload } from './ephemeral.ts';
import { lockWorkload } from './lock.ts';
import { aclWorkload } from './acl.ts';
import { appendWorkload } from './append.ts';
import { configurationWorkload } from './configuration.ts';
import { barrierWorkload } from './barrier.ts';
import { conformanceWorkload } from './conformance.ts';
import { containerTtlWorkload } from './container-ttl.ts';
import { counterWorkload } from './counter.ts';
import { membershipWorkload } from './membership.ts';
import { fairLockWorkload } from './fair-lock.ts';
import { leaderElectionWorkload } from './leader-election.ts';
import { multiWorkload } from './multi.ts';
import { reconfigWorkload } from './reconfig.ts';
import { queueWorkload } from './queue.ts';
import { readWriteLockWorkload } from './read-write-lock.ts';
import { registerWorkload } from './register.ts';
import { sequentialWorkload } from './sequential.ts';
import { sessionOrderWorkload } from './session-order.ts';
import { setWorkload } from './set.ts';
import { syncBarrierWorkload } from './sync-barrier.ts';
import { watchModesWorkload, watchWorkload } from './watch.ts';
import type { Workload } from './workload.ts';

export const workloads: readonly Workload[] = [
  registerWorkload,
  setWorkload,
  sequentialWorkload,
  multiWorkload,
  appendWorkload,
  sessionOrderWorkload,
  watchWorkload,
  ephemeralWorkload,
  lockWorkload,
  watchModesWorkload,
  conformanceWorkload,
  aclWorkload,
  reconfigWorkload,
  counterWorkload,
  syncBarrierWorkload,
  containerTtlWorkload,
  configurationWorkload,
  membershipWorkload,
  fairLockWorkload,
  readWriteLockWorkload,
  leaderElectionWorkload,
  queueWorkload,
  barrierWorkload,
];

export function findWorkload(name: string): Workload | undefined {
  return workloads.find((workload) => workload.name === name);
}

/** What any operations tell something about. */
const ofEveryRun: readonly Checker[] = [availability, latency];

/** What the given workloads are judged by, each guarantee once, in the order of its first mention. */
export function checkersOf(chosen: readonly Workload[]): Checker[] {
  const byName = new Map<string, Checker>();
  for (const { checkers } of [...chosen, { checkers: ofEveryRun }]) {
    for (const checker of checkers) if (!byName.has(checker.name)) byName.set(checker.name, checker);
  }
  return [...byName.values()];
}
