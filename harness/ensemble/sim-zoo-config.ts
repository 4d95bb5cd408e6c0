// The zoo.cfg of a server of the simulated world. Thresholds are small so that snapshots, log replay and all
// three ways of synchronization happen within a short run.

import { reconfigurableKeys } from './administrator.ts';
import type { ServerDescription } from './ensemble.ts';

export const dataDirectory = '/data';

/** Back-off of election notifications: Apache's 60 s would outlast most runs after a heal. */
const notificationLimitMs = 2000;
/**
 * Where snapshots are this frequent, log files are small too (the option knows no less than a KiB, about eight
 * records): what a truncation cuts off then reaches over several of them.
 */
const manySnapshots = 50;
const smallLogKib = 1;
/** Between two looks for containers and znodes with a time to live: Apache's minute would outlast most runs. */
const containerCheckTicks = 5;

export function renderZooConfig(options: {
  readonly tickMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly snapCount: number;
  readonly commitLogCount: number;
  readonly clientPort: number;
  readonly isReconfigurable: boolean;
  readonly servers: readonly (ServerDescription & { readonly host: string })[];
}): string {
  const lines = [
    `tickTime=${options.tickMs}`,
    `initLimit=${options.initLimit}`,
    `syncLimit=${options.syncLimit}`,
    `dataDir=${dataDirectory}`,
    `clientPort=${options.clientPort}`,
    `maxClientCnxns=0`,
    `snapCount=${options.snapCount}`,
    `commitLogCount=${options.commitLogCount}`,
    `fastleader.maxNotificationInterval=${notificationLimitMs}`,
    `4lw.commands.whitelist=*`,
    'extendedTypesEnabled=true',
    `znode.container.checkIntervalMs=${containerCheckTicks * options.tickMs}`,
  ];
  if (options.isReconfigurable) {
    lines.push(...Object.entries(reconfigurableKeys).map(([key, value]) => `${key}=${value}`));
  }
  if (options.snapCount <= manySnapshots) lines.push(`txnLogSizeLimitInKb=${smallLogKib}`);
  for (const server of options.servers) lines.push(`server.${server.sid}=${memberOf(server, options)}`);
  return `${lines.join('\n')}\n`;
}

/** As `server.N` and a reconfig request have it; only who may be moved is told its client port here. */
export function memberOf(
  { role, host }: Pick<ServerDescription, 'role'> & { readonly host: string },
  { clientPort, isReconfigurable }: { readonly clientPort: number; readonly isReconfigurable: boolean },
): string {
  const suffix = role === 'observer' ? ':observer' : isReconfigurable ? ':participant' : '';
  return `${host}:2888:3888${suffix}${isReconfigurable ? `;${clientPort}` : ''}`;
}
