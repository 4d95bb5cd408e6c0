// The leader's first stage, with what zoo.cfg says of it.

import type { StateDatabase } from '../state/database.ts';
import type { ReconfigurationGate } from '../state/reconfiguration.ts';
import { RequestPreparer } from '../state/request-preparer.ts';
import type { ZooConfig } from './config.ts';
import type { ServerPorts } from './ports.ts';
import { QuotaWarnings } from './quota-warnings.ts';

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
    takesX509: tls.secureClientPort !== null,
    enforcesQuota,
    reconfiguration,
    quotaExceeded: (excess) => warnings.tell(excess),
  });
}
