// What the four-letter words are told of a server, put together from its parts.

import type { StateDatabase } from '../state/database.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ZooConfig } from './config.ts';
import type { LeaderView, ServerMode, ServerView } from './four-letter-words.ts';
import type { RequestPipeline } from './request-pipeline.ts';
import type { ServerStats } from './server-stats.ts';

export interface ViewSources {
  readonly config: ZooConfig;
  readonly database: StateDatabase;
  readonly stats: ServerStats;
  readonly pipeline: RequestPipeline;
  readonly connections: readonly ClientConnection[];
  /** Of a leader: those that have caught up. */
  readonly learners: readonly { readonly isVoter: boolean }[];
  readonly localSessionCount: number;
  readonly isServing: boolean;
  readonly mode: ServerMode;
  readonly upMs: number;
  readonly servingMs: number;
}

const version = '3.8.0-ordeal, built on 2026-11-21 00:00 UTC';

export function viewOf(sources: ViewSources): ServerView {
  const { config, database, stats, pipeline, connections, isServing, mode, upMs } = sources;
  const { tree, sessions, lastProcessedZxid } = database;
  const { watches } = pipeline.reads;
  return {
    config,
    version,
    isServing,
    mode,
    zxid: lastProcessedZxid,
    nodeCount: tree.nodeCount,
    watchCount: watches.watchCount,
    watchedPathCount: watches.dataWatches.paths,
    watchingConnectionCount: watches.dataWatches.connections,
    ephemeralCount: tree.ephemeralCount,
    approximateDataBytes: tree.approximateDataBytes,
    sessionCount: sessions.size,
    localSessionCount: sources.localSessionCount,
    outstandingCount: pipeline.outstandingCount,
    upMs,
    received: stats.received,
    sent: stats.sent,
    latencyMs: { min: stats.minLatencyMs, average: stats.averageLatencyMs, max: stats.maxLatencyMs },
    connections,
    leading: mode === 'leader' ? leaderViewOf(sources) : null,
  };
}

function leaderViewOf({ stats, learners, servingMs }: ViewSources): LeaderView {
  const followerCount = learners.filter(({ isVoter }) => isVoter).length;
  return {
    proposalBytes: {
      last: stats.lastProposalBytes,
      min: stats.minProposalBytes,
      max: stats.maxProposalBytes,
    },
    proposalCount: stats.proposalCount,
    learnerCount: learners.length,
    syncedFollowerCount: followerCount,
    syncedObserverCount: learners.length - followerCount,
    upMs: servingMs,
  };
}
