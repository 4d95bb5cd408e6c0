// Sessions and when they expire, the ephemerals they own, and the connections: the four-letter word dump.
// Facts: client protocol of ZooKeeper 3.8, "Four-letter words".

import type { ClientConnection } from '../client-connection.ts';
import type { Bucket, ServerView } from '../server-view.ts';
import { javaDate } from './java-date.ts';
import { sessionIdText } from './session-id-text.ts';

/** Connections go by steps of this length, whatever a tick is. */
const connectionBucketMs = 10_000;

export function dumpText(view: ServerView): string {
  const ephemerals = view.ephemerals();
  return lines([
    'SessionTracker dump:',
    ...sessionLines(view),
    'ephemeral nodes dump:',
    `Sessions with Ephemerals (${ephemerals.length}):`,
    ...ephemerals.flatMap(([id, paths]) => [`${sessionIdText(id)}:`, ...paths.map((path) => `\t${path}`)]),
    'Connections dump:',
    ...connectionLines(view),
  ]);
}

function sessionLines(view: ServerView): string[] {
  const local = view.localSessionBuckets();
  const localLines = local === null ? [] : bucketLines('Local Session Sets', local, view);
  const buckets = view.sessionBuckets();
  if (buckets !== null) {
    return [
      ...localLines,
      ...bucketLines(local === null ? 'Session Sets' : 'Global Session Sets', buckets, view),
    ];
  }
  const sessions = [...view.sessions];
  return [
    ...localLines,
    `Global Sessions(${sessions.length}):`,
    ...sessions.map(([id, timeoutMs]) => `${sessionIdText(id)}\t${timeoutMs}ms`),
  ];
}

function bucketLines(title: string, buckets: readonly Bucket[], view: ServerView): string[] {
  const count = buckets.reduce((total, [, ids]) => total + ids.length, 0);
  return [
    `${title} (${buckets.length})/(${count}):`,
    ...buckets.flatMap(([expiryMs, ids]) => [
      `${ids.length} expire at ${dateOf(expiryMs, view)}:`,
      ...ids.map((id) => `\t${sessionIdText(id)}`),
    ]),
  ];
}

function connectionLines(view: ServerView): string[] {
  const byExpiry = new Map<number, ClientConnection[]>();
  for (const connection of view.connections) {
    const expiryMs = (Math.floor(deadlineOf(connection, view) / connectionBucketMs) + 1) * connectionBucketMs;
    const bucket = byExpiry.get(expiryMs);
    if (bucket === undefined) byExpiry.set(expiryMs, [connection]);
    else bucket.push(connection);
  }
  const buckets = [...byExpiry].sort(([a], [b]) => a - b);
  return [
    `Connections Sets (${buckets.length})/(${view.connections.length}):`,
    ...buckets.flatMap(([expiryMs, connections]) => [
      `${connections.length} expire at ${dateOf(expiryMs, view)}:`,
      ...connections.map(
        (connection) =>
          `\tip: /${connection.address}:${connection.link.remote.port} sessionId: ${sessionIdText(connection.sessionId)}`,
      ),
    ]),
  ];
}

function deadlineOf({ state, stats, sessionTimeoutMs }: ClientConnection, { config }: ServerView): number {
  if (state !== 'attached') return stats.establishedMs + config.sessionlessTimeoutMs;
  return Math.max(stats.establishedMs, stats.lastResponseMs) + sessionTimeoutMs;
}

function dateOf(atMs: number, { nowMs, wallMs }: ServerView): string {
  return javaDate(wallMs + (atMs - nowMs));
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
