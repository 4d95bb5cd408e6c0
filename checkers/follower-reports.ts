// Reports of followers against what others knew: behind a sync that is a quorum round, a follower is shown no less
// than what had been acknowledged before it asked.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { describeTime, operationsOf, timeOf } from './describe.ts';
import type { FollowerReport } from './followed-znode.ts';
import type { CheckContext, Evidence } from './verdict.ts';

export interface DatedReport {
  readonly report: FollowerReport;
  readonly invocation: Operation;
  readonly operation: Operation;
}

/** `writes`: acknowledged, with the version that each made. The first of each session is enough. */
export function staleReports(
  subject: string,
  reports: readonly DatedReport[],
  writes: readonly Call[],
  { quorumSyncServers }: CheckContext,
): Evidence[] {
  const byTime = writes.toSorted((one, other) => timeOf(one) - timeOf(other));
  const dated = reports
    .filter(({ report }) => report.syncedBy !== null && quorumSyncServers.has(report.syncedBy))
    .sort((one, other) => one.invocation.time - other.invocation.time);
  const told = new Set<string>();
  const evidence: Evidence[] = [];
  let newest: Call | null = null;
  let next = 0;
  for (const { report, invocation, operation } of dated) {
    for (; next < byTime.length && timeOf(byTime[next] as Call) < invocation.time; next++) {
      const write = byTime[next] as Call;
      if (newest === null || versionOf(write) > versionOf(newest)) newest = write;
    }
    if (newest === null || report.shown >= versionOf(newest) || told.has(report.session)) continue;
    told.add(report.session);
    evidence.push({
      subject,
      sentence: `session ${report.session}, which follows it, was shown version ${report.shown} behind a sync that began at ${describeTime(invocation.time)}, after ${newest.f} of process ${newest.process} was acknowledged with version ${versionOf(newest)} at ${describeTime(timeOf(newest))}`,
      operations: [...operationsOf(newest), operation],
    });
  }
  return evidence;
}

function versionOf({ completion }: Call): number {
  return completion?.version ?? 0;
}
