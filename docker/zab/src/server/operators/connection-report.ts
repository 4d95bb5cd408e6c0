// Client connections, as the four-letter words stat and cons and the AdminServer show them.
// Facts: client protocol of ZooKeeper 3.8, "Four-letter words" and "AdminServer".

import { formatZxid } from '../../../../../harness/wire/zxid.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { ServerView } from '../server-view.ts';
import type { JsonValue } from './json-text.ts';
import { operationName } from './operation-names.ts';
import { sessionIdNumber, sessionIdText } from './session-id-text.ts';

export function briefLines({ connections }: ServerView): string {
  return connections.map((connection) => line(connection, briefly(connection))).join('');
}

export function fullLines(view: ServerView): string {
  return view.connections.map((connection) => line(connection, inFull(connection, view))).join('');
}

/** One per connection with a session; the others are not shown there. */
export function connectionRecords(view: ServerView, form: 'brief' | 'full'): JsonValue[] {
  return view.connections.map((connection) => ({
    ...briefRecord(connection),
    ...(form === 'full' ? fullRecord(connection, view) : {}),
  }));
}

function line(connection: ClientConnection, fields: string): string {
  return ` /${remoteOf(connection)}[${interestOf(connection)}](${fields})\n`;
}

function remoteOf({ address, link }: ClientConnection): string {
  return `${address}:${link.remote.port}`;
}

/** 1: read from. A connection that sent a four-letter word is not read from any more. */
function interestOf(connection: ClientConnection): number {
  return connection.state === 'attached' ? 1 : 0;
}

function briefly({ queue, stats }: ClientConnection): string {
  return `queued=${queue.length},recved=${stats.received},sent=${stats.sent}`;
}

function inFull(connection: ClientConnection, view: ServerView): string {
  const { stats } = connection;
  if (connection.state !== 'attached') return briefly(connection);
  const { minimum, average } = latencies(connection);
  return [
    briefly(connection),
    `sid=${sessionIdText(connection.sessionId)}`,
    `lop=${operationName(stats.lastOpcode)}`,
    `est=${establishedWallMs(connection, view)}`,
    `to=${connection.sessionTimeoutMs}`,
    ...(stats.lastXid === null ? [] : [`lcxid=0x${(stats.lastXid >>> 0).toString(16)}`]),
    `lzxid=${formatZxid(stats.lastZxid)}`,
    `lresp=${Math.floor(stats.lastResponseMs)}`,
    `llat=${stats.lastLatencyMs}`,
    `minlat=${minimum}`,
    `avglat=${average}`,
    `maxlat=${stats.maxLatencyMs}`,
  ].join(',');
}

function briefRecord(connection: ClientConnection) {
  return {
    remote_socket_address: remoteOf(connection),
    interest_ops: interestOf(connection),
    outstanding_requests: connection.queue.length,
    packets_received: connection.stats.received,
    packets_sent: connection.stats.sent,
  };
}

function fullRecord(connection: ClientConnection, view: ServerView) {
  const { stats } = connection;
  const { minimum, average } = latencies(connection);
  return {
    session_id: sessionIdNumber(connection.sessionId),
    last_operation: operationName(stats.lastOpcode),
    established: establishedWallMs(connection, view),
    session_timeout: connection.sessionTimeoutMs,
    last_cxid: stats.lastXid ?? -1,
    last_zxid: stats.lastZxid,
    last_response_time: Math.floor(stats.lastResponseMs),
    last_latency: stats.lastLatencyMs,
    min_latency: minimum,
    avg_latency: average,
    max_latency: stats.maxLatencyMs,
  };
}

function latencies({ stats }: ClientConnection): { minimum: number; average: number } {
  const { latencyCount } = stats;
  if (latencyCount === 0) return { minimum: 0, average: 0 };
  return { minimum: stats.minLatencyMs, average: Math.floor(stats.totalLatencyMs / latencyCount) };
}

function establishedWallMs({ stats }: ClientConnection, { nowMs, wallMs }: ServerView): number {
  return Math.floor(wallMs - (nowMs - stats.establishedMs));
}
