// What Apache's servers knew when the vectors of four-letter words and AdminServer were taken, as a view of ours.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ClientConnection } from '../../../../../docker/zab/src/server/client-connection.ts';
import { parseZooConfig } from '../../../../../docker/zab/src/server/config.ts';
import { unknownHost, type Host } from '../../../../../docker/zab/src/server/host.ts';
import { Metrics } from '../../../../../docker/zab/src/server/operators/metrics.ts';
import type { ServerView } from '../../../../../docker/zab/src/server/server-view.ts';

interface WordVectors {
  readonly ensemble: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly extra: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly notWhitelisted: Readonly<Record<string, string>>;
  readonly readOnlyMode: Readonly<Record<string, string>>;
}

interface AdminVectors {
  readonly responses: Readonly<
    Record<
      string,
      { readonly status: number; readonly headers: Record<string, string>; readonly body: string }
    >
  >;
}

function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../vectors/${name}`, import.meta.url), 'utf8'));
}

export const wordVectors = readVectors('four-letter-words.json') as WordVectors;
export const adminVectors = readVectors('admin-server.json') as AdminVectors;

export const referencePorts = { leader: '32182', follower: '32181', observer: '32184' } as const;

/** The answer of Apache's server in a role. */
export function referenceAnswer(word: string, role: keyof typeof referencePorts = 'leader'): string {
  const answer = wordVectors.ensemble[word]?.[referencePorts[role]];
  assert(answer !== undefined, `no vector for ${word} of the ${role}`);
  return answer;
}

const members = [1, 2, 3].map((sid) => `server.${sid}=127.0.0.1:3228${sid}:3238${sid}`);
const config = parseZooConfig(
  [
    'tickTime=1000',
    'initLimit=10',
    'syncLimit=5',
    'dataDir=/srv/zkens/ens/d2',
    'clientPort=32182',
    'clientPortAddress=127.0.0.1',
    '4lw.commands.whitelist=*',
    ...members,
    'server.4=127.0.0.1:32284:32384:observer',
  ].join('\n'),
  'zoo.cfg',
);

export const referenceHost: Host = {
  ...unknownHost,
  directoryBytes: () => 17037,
  openFileCount: () => 51,
  maxFileCount: () => 20000,
};

export const holdSession = '0200001681970000';
/** 00:20:29.500 on the day of the capture. */
const wallMs = Date.UTC(2026, 10, 21, 0, 20, 29, 500);
/** Java's clock, from the same moment. */
export const nowMs = 1_489_500;

export function connectionAt(options: {
  port: number;
  sessionId?: string;
  establishedMs?: number;
}): ClientConnection {
  const link = {
    remote: { host: '127.0.0.1', port: options.port },
    bufferedBytes: 0,
    write: () => {},
    writeAll: () => {},
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  };
  const connection = new ClientConnection(link, {
    maxFrameBytes: 1024,
    nowMs: options.establishedMs ?? nowMs,
    becameDirty: () => {},
    closed: () => {},
  });
  if (options.sessionId !== undefined) {
    connection.state = 'attached';
    connection.sessionId = options.sessionId;
    connection.sessionTimeoutMs = 20_000;
  }
  return connection;
}

/** The leader of the captured ensemble. */
export function leaderView(changes: Partial<ServerView> = {}): ServerView {
  return {
    config: { ...config, serverId: 2 },
    version: '3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC',
    isServing: true,
    mode: 'leader',
    phase: 'broadcast',
    leaderSid: 2,
    zxid: 0x10000002b,
    nodeCount: 21,
    watchCount: 0,
    dataWatchCount: 0,
    watchedPathCount: 0,
    watchingConnectionCount: 0,
    ephemeralCount: 1,
    approximateDataBytes: 378,
    voterCount: 3,
    sessions: new Map([[holdSession, 20_000]]),
    localSessionCount: 0,
    outstandingCount: 0,
    nowMs,
    wallMs,
    upMs: 13374,
    received: 6,
    sent: 5,
    authFailedCount: 0,
    slowSyncCount: 0,
    latencyMs: { min: 5, average: 5, max: 5 },
    responseBytes: { last: 32, min: 32, max: 32 },
    connections: [],
    leading: {
      proposalBytes: { last: 97, min: 36, max: 283 },
      learnerCount: 3,
      syncedFollowerCount: 2,
      syncedObserverCount: 1,
      observerSids: [4],
      pendingSyncCount: 0,
      upMs: 13318,
    },
    metrics: new Metrics(),
    digests: [],
    lastSnapshot: { zxid: 0, takenMs: 1_795_220_414_000 },
    traceMask: '306',
    host: referenceHost,
    sessionBuckets: () => [],
    localSessionBuckets: () => null,
    ephemerals: () => [[holdSession, ['/gv-eph-hold']]],
    watchedPaths: () => [],
    watchersByPath: () => [],
    resetConnectionStats: () => {},
    resetStats: () => {},
    setTraceMask: () => {},
    ...changes,
  };
}
