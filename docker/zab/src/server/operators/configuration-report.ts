// What a server was told to be: the four-letter word conf.
// Facts: client protocol of ZooKeeper 3.8, "Four-letter words".

import { membershipText } from '../../core/membership.ts';
import { clientAddressOf } from '../config.ts';
import type { ServerView } from '../server-view.ts';

export function configurationText(view: ServerView): string {
  const { config } = view;
  const own = config.membership.members.find((member) => member.sid === config.serverId);
  const lines = basicLines(view);
  if (own === undefined) return `${lines.join('\n')}\n`;
  return [
    ...lines,
    `initLimit=${config.initLimit}`,
    `syncLimit=${config.syncLimit}`,
    'electionAlg=3',
    `electionPort=${own.electionPort}`,
    `quorumPort=${own.quorumPort}`,
    `peerType=${own.role === 'observer' ? 1 : 0}`,
    'membership: ',
    membershipText(config.membership),
  ].join('\n');
}

function basicLines({ config, host }: ServerView): string[] {
  const snapshots = `${config.dataDir}/version-2`;
  const logs = `${config.dataLogDir}/version-2`;
  return [
    `clientPort=${clientAddressOf(config)?.port ?? -1}`,
    `secureClientPort=${config.tls.secureClientPort ?? -1}`,
    `dataDir=${snapshots}`,
    // Each size is the other directory's, as in Apache ZooKeeper before 3.8.4.
    `dataDirSize=${host.directoryBytes(logs)}`,
    `dataLogDir=${logs}`,
    `dataLogSize=${host.directoryBytes(snapshots)}`,
    `tickTime=${config.tickTimeMs}`,
    `maxClientCnxns=${config.maxClientConnections}`,
    `minSessionTimeout=${config.minSessionTimeoutMs}`,
    `maxSessionTimeout=${config.maxSessionTimeoutMs}`,
    `clientPortListenBacklog=${config.listenBacklog}`,
    `serverId=${config.serverId ?? 0}`,
  ];
}
