// What a follower of a znode received, drawn by hand.

import type { FollowerEntry, FollowerReport } from '../../checkers/followed-znode.ts';

/** A read with a watch; what it showed is gone by, unless told otherwise. */
export function armed(version: number): FollowerEntry {
  return { got: 'read', version, isArmed: true };
}

export function asked(version: number): FollowerEntry {
  return { got: 'read', version, isArmed: false };
}

export function held(version: number, value: unknown = null): FollowerEntry {
  return { got: 'held', version, value };
}

export const event: FollowerEntry = { got: 'event' };

/** By session aa, asked of server 1; it ends on what it was shown. */
export function report(
  journal: readonly FollowerEntry[],
  more: Partial<FollowerReport> = {},
): FollowerReport {
  const reads = journal.flatMap((entry) => (entry.got === 'read' ? [entry.version] : []));
  const shown = reads.at(-1) ?? 0;
  return { session: 'aa', journal, syncedBy: 1, shown, held: shown, ...more };
}
