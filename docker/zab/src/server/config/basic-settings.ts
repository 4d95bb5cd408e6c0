// Where the data is, where clients connect, how long a tick and a session are.

import { largestInt, type PropertyReader } from './property-reader.ts';

export interface BasicSettings {
  readonly dataDir: string;
  readonly dataLogDir: string;
  readonly tickTimeMs: number;
  /** Null: no client port here; the server's own line may give one. */
  readonly clientPort: number | null;
  readonly clientPortAddress: string;
  /** Connections that wait to be accepted; −1 = as the system has it. */
  readonly listenBacklog: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Four-letter words that are answered; '*' in the file gives all. */
  readonly fourLetterWords: ReadonlySet<string> | 'all';
}

export function readBasicSettings(reader: PropertyReader, isReadOnlyMode: boolean): BasicSettings {
  // Idle connections are always probed by the operating system: it costs nothing, and finds dead ones.
  reader.flag('tcpKeepAlive', true);
  reader.flag('clientTcpKeepAlive', true);
  const tickTimeMs = reader.integer('tickTime', 3000, { least: 1, most: largestInt });
  const dataDir = reader.required('dataDir', 'Add a line such as dataDir=/var/lib/zookeeper');
  const clientPort = reader.optionalInteger('clientPort', { least: 0, most: 65535 }, 2181);
  return {
    dataDir,
    dataLogDir: reader.text('dataLogDir', dataDir),
    tickTimeMs,
    clientPort,
    clientPortAddress: readAddress(reader, clientPort, 'clientPort'),
    listenBacklog: reader.integer('clientPortListenBacklog', -1, { least: -1, most: largestInt }),
    ...readSessionTimeouts(reader, tickTimeMs),
    fourLetterWords: readFourLetterWords(reader, isReadOnlyMode),
  };
}

/** The address that belongs to a port: all addresses where none is given. */
export function readAddress(
  reader: PropertyReader,
  port: number | null,
  portKey: 'clientPort' | 'secureClientPort',
): string {
  const property = reader.find(`${portKey}Address`);
  if (property === undefined) return '0.0.0.0';
  if (port !== null) return property.value;
  throw reader.error(
    property,
    `${property.key} is given without ${portKey}`,
    `Add ${portKey}=2181 or remove the line`,
  );
}

function readSessionTimeouts(reader: PropertyReader, tickTimeMs: number) {
  const range = { least: -1, most: largestInt };
  const least = reader.integer('minSessionTimeout', -1, range);
  const most = reader.integer('maxSessionTimeout', -1, range);
  const minSessionTimeoutMs = least === -1 ? 2 * tickTimeMs : least;
  const maxSessionTimeoutMs = most === -1 ? 20 * tickTimeMs : most;
  if (minSessionTimeoutMs > maxSessionTimeoutMs) {
    throw reader.error(
      reader.find('minSessionTimeout') ?? reader.find('maxSessionTimeout'),
      `minSessionTimeout ${minSessionTimeoutMs} is above maxSessionTimeout ${maxSessionTimeoutMs}`,
      'Lower the first or raise the second (defaults: 2 and 20 times tickTime)',
    );
  }
  return { minSessionTimeoutMs, maxSessionTimeoutMs };
}

function readFourLetterWords(reader: PropertyReader, isReadOnlyMode: boolean): ReadonlySet<string> | 'all' {
  const words = reader
    .text('4lw.commands.whitelist', 'srvr')
    .split(',')
    .map((word) => word.trim());
  if (words.includes('*')) return 'all';
  // Clients that look for a read-only server ask with isro, whatever the list says.
  if (isReadOnlyMode) words.push('isro');
  return new Set(words.filter((word) => word !== ''));
}
