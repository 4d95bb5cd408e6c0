// What a server's loop is made from, and the protocol that it drives: a peer of an ensemble, or a server alone.

import type { BlankVoterOptions } from '../core/blank-voter.ts';
import type { Membership } from '../core/membership.ts';
import { Peer, type PeerOptions } from '../core/peer.ts';
import type { TraceSink } from '../core/trace.ts';
import type { StateDatabase } from '../state/database.ts';
import type { ZooConfig } from './config.ts';
import type { ConfigurationFiles } from './configuration-files.ts';
import type { Epochs } from './epoch-files.ts';
import { newestMembership } from './membership-view.ts';
import type { ServerPorts } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { SnapshotFormat } from './snapshot-format.ts';
import { Standalone } from './standalone.ts';

export interface ServerLoopOptions {
  readonly config: ZooConfig;
  readonly ports: ServerPorts;
  readonly database: StateDatabase;
  readonly trace: TraceSink;
  readonly recovery: Recovery;
  readonly snapshotFormat: SnapshotFormat;
  readonly blank: BlankVoterOptions;
  /** What reading the data took. */
  readonly loadMs: number;
  /** Null: a changed membership is not kept in files. */
  readonly configurationFiles: ConfigurationFiles | null;
  /** What `.dynamic.next` says. */
  readonly pendingMembership: Membership | null;
  /** Null for a server alone. */
  readonly epochs: Epochs | null;
}

export function makeProtocol(
  options: ServerLoopOptions,
  hooks: Pick<PeerOptions, 'sid' | 'readLog' | 'takeTouches'>,
): Peer | Standalone {
  const { config, database, trace, recovery, blank, epochs, pendingMembership } = options;
  const { tail } = recovery;
  if (epochs === null) return new Standalone({ database, tail, trace });
  return new Peer({
    ...hooks,
    membership: newestMembership(config, database),
    pendingMembership,
    reconfigEnabled: config.reconfigEnabled,
    database,
    acceptedEpoch: epochs.acceptedEpoch,
    currentEpoch: epochs.currentEpoch,
    blank,
    tail,
    tickMs: config.tickTimeMs,
    initLimit: config.initLimit,
    syncLimit: config.syncLimit,
    commitLogCount: config.commitLogCount,
    electionMinMs: config.electionMinMs,
    electionMaxMs: config.electionMaxMs,
    trace,
  });
}
