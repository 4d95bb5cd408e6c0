// What operators are shown of a server, by four-letter words, by the AdminServer and by /metrics: one view, put
// together from the server's parts. What takes time to gather is a function, called only by who needs it.

import type { SessionId } from '../../../../harness/wire/session-id.ts';
import { votersOf } from '../core/membership.ts';
import type { StateDatabase } from '../state/database.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ZooConfig } from './config.ts';
import type { Host } from './host.ts';
import type { Metrics } from './operators/metrics.ts';
import type { RequestPipeline } from './request-pipeline.ts';
import type { ByteRange, DigestEntry, LastSnapshot, ServerStats } from './server-stats.ts';

/** Of a server that serves through a quorum. */
export type ServingMode = 'standalone' | 'leader' | 'follower' | 'observer';
export type ServerMode = ServingMode | 'read-only';

export interface ServerView {
  readonly config: ZooConfig;
  readonly version: string;
  readonly isServing: boolean;
  readonly mode: ServerMode;
  readonly phase: ProtocolPhase;
  /** Null while there is none, and in standalone mode. */
  readonly leaderSid: number | null;
  readonly zxid: number;
  readonly nodeCount: number;
  readonly watchCount: number;
  /** Of the data table alone, as the four-letter words count. */
  readonly dataWatchCount: number;
  readonly watchedPathCount: number;
  readonly watchingConnectionCount: number;
  readonly ephemeralCount: number;
  readonly approximateDataBytes: number;
  readonly voterCount: number;
  /** Those of the ensemble, with their timeouts. */
  readonly sessions: ReadonlyMap<SessionId, number>;
  readonly localSessionCount: number;
  readonly outstandingCount: number;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly upMs: number;
  readonly received: number;
  readonly sent: number;
  readonly authFailedCount: number;
  readonly slowSyncCount: number;
  readonly latencyMs: { readonly min: number; readonly average: number; readonly max: number };
  readonly responseBytes: ByteRange;
  readonly connections: readonly ClientConnection[];
  /** Null where this server does not lead an ensemble. */
  readonly leading: LeaderView | null;
  readonly metrics: Metrics;
  readonly digests: readonly DigestEntry[];
  readonly lastSnapshot: LastSnapshot | null;
  readonly traceMask: string;
  readonly host: Host;
  /** When sessions expire, by the end of their bucket; null on a learner, which does not decide that. */
  readonly sessionBuckets: () => readonly Bucket[] | null;
  /** The same for local sessions; null where there are none. */
  readonly localSessionBuckets: () => readonly Bucket[] | null;
  readonly ephemerals: () => readonly (readonly [SessionId, readonly string[]])[];
  readonly watchedPaths: () => readonly (readonly [SessionId, readonly string[]])[];
  readonly watchersByPath: () => readonly (readonly [path: string, readonly SessionId[]])[];
  readonly resetConnectionStats: () => void;
  readonly resetStats: () => void;
  /** A decimal number. */
  readonly setTraceMask: (mask: string) => void;
}

export type Bucket = readonly [expiryMs: number, readonly SessionId[]];

/** As ZooKeeper calls the phases of its protocol. */
export type ProtocolPhase = 'election' | 'discovery' | 'synchronization' | 'broadcast';

export interface LeaderView {
  readonly proposalBytes: ByteRange;
  readonly learnerCount: number;
  readonly syncedFollowerCount: number;
  readonly syncedObserverCount: number;
  readonly observerSids: readonly number[];
  readonly pendingSyncCount: number;
  readonly upMs: number;
}

export interface ViewSources {
  readonly config: ZooConfig;
  readonly database: StateDatabase;
  readonly stats: ServerStats;
  readonly pipeline: RequestPipeline;
  readonly connections: readonly ClientConnection[];
  /** Of a leader: those that have caught up. */
  readonly learners: readonly { readonly sid: number; readonly isVoter: boolean }[];
  readonly localSessionCount: number;
  readonly sessionBuckets: () => readonly Bucket[] | null;
  readonly localSessionBuckets: () => readonly Bucket[] | null;
  readonly isServing: boolean;
  readonly mode: ServerMode;
  readonly phase: ProtocolPhase;
  readonly leaderSid: number | null;
  readonly slowSyncCount: number;
  readonly host: Host;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly upMs: number;
  readonly servingMs: number;
}

const version = '3.8.0-ordeal, built on 2026-11-21 00:00 UTC';

export function viewOf(sources: ViewSources): ServerView {
  const { config, database, stats, pipeline, connections, mode } = sources;
  const { tree, sessions, lastProcessedZxid } = database;
  const { watches } = pipeline.reads;
  // The database counts for itself; what srst forgets, it does not.
  stats.metrics.counters.digest_mismatches_count.value = database.digestMismatchCount;
  return {
    config,
    version,
    isServing: sources.isServing,
    mode,
    phase: sources.phase,
    leaderSid: sources.leaderSid,
    zxid: lastProcessedZxid,
    nodeCount: tree.nodeCount,
    watchCount: watches.watchCount,
    dataWatchCount: watches.dataWatches.watches,
    watchedPathCount: watches.dataWatches.paths,
    watchingConnectionCount: watches.dataWatches.connections,
    ephemeralCount: tree.ephemeralCount,
    approximateDataBytes: tree.approximateDataBytes,
    voterCount: votersOf(config.membership).length,
    sessions,
    localSessionCount: sources.localSessionCount,
    outstandingCount: pipeline.outstandingCount,
    nowMs: sources.nowMs,
    wallMs: sources.wallMs,
    upMs: sources.upMs,
    received: stats.received,
    sent: stats.sent,
    authFailedCount: stats.authFailedCount,
    slowSyncCount: sources.slowSyncCount,
    latencyMs: { min: stats.minLatencyMs, average: stats.averageLatencyMs, max: stats.maxLatencyMs },
    responseBytes: stats.responseBytes,
    connections,
    leading: mode === 'leader' ? leaderViewOf(sources) : null,
    metrics: stats.metrics,
    digests: stats.digests,
    lastSnapshot: stats.lastSnapshot,
    traceMask: stats.traceMask,
    host: sources.host,
    sessionBuckets: sources.sessionBuckets,
    localSessionBuckets: sources.localSessionBuckets,
    ephemerals: () =>
      [...tree.sessionsWithEphemerals].map((session) => [session, [...tree.ephemeralsOf(session)]] as const),
    watchedPaths: () => watches.dataPathsByConnection().map(([{ sessionId }, paths]) => [sessionId, paths]),
    watchersByPath: () =>
      watches
        .dataConnectionsByPath()
        .map(([path, watchers]) => [path, watchers.map((each) => each.sessionId)]),
    resetConnectionStats: () => {
      for (const connection of connections) connection.resetStats();
    },
    resetStats: () => stats.reset(),
    setTraceMask: (mask) => void (stats.traceMask = mask),
  };
}

function leaderViewOf({ stats, learners, pipeline, servingMs }: ViewSources): LeaderView {
  const observerSids = learners.filter(({ isVoter }) => !isVoter).map(({ sid }) => sid);
  return {
    proposalBytes: stats.proposalBytes,
    learnerCount: learners.length,
    syncedFollowerCount: learners.length - observerSids.length,
    syncedObserverCount: observerSids.length,
    observerSids,
    pendingSyncCount: pipeline.syncCount,
    upMs: servingMs,
  };
}
