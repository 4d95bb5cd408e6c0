// The membership as clients see it in `/zookeeper/config`, and what the database knows of it when a server starts.

import { membershipText } from '../core/membership.ts';
import type { Membership } from '../core/membership.ts';
import { isFault, parseMembership } from '../core/membership-text.ts';
import type { StateDatabase } from '../state/database.ts';
import { parseZooConfig, type ZooConfig } from './config.ts';
import { nextPath } from './configuration-files.ts';
import type { Address, Disk } from './ports.ts';

/**
 * A reconfiguration is in the log before it is in a file. Where the file has not come that far, and where this
 * server was left out of the configuration and wrote none, the snapshot knows more.
 */
export function newestMembership(config: ZooConfig, database: StateDatabase): Membership {
  if (!config.reconfigEnabled) return config.membership;
  const stored = parseMembership(database.configText);
  const isNewer = !isFault(stored) && stored.version > config.membership.version && stored.members.length > 0;
  return isNewer ? stored : config.membership;
}

/** zoo.cfg and the file it names may have been rewritten since the process that left them was told what they say. */
export function readAgain(config: ZooConfig, disk: Disk): ZooConfig {
  const text = config.reconfigEnabled ? disk.read(config.file) : null;
  if (text === null) return config;
  const again = parseZooConfig(text.toString(), config.file, (path) => disk.read(path)?.toString() ?? null);
  return config.serverId === null ? again : { ...config, membership: again.membership };
}

/** What Apache ZooKeeper leaves in `.dynamic.next`; our own log has it too. */
export function readPending({ file, reconfigEnabled }: ZooConfig, disk: Disk): Membership | null {
  const text = reconfigEnabled ? disk.read(nextPath(file)) : null;
  if (text === null) return null;
  const parsed = parseMembership(text.toString());
  return isFault(parsed) || parsed.members.length === 0 ? null : parsed;
}

export function shownConfig(membership: Membership, wallMs: number) {
  const { version } = membership;
  return { text: membershipText(membership), version, timeMs: Math.floor(wallMs), keepsNewer: true };
}

export function isSameAddress(one: Address, other: Address | null): boolean {
  return other !== null && one.host === other.host && one.port === other.port;
}
