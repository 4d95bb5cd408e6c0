// What somebody received who follows a znode by a one-shot watch: reads it with a watch, and reads it again when the
// watch has fired or the connection is back. Such a follower never goes back, is told of a change before any
// answer shows it, and holds what is there once nothing more comes.

import type { Operation } from '../harness/history/operation.ts';
import { describeTime } from './describe.ts';
import type { Evidence } from './verdict.ts';

/** In the order of arrival at one session. `version` is that of the data, or the count of the children's changes. */
export type FollowerEntry =
  | { readonly got: 'read'; readonly version: number; readonly isArmed: boolean }
  | { readonly got: 'event' }
  /** The follower goes by this from now on. */
  | { readonly got: 'held'; readonly version: number; readonly value: unknown };

/** What a completion tells of a follower. */
export interface FollowerReport {
  readonly session: string;
  /** Since the last report. */
  readonly journal: readonly FollowerEntry[];
  /** Who answered the sync ahead of `shown`; null without one. */
  readonly syncedBy: number | null;
  /** What a read without a watch showed, of which the follower had time to hear. */
  readonly shown: number;
  /** Null: it holds nothing yet, or could not read again because its connection failed. */
  readonly held: number | null;
}

/** Reports of one session by the completions that brought them, in order. */
export interface FollowerCourse {
  readonly session: string;
  readonly reports: readonly { readonly report: FollowerReport; readonly operation: Operation }[];
}

export function coursesOf(
  reports: readonly { readonly report: FollowerReport; readonly operation: Operation }[],
): FollowerCourse[] {
  const bySession = Map.groupBy(reports, ({ report }) => report.session);
  return [...bySession].map(([session, own]) => ({ session, reports: own }));
}

/** Times that it began to go by something else, or had the chance to miss it. */
export function turnsOf({ reports }: FollowerCourse): number {
  return reports.reduce(
    (sum, { report }) => sum + report.journal.filter(({ got }) => got === 'held').length,
    0,
  );
}

/** The first thing that is wrong; what follows may follow from it. */
export function judgeCourse(subject: string, { session, reports }: FollowerCourse): Evidence[] {
  let highest: { readonly version: number; readonly operation: Operation } | null = null;
  let armed: { readonly version: number; readonly operation: Operation } | null = null;
  const accuse = (fault: string, operations: readonly Operation[]): Evidence[] => [
    {
      subject,
      sentence: `session ${session}, which follows it, ${fault}`,
      operations: [...new Set(operations)],
    },
  ];
  for (const { report, operation } of reports) {
    for (const entry of report.journal) {
      if (entry.got === 'event') armed = null;
      if (entry.got !== 'read') continue;
      const { version } = entry;
      if (highest !== null && version < highest.version) {
        const before = `${highest.version} (told at ${describeTime(highest.operation.time)})`;
        return accuse(`was shown version ${version} after ${before}`, [highest.operation, operation]);
      }
      if (armed !== null && version > armed.version) {
        return accuse(
          `had a watch at version ${armed.version} and was shown version ${version} by ${describeTime(operation.time)}, with no event in between`,
          [armed.operation, operation],
        );
      }
      highest = { version, operation };
      if (entry.isArmed) armed = { version, operation };
    }
    if (report.held !== null && report.held < report.shown) {
      return accuse(
        `went by version ${report.held} at ${describeTime(operation.time)}, when it had been shown version ${report.shown} and every event ahead of that`,
        [operation],
      );
    }
  }
  return [];
}
