// zoo.cfg and myid, parsed once into one object with every default filled in. What cannot be understood is a
// ConfigError that names the file, the line, what was expected and the remedy. Every key has its place in a
// group below `config/`; Java's `-Dzookeeper.NAME` (and the few properties without that prefix, such as
// `readonlymode.enabled`) is the key `NAME` here. A key that changes nothing is a warning, never an error,
// because Apache ZooKeeper takes any key as a property.
// Facts: storage-format of ZooKeeper 3.8, "Configuration file".

import type { Member, Membership } from '../core/membership.ts';
import { readAccessSettings, type AccessSettings } from './config/access-settings.ts';
import {
  readAdminSettings,
  readMetricsSettings,
  type AdminSettings,
  type MetricsSettings,
} from './config/admin-settings.ts';
import { readBasicSettings, type BasicSettings } from './config/basic-settings.ts';
import { ConfigError } from './config/config-error.ts';
import {
  ensembleWarnings,
  readEnsembleSettings,
  readSyncLimits,
  type EnsembleSettings,
} from './config/ensemble-settings.ts';
import { readLimitSettings, type LimitSettings } from './config/limit-settings.ts';
import { decideMode, memberWarnings, readDynamicFile, readMembership } from './config/members.ts';
import { PropertyReader } from './config/property-reader.ts';
import { readStorageSettings, type StorageSettings } from './config/storage-settings.ts';
import { readTlsSettings, type TlsSettings } from './config/tls-settings.ts';
import { versionInName } from './configuration-files.ts';
import { readStorageConfig, type StorageConfig } from './storage-config.ts';

export { ConfigError };

export interface ZooConfig
  extends BasicSettings, LimitSettings, StorageSettings, EnsembleSettings, AccessSettings {
  readonly file: string;
  readonly mode: 'standalone' | 'ensemble';
  /** From `dataDir/myid`; null until it was read, and in standalone mode. */
  readonly serverId: number | null;
  /** In standalone mode at most the one server of the file. */
  readonly membership: Membership;
  readonly storage: StorageConfig;
  readonly tls: TlsSettings;
  readonly admin: AdminSettings;
  readonly metrics: MetricsSettings;
  /** Sentences for the log: unknown keys, odd numbers of servers. */
  readonly warnings: readonly string[];
}

/** `read` gives the text of another file that this one names; null where there is none. */
export function parseZooConfig(
  text: string,
  file: string,
  read: (path: string) => string | null = () => null,
): ZooConfig {
  const reader = new PropertyReader(text, file);
  const access = readAccessSettings(reader);
  const ensemble = readEnsembleSettings(reader);
  const membership = readMembershipOf(reader, ensemble.dynamicConfigFile, read);
  const { members } = membership;
  const mode = decideMode(reader, members, ensemble.standaloneEnabled);
  const storage = readStorageConfig(reader);
  const settings = {
    ...readBasicSettings(reader, access.readOnlyMode),
    ...readLimitSettings(reader),
    ...readStorageSettings(reader),
    ...ensemble,
    ...readSyncLimits(reader, mode === 'ensemble'),
    ...access,
    storage,
    tls: readTlsSettings(reader),
    admin: readAdminSettings(reader),
    metrics: readMetricsSettings(reader),
  };
  return {
    file,
    mode,
    serverId: null,
    membership,
    ...settings,
    warnings: [
      ...reader.warnings(),
      ...storage.warnings,
      ...memberWarnings(mode, members),
      ...ensembleWarnings(ensemble),
    ],
  };
}

function readMembershipOf(
  reader: PropertyReader,
  dynamicFile: string | null,
  read: (path: string) => string | null,
): Membership {
  if (dynamicFile === null) return readMembership(reader);
  const twice = reader.startingWith('server.')[0] ?? reader.startingWith('group.')[0];
  if (twice !== undefined) {
    throw reader.error(
      twice,
      `${twice.key} stands beside dynamicConfigFile, which holds the servers`,
      `Move the line to ${dynamicFile}`,
    );
  }
  const text = read(dynamicFile);
  if (text !== null)
    return readDynamicFile(new PropertyReader(text, dynamicFile), versionInName(dynamicFile));
  throw reader.error(
    reader.find('dynamicConfigFile'),
    `dynamicConfigFile: ${dynamicFile} cannot be read`,
    'Correct the path, or remove the line and list every server as server.N=host:port:port',
  );
}

/** The configuration with the server id that `myid` gives. `text` is null when there is no such file. */
export function withServerId(config: ZooConfig, path: string, text: string | null): ZooConfig {
  const known = config.membership.members.map((member) => member.sid).join(', ');
  if (text === null) {
    throw new ConfigError(
      { file: path, line: null },
      'the file is missing, and a server of an ensemble needs it',
      `Write this server's id (one of ${known}) into it, for example: echo 1 > ${path}`,
    );
  }
  const firstLine = text.split(/\r?\n/)[0]?.trim() ?? '';
  if (!/^\d{1,15}$/.test(firstLine)) {
    throw new ConfigError(
      { file: path, line: 1 },
      `expected a server id in decimal, found ${JSON.stringify(firstLine.slice(0, 40))}`,
      `Write one of ${known}`,
    );
  }
  const serverId = Number(firstLine);
  const own = config.membership.members.find((member) => member.sid === serverId);
  if (own === undefined) {
    throw new ConfigError(
      { file: path, line: 1 },
      `server id ${serverId} has no server.${serverId} line in ${config.file}, which lists ${known}`,
      `Correct the id, or add the line server.${serverId}=host:2888:3888`,
    );
  }
  checkClientAddress(config, own);
  return { ...config, serverId, warnings: [...config.warnings, ...roleWarnings(config, own)] };
}

/** Where clients connect: the server's own line wins over the address of clientPort. Null = no client port. */
export function clientAddressOf(config: ZooConfig): { host: string; port: number } | null {
  const own =
    config.mode === 'standalone'
      ? config.membership.members[0]
      : config.membership.members.find((member) => member.sid === config.serverId);
  if (own?.clientAddress !== undefined) return splitAddress(own.clientAddress);
  return config.clientPort === null ? null : { host: config.clientPortAddress, port: config.clientPort };
}

function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** clientPort and the server's own line may both name the client port, but only the same one. */
function checkClientAddress({ file, clientPort, clientPortAddress }: ZooConfig, own: Member): void {
  if (own.clientAddress === undefined || clientPort === null) return;
  const { host, port } = splitAddress(own.clientAddress);
  const isAnyAddress = clientPortAddress === '0.0.0.0' || clientPortAddress === '::';
  if (port === clientPort && (isAnyAddress || host === clientPortAddress)) return;
  throw new ConfigError(
    { file, line: null },
    `clientPort says ${clientPortAddress}:${clientPort}, the line of server.${own.sid} says ${own.clientAddress}`,
    'Make them equal, or remove clientPort',
  );
}

function roleWarnings({ file, peerType }: ZooConfig, own: Member): string[] {
  if (peerType === null || peerType === own.role) return [];
  return [`${file}: peerType=${peerType}, but the line of server.${own.sid} says ${own.role}, which counts`];
}
