// How the servers of an ensemble find, elect and follow each other. Who they are is `members.ts`.

import type { PeerRole } from '../../core/membership.ts';
import { largestInt, type PropertyReader } from './property-reader.ts';

export interface EnsembleSettings {
  readonly initLimit: number;
  readonly syncLimit: number;
  /** What zoo.cfg says of this server; its own server line wins. Null where it says nothing. */
  readonly peerType: PeerRole | null;
  /** False: a leader takes no clients. */
  readonly leaderServes: boolean;
  readonly standaloneEnabled: boolean;
  readonly reconfigEnabled: boolean;
  /** Path of the file with the server lines, as zoo.cfg gives it. */
  readonly dynamicConfigFile: string | null;
  /** Followers serve observers on this port; 0 = off. */
  readonly observerMasterPort: number;
  /** Bind the quorum and election ports to all addresses. */
  readonly listenOnAllAddresses: boolean;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  /** A leader sends snapshots even where a DIFF would do. */
  readonly forceSnapshotSync: boolean;
}

export function readEnsembleSettings(
  reader: PropertyReader,
): Omit<EnsembleSettings, 'initLimit' | 'syncLimit'> {
  const positive = { least: 1, most: largestInt };
  reader.choice('electionAlg', '3', ['3']);
  refuseUnavailable(reader);
  reader.unserved('syncEnabled', 'true', 'observers always write log and snapshots');
  reader.unserved('multiAddress.enabled', 'false', 'a server has one address');
  return {
    peerType: reader.has('peerType') ? reader.choice('peerType', 'participant', roles) : null,
    leaderServes: reader.choice('leaderServes', 'yes', ['yes', 'no']) === 'yes',
    standaloneEnabled: reader.boolean('standaloneEnabled', true),
    reconfigEnabled: reader.boolean('reconfigEnabled', false),
    dynamicConfigFile: reader.optionalText('dynamicConfigFile'),
    observerMasterPort: reader.integer('observerMasterPort', 0, { least: 0, most: 65535 }),
    listenOnAllAddresses: reader.boolean('quorumListenOnAllIPs', false),
    electionMinMs: reader.integer('fastleader.minNotificationInterval', 200, positive),
    electionMaxMs: reader.integer('fastleader.maxNotificationInterval', 60_000, positive),
    forceSnapshotSync: reader.flag('forceSnapshotSync', false),
  };
}

/** Keys that are understood and that nothing is done about. */
export function ensembleWarnings(settings: Pick<EnsembleSettings, 'observerMasterPort'>): string[] {
  if (settings.observerMasterPort === 0) return [];
  return ['observerMasterPort is not served by this server: observers connect to the leader instead'];
}

const roles = ['participant', 'observer'] as const;

/** Both are required in an ensemble and mean nothing alone. */
export function readSyncLimits(reader: PropertyReader, isEnsemble: boolean) {
  const positive = { least: 1, most: largestInt };
  if (isEnsemble) {
    reader.required('initLimit', 'An ensemble needs it: ticks to connect and synchronise, e.g. initLimit=10');
    reader.required('syncLimit', 'An ensemble needs it: ticks of silence allowed, for example syncLimit=5');
  }
  return {
    initLimit: reader.integer('initLimit', 10, positive),
    syncLimit: reader.integer('syncLimit', 5, positive),
  };
}

/** What an operator relies on and would miss: better no server than one that only seems to have it. */
function refuseUnavailable(reader: PropertyReader): void {
  const oracle = reader.find('oraclePath');
  if (oracle !== undefined) {
    throw reader.error(
      oracle,
      'oraclePath: this server takes no oracle, it decides by quorum',
      'Remove the line',
    );
  }
  for (const key of [
    'quorum.auth.enableSasl',
    'quorum.auth.learnerRequireSasl',
    'quorum.auth.serverRequireSasl',
  ]) {
    if (!reader.boolean(key, false)) continue;
    throw reader.error(
      reader.find(key),
      `${key}: servers cannot authenticate each other by SASL here`,
      'Remove the line and use sslQuorum=true',
    );
  }
}
