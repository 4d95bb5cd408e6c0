// Whether this server starts as a blank voter, and what its operator said about that.
// Facts: storage format, `dataDir/initialize` and `db.autocreate`; `core/blank-voter.ts` has the reasons.

import type { BlankVoterOptions } from '../core/blank-voter.ts';
import { isVoter } from '../core/membership.ts';
import type { ZooConfig } from './config.ts';
import type { Epochs } from './epoch-files.ts';
import type { Disk, DiskOperation, LogSink } from './ports.ts';

export interface EmptyDatabase {
  readonly blank: BlankVoterOptions;
  /** The operator's word counts once. */
  readonly repairs: readonly DiskOperation[];
}

export interface StartingPoint {
  readonly config: ZooConfig;
  readonly disk: Disk;
  readonly log: LogSink;
  readonly lastZxid: number;
  /** Null for a server alone. */
  readonly epochs: Epochs | null;
}

export function judgeEmptyDatabase({ config, disk, log, lastZxid, epochs }: StartingPoint): EmptyDatabase {
  const { emptyDatabaseTrust } = config.storage;
  const path = `${config.dataDir}/initialize`;
  const isInitialized = disk.read(path) !== null;
  const repairs: DiskOperation[] = isInitialized
    ? [
        { type: 'remove', path },
        { type: 'syncDirectory', path: config.dataDir },
      ]
    : [];
  const isEmpty = epochs !== null && lastZxid === 0 && epochs.currentEpoch === 0;
  const isVoting = config.serverId !== null && isVoter(config.membership, config.serverId);
  const isBlank = isEmpty && isVoting && !isInitialized && emptyDatabaseTrust !== 'always';
  const mayForm = emptyDatabaseTrust === 'where-all-are-empty';
  if (isBlank) {
    const condition = mayForm ? 'every voter says that it has none either' : `there is a file ${path}`;
    log(
      'info',
      `this server has no history: it does not vote before it has that of a leader, or ${condition}; db.autocreate=true lets it vote now`,
    );
  }
  return { blank: { isBlank, mayForm }, repairs };
}
