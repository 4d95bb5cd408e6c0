// The leader's first stage, with what zoo.cfg and the protocol say of it.

import { Peer } from '../core/peer.ts';
import type { StateDatabase } from '../state/database.ts';
import type { ReconfigurationGate } from '../state/reconfiguration.ts';
import { RequestPreparer } from '../state/request-preparer.ts';
import type { ZooConfig } from './config.ts';
import type { ServerPorts } from './ports.ts';
import { QuotaWarnings } from './quota-warnings.ts';
import type { Standalone } from './standalone.ts';

export function configuredPreparer(
  { digestEnabled, skipAcl, enforcesQuota, tls }: ZooConfig,
  database: StateDatabase,
  { clock, log }: ServerPorts,
  reconfiguration: ReconfigurationGate,
): RequestPreparer {
  const warnings = new QuotaWarnings(clock, log);
  return new RequestPreparer({
    database,
    digestEnabled,
    skipAcl,
    takesX509: tls.secureClientPort !== null || tls.clientPortUnification,
    enforcesQuota,
    reconfiguration,
    quotaExceeded: (excess) => warnings.tell(excess),
  });
}

/** Asked when a request is prepared, and by then there is a protocol. */
export function reconfigurationGate(
  config: ZooConfig,
  protocolOf: () => Peer | Standalone,
): ReconfigurationGate {
  const peer = (): Peer | null => {
    const protocol = protocolOf();
    return protocol instanceof Peer ? protocol : null;
  };
  return {
    isEnabled: config.reconfigEnabled,
    isAlone: config.mode === 'standalone',
    leastVoters: config.standaloneEnabled ? 2 : 1,
    current: () => peer()?.configuration.current ?? config.membership,
    isPending: () => peer()?.configuration.pending !== null,
    hasSynchronizedQuorumOf: (membership) => peer()?.hasSynchronizedQuorumOf(membership) ?? false,
  };
}
