// zoo.cfg and myid, parsed once into one object with every default filled in. What cannot be understood is a
// ConfigError that names the file, the line, what was expected and the remedy; a key that this server does
// not know is a warning, because Apache ZooKeeper takes any key as a property.
// Facts: storage-format of ZooKeeper 3.8, "Configuration file".

import { defaultMaxFrameBytes } from '../../../../harness/wire/constants.ts';
import type { Member, Membership } from '../core/membership.ts';
import { isSyntaxError, parseProperties, type Property } from './properties.ts';
import { parseServerLine } from './server-line.ts';
import { readStorageConfig, type StorageConfig } from './storage-config.ts';

/** A configuration that cannot be used. */
export class ConfigError extends Error {
  readonly file: string;
  /** One-based; null where the fault is not on one line. */
  readonly line: number | null;

  constructor(at: { file: string; line: number | null }, problem: string, remedy: string) {
    super(`${at.file}${at.line === null ? '' : `:${at.line}`}: ${problem}. ${remedy}`);
    this.name = 'ConfigError';
    this.file = at.file;
    this.line = at.line;
  }
}

export interface ZooConfig {
  readonly file: string;
  readonly mode: 'standalone' | 'ensemble';
  /** From `dataDir/myid`; null until it was read, and in standalone mode. */
  readonly serverId: number | null;
  /** In standalone mode at most the one server of the file. */
  readonly membership: Membership;
  readonly dataDir: string;
  readonly dataLogDir: string;
  readonly tickTimeMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  /** Null: no client port here; the server's own line may give one. */
  readonly clientPort: number | null;
  readonly clientPortAddress: string;
  /** Connections of one client address; 0 = no limit. */
  readonly maxClientConnections: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Transactions between snapshots, about. */
  readonly snapCount: number;
  /** Committed transactions kept in memory for learners that are a little behind. */
  readonly commitLogCount: number;
  /** Largest frame a client may send. */
  readonly maxFrameBytes: number;
  /** Four-letter words that are answered; '*' in the file gives all. */
  readonly fourLetterWords: ReadonlySet<string> | 'all';
  /** False: never wait for the disk. Loses acknowledged writes in a power failure. */
  readonly forceSync: boolean;
  readonly digestEnabled: boolean;
  /** Znodes with a time to live; changes what owner fields of znodes mean, so all servers must agree. */
  readonly extendedTypes: boolean;
  /** Snapshots kept when purging is on; null = never purge. */
  readonly purgeRetainCount: number | null;
  readonly storage: StorageConfig;
  /** Bind the quorum and election ports to all addresses. */
  readonly listenOnAllAddresses: boolean;
  readonly electionMinMs: number;
  readonly electionMaxMs: number;
  /** Sentences for the log: unknown keys, odd numbers of servers. */
  readonly warnings: readonly string[];
}

export function parseZooConfig(text: string, file: string): ZooConfig {
  const reader = readProperties(text, file);
  const tickTimeMs = reader.integer('tickTime', 3000, { least: 1, most: 2 ** 31 - 1 });
  const dataDir = reader.required('dataDir', 'Add a line such as dataDir=/var/lib/zookeeper');
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = readSessionTimeouts(reader, tickTimeMs);
  const members = readMembers(reader);
  const mode = decideMode(reader, members);
  const limits = readLimits(reader, mode);
  reader.choice('electionAlg', '3', ['3']);
  reader.choice('peerType', 'participant', ['participant', 'observer']);
  const clientPort = reader.integer('clientPort', 2181, { least: 0, most: 65535 });
  const purgeHours = reader.integer('autopurge.purgeInterval', 0, { least: 0, most: 2 ** 31 - 1 });
  const storage = readStorageConfig(reader);
  const retained = reader.integer('autopurge.snapRetainCount', 3, { least: 0, most: 2 ** 31 - 1 });

  return {
    file,
    mode,
    serverId: null,
    membership: { members, version: 0 },
    dataDir,
    dataLogDir: reader.text('dataLogDir', dataDir),
    tickTimeMs,
    ...limits,
    clientPort: reader.has('clientPort') ? clientPort : null,
    clientPortAddress: reader.text('clientPortAddress', '0.0.0.0'),
    maxClientConnections: reader.integer('maxClientCnxns', 60, { least: 0, most: 2 ** 31 - 1 }),
    minSessionTimeoutMs,
    maxSessionTimeoutMs,
    snapCount: reader.integer('snapCount', 100_000, { least: 2, most: 2 ** 31 - 1 }),
    // Apache ZooKeeper raises anything below 500; tests of synchronization need it small, so it is taken as is.
    commitLogCount: reader.integer('commitLogCount', 500, { least: 1, most: 2 ** 31 - 1 }),
    maxFrameBytes: reader.integer('jute.maxbuffer', defaultMaxFrameBytes, { least: 1024, most: 2 ** 30 }),
    fourLetterWords: readFourLetterWords(reader),
    forceSync: reader.choice('forceSync', 'yes', ['yes', 'no']) === 'yes',
    digestEnabled: reader.boolean('digest.enabled', true),
    extendedTypes: reader.boolean('extendedTypesEnabled', false),
    purgeRetainCount: purgeHours === 0 ? null : Math.max(3, retained),
    storage,
    listenOnAllAddresses: reader.boolean('quorumListenOnAllIPs', false),
    electionMinMs: reader.integer('fastleader.minNotificationInterval', 200, { least: 1, most: 2 ** 31 - 1 }),
    electionMaxMs: reader.integer('fastleader.maxNotificationInterval', 60_000, {
      least: 1,
      most: 2 ** 31 - 1,
    }),
    warnings: [...reader.unknownKeys(), ...storage.warnings, ...memberWarnings(mode, members)],
  };
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
  if (!config.membership.members.some((member) => member.sid === serverId)) {
    throw new ConfigError(
      { file: path, line: 1 },
      `server id ${serverId} has no server.${serverId} line in ${config.file}, which lists ${known}`,
      `Correct the id, or add the line server.${serverId}=host:2888:3888`,
    );
  }
  return { ...config, serverId };
}

/** Where clients connect: the server's own line wins over the address of clientPort. Null = no client port. */
export function clientAddressOf(config: ZooConfig): { host: string; port: number } | null {
  const own =
    config.mode === 'standalone'
      ? config.membership.members[0]
      : config.membership.members.find((member) => member.sid === config.serverId);
  if (own?.clientAddress !== undefined) {
    const colon = own.clientAddress.lastIndexOf(':');
    return { host: own.clientAddress.slice(0, colon), port: Number(own.clientAddress.slice(colon + 1)) };
  }
  return config.clientPort === null ? null : { host: config.clientPortAddress, port: config.clientPort };
}

type PropertyReader = ReturnType<typeof readProperties>;

/** Looks keys up, with typed getters that know the line; remembers which keys were asked for. */
function readProperties(text: string, file: string) {
  const parsed = parseProperties(text);
  if (isSyntaxError(parsed)) {
    throw new ConfigError({ file, line: parsed.line }, parsed.message, 'Correct the line');
  }
  const byKey = new Map<string, Property>();
  // As in Java, the last of several equal keys counts.
  for (const property of parsed) byKey.set(property.key, property);
  const asked = new Set<string>(acceptedWithoutEffect);

  function find(key: string): Property | undefined {
    asked.add(key);
    const property = byKey.get(key);
    return property === undefined || property.value === '' ? undefined : property;
  }

  function reject(property: Property, expected: string, remedy: string): never {
    throw new ConfigError(
      { file, line: property.line },
      `${property.key}: expected ${expected}, found ${JSON.stringify(property.value)}`,
      remedy,
    );
  }

  function choice(key: string, byDefault: string, allowed: readonly string[]): string {
    const property = find(key);
    if (property === undefined) return byDefault;
    const value = property.value.toLowerCase();
    if (!allowed.includes(value)) {
      reject(property, allowed.join(' or '), `Write ${key}=${byDefault} or remove the line`);
    }
    return value;
  }

  return {
    file,
    reject,
    find,
    choice,
    has: (key: string) => find(key) !== undefined,
    boolean: (key: string, byDefault: boolean) =>
      choice(key, String(byDefault), ['true', 'false']) === 'true',
    text: (key: string, byDefault: string) => find(key)?.value ?? byDefault,
    required(key: string, remedy: string): string {
      const property = find(key);
      if (property !== undefined) return property.value;
      throw new ConfigError({ file, line: byKey.get(key)?.line ?? null }, `${key} is missing`, remedy);
    },
    integer(key: string, byDefault: number, range: { least: number; most: number }): number {
      const property = find(key);
      if (property === undefined) return byDefault;
      const value = /^[+-]?\d{1,15}$/.test(property.value) ? Number(property.value) : NaN;
      if (!(value >= range.least && value <= range.most)) {
        reject(
          property,
          `a whole number from ${range.least} to ${range.most}`,
          `Write for example ${key}=${byDefault}`,
        );
      }
      return value;
    },
    /** `server.N` and the like: every key that starts with `prefix`, in file order. */
    startingWith(prefix: string): Property[] {
      const found = [...byKey.values()].filter((property) => property.key.startsWith(prefix));
      for (const property of found) asked.add(property.key);
      return found;
    },
    unknownKeys(): string[] {
      return [...byKey.values()]
        .filter((property) => !asked.has(property.key))
        .map((property) => `${file}:${property.line}: ${property.key} is not known here and has no effect`);
    },
  };
}

/** Keys of ordinary zoo.cfg files that change nothing in this server, or nothing that it must be told. */
const acceptedWithoutEffect = [
  // Files grow with what is written: a file system that needs more than that to be fast is rare by now.
  'preAllocSize',
  'admin.enableServer',
  'admin.serverPort',
  'admin.serverAddress',
  'admin.commandURL',
  'clientPortListenBacklog',
  'globalOutstandingLimit',
  'connectToLearnerMasterLimit',
  'leaderServes',
  'syncEnabled',
  'skipACL',
  'cnxTimeout',
  'snapshotSizeFactor',
  'tcpKeepAlive',
  'clientTcpKeepAlive',
];

function readSessionTimeouts(reader: PropertyReader, tickTimeMs: number) {
  const range = { least: -1, most: 2 ** 31 - 1 };
  const least = reader.integer('minSessionTimeout', -1, range);
  const most = reader.integer('maxSessionTimeout', -1, range);
  const minSessionTimeoutMs = least === -1 ? 2 * tickTimeMs : least;
  const maxSessionTimeoutMs = most === -1 ? 20 * tickTimeMs : most;
  if (minSessionTimeoutMs > maxSessionTimeoutMs) {
    throw new ConfigError(
      {
        file: reader.file,
        line: reader.find('minSessionTimeout')?.line ?? reader.find('maxSessionTimeout')?.line ?? null,
      },
      `minSessionTimeout ${minSessionTimeoutMs} is above maxSessionTimeout ${maxSessionTimeoutMs}`,
      'Lower the first or raise the second (defaults: 2 and 20 times tickTime)',
    );
  }
  return { minSessionTimeoutMs, maxSessionTimeoutMs };
}

function readLimits(reader: PropertyReader, mode: ZooConfig['mode']) {
  const range = { least: 1, most: 2 ** 31 - 1 };
  if (mode === 'ensemble') {
    reader.required('initLimit', 'An ensemble needs it: ticks to connect and synchronise, e.g. initLimit=10');
    reader.required('syncLimit', 'An ensemble needs it: ticks of silence allowed, for example syncLimit=5');
  }
  return {
    initLimit: reader.integer('initLimit', 10, range),
    syncLimit: reader.integer('syncLimit', 5, range),
  };
}

function readMembers(reader: PropertyReader): Member[] {
  for (const prefix of ['group.', 'weight.', 'oraclePath', 'dynamicConfigFile']) {
    const [unsupported] = reader.startingWith(prefix);
    if (unsupported !== undefined) {
      throw new ConfigError(
        { file: reader.file, line: unsupported.line },
        `${unsupported.key}: this server knows only majorities of the servers listed in this file`,
        'Remove the line and list every server as server.N=host:port:port',
      );
    }
  }
  const members = reader.startingWith('server.').map((property) => {
    const parsed = parseServerLine(property.key, property.value);
    if (typeof parsed === 'string') return reject(property, parsed);
    return { member: parsed, property };
  });
  for (const [index, { member, property }] of members.entries()) {
    const twin = members.slice(0, index).find((other) => other.member.sid === member.sid);
    if (twin !== undefined) {
      reject(property, `an id other than that of line ${twin.property.line}`);
    }
  }
  return members.map(({ member }) => member).sort((a, b) => a.sid - b.sid);

  function reject(property: Property, expected: string): never {
    return reader.reject(
      property,
      expected,
      'The form is server.N=host:quorumPort:electionPort[:participant|:observer][;[clientHost:]clientPort]',
    );
  }
}

function decideMode(reader: PropertyReader, members: readonly Member[]): ZooConfig['mode'] {
  const standaloneEnabled = reader.boolean('standaloneEnabled', true);
  const participantCount = members.filter((member) => member.role === 'participant').length;
  if (members.length === 0 && standaloneEnabled) return 'standalone';
  if (participantCount === 0) {
    throw new ConfigError(
      { file: reader.file, line: null },
      'no server.N line names a participant',
      'Add a server.N=host:port:port line, or for one server alone remove standaloneEnabled=false',
    );
  }
  if (participantCount > 1 || !standaloneEnabled) return 'ensemble';
  if (members.length > 1) {
    throw new ConfigError(
      { file: reader.file, line: null },
      'one participant runs standalone, and a standalone server takes no observers',
      'Add standaloneEnabled=false to run an ensemble of one, or remove the observers',
    );
  }
  return 'standalone';
}

function memberWarnings(mode: ZooConfig['mode'], members: readonly Member[]): string[] {
  const participantCount = members.filter((member) => member.role === 'participant').length;
  if (mode === 'standalone' || participantCount % 2 === 1) return [];
  return [`${participantCount} participants tolerate no more failures than ${participantCount - 1} would`];
}

function readFourLetterWords(reader: PropertyReader): ReadonlySet<string> | 'all' {
  const words = reader
    .text('4lw.commands.whitelist', 'srvr')
    .split(',')
    .map((word) => word.trim());
  return words.includes('*') ? 'all' : new Set(words.filter((word) => word !== ''));
}
