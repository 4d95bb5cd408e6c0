// A Stat as the history keeps it: its numbers in ZooKeeper's order, which take a third of the room of names.

import type { Stat } from '../harness/wire/records.ts';
import { noSession } from '../harness/wire/session-id.ts';

/** An owner is a session id, which is no exact number: 1 where there is one. */
export function recordStat(stat: Stat): readonly number[] {
  return [
    stat.czxid,
    stat.mzxid,
    stat.ctime,
    stat.mtime,
    stat.version,
    stat.cversion,
    stat.aversion,
    stat.ephemeralOwner === noSession ? 0 : 1,
    stat.dataLength,
    stat.numChildren,
    stat.pzxid,
  ];
}
