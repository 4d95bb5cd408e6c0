// Four-letter words: the first four bytes of a connection in place of a ConnectRequest, answered by text.
// The texts are Apache ZooKeeper's, since monitoring parses them.
// Facts: client protocol of ZooKeeper 3.8, "Four-letter words".

import { formatZxid } from '../../../../harness/wire/zxid.ts';
import { membershipText } from '../core/membership.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ZooConfig } from './config.ts';

/** What the words are told of the server. */
export interface ServerView {
  readonly config: ZooConfig;
  readonly version: string;
  readonly isServing: boolean;
  readonly mode: ServerMode;
  readonly zxid: number;
  readonly nodeCount: number;
  readonly watchCount: number;
  readonly watchedPathCount: number;
  readonly watchingConnectionCount: number;
  readonly ephemeralCount: number;
  readonly approximateDataBytes: number;
  /** Those of the ensemble. */
  readonly sessionCount: number;
  readonly localSessionCount: number;
  readonly outstandingCount: number;
  readonly upMs: number;
  readonly received: number;
  readonly sent: number;
  readonly latencyMs: { readonly min: number; readonly average: number; readonly max: number };
  readonly connections: readonly ClientConnection[];
  /** Null where this server does not lead an ensemble. */
  readonly leading: LeaderView | null;
}

export interface LeaderView {
  readonly proposalBytes: { readonly last: number; readonly min: number; readonly max: number };
  readonly proposalCount: number;
  readonly learnerCount: number;
  readonly syncedFollowerCount: number;
  readonly syncedObserverCount: number;
  readonly upMs: number;
}

/** Of a server that serves through a quorum. */
export type ServingMode = 'standalone' | 'leader' | 'follower' | 'observer';
export type ServerMode = ServingMode | 'read-only';

const notServing = 'This ZooKeeper instance is not currently serving requests\n';

/** The word that a connection begins with, or null: then it is a client of the binary protocol. */
export function wordOf(greeting: Buffer): string | null {
  const word = greeting.toString('latin1', 0, 4);
  return word in words ? word : null;
}

/** The whole answer; the connection closes behind it. */
export function answerWord(word: string, view: ServerView): string {
  const { fourLetterWords } = view.config;
  if (fourLetterWords !== 'all' && !fourLetterWords.has(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  if (word === 'isro' && !view.isServing) return 'null';
  if (word !== 'ruok' && !view.isServing) return notServing;
  return words[word]?.(view) ?? '';
}

const words: Readonly<Record<string, (view: ServerView) => string>> = {
  ruok: () => 'imok',
  isro: ({ mode }) => (mode === 'read-only' ? 'ro' : 'rw'),
  srvr: (view) => `${versionLine(view)}${statistics(view)}`,
  stat: (view) => `${versionLine(view)}Clients:\n${connectionLines(view, briefly)}\n${statistics(view)}`,
  mntr: monitor,
  conf: configuration,
  cons: (view) => `${connectionLines(view, (connection) => inFull(connection, view))}\n`,
  wchs: (view) =>
    `${view.watchingConnectionCount} connections watching ${view.watchedPathCount} paths\nTotal watches:${view.watchCount}\n`,
};

function versionLine(view: ServerView): string {
  const mode = view.mode === 'read-only' ? 'READ-ONLY mode; serving only read-only clients\n' : '';
  return `Zookeeper version: ${view.version}\n${mode}`;
}

function statistics(view: ServerView): string {
  const { min, average, max } = view.latencyMs;
  const lines = [
    `Latency min/avg/max: ${min}/${formatAverage(average)}/${max}`,
    `Received: ${view.received}`,
    `Sent: ${view.sent}`,
    `Connections: ${view.connections.length}`,
    `Outstanding: ${view.outstandingCount}`,
    `Zxid: ${formatZxid(view.zxid)}`,
    `Mode: ${view.mode}`,
    `Node count: ${view.nodeCount}`,
  ];
  if (view.leading !== null) {
    const { last, min: least, max: most } = view.leading.proposalBytes;
    lines.push(`Proposal sizes last/min/max: ${last}/${least}/${most}`);
  }
  return `${lines.join('\n')}\n`;
}

/** As Java prints a double: at least one decimal, here at most four. */
function formatAverage(average: number): string {
  const rounded = Math.round(average * 10_000) / 10_000;
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}

function connectionLines(view: ServerView, describe: (connection: ClientConnection) => string): string {
  return view.connections
    .map((connection) => {
      const { port } = connection.link.remote;
      const interest = connection.state === 'attached' ? 1 : 0;
      return ` /${connection.address}:${port}[${interest}](${describe(connection)})\n`;
    })
    .join('');
}

function briefly({ queue, stats }: ClientConnection): string {
  return `queued=${queue.length},recved=${stats.received},sent=${stats.sent}`;
}

function inFull(connection: ClientConnection, view: ServerView): string {
  const { stats } = connection;
  if (connection.state !== 'attached') return briefly(connection);
  const fields = [
    briefly(connection),
    `sid=${formatId(connection.sessionId)}`,
    `lop=${stats.lastOpcode}`,
    `est=${Math.floor(stats.establishedMs)}`,
    `to=${connection.sessionTimeoutMs}`,
    ...(stats.lastXid === null ? [] : [`lcxid=0x${(stats.lastXid >>> 0).toString(16)}`]),
    `lzxid=${formatZxid(view.zxid)}`,
    `lresp=${Math.floor(stats.lastResponseMs)}`,
    `llat=${stats.lastLatencyMs}`,
    `minlat=${stats.latencyCount === 0 ? 0 : stats.minLatencyMs}`,
    `avglat=${stats.latencyCount === 0 ? 0 : Math.floor(stats.totalLatencyMs / stats.latencyCount)}`,
    `maxlat=${stats.maxLatencyMs}`,
  ];
  return fields.join(',');
}

function formatId(sessionId: string): string {
  return `0x${sessionId.replace(/^0+(?=.)/, '')}`;
}

const peerStates: Readonly<Record<ServerMode, string | null>> = {
  standalone: null,
  leader: 'leading - broadcast',
  follower: 'following - broadcast',
  observer: 'observing - broadcast',
  'read-only': null,
};

function monitor(view: ServerView): string {
  const peerState = peerStates[view.mode];
  const participants = view.config.membership.members.filter((member) => member.role === 'participant');
  const values: [string, string | number][] = [
    ['version', view.version],
    ['server_state', view.mode],
    ...(peerState === null ? [] : ([['peer_state', peerState]] satisfies [string, string][])),
    ['ephemerals_count', view.ephemeralCount],
    ['num_alive_connections', view.connections.length],
    ['avg_latency', formatAverage(view.latencyMs.average)],
    ['min_latency', view.latencyMs.min],
    ['max_latency', view.latencyMs.max],
    ['outstanding_requests', view.outstandingCount],
    ['znode_count', view.nodeCount],
    ['watch_count', view.watchCount],
    ['approximate_data_size', view.approximateDataBytes],
    ['global_sessions', view.sessionCount],
    ['local_sessions', view.localSessionCount],
    ['packets_received', view.received],
    ['packets_sent', view.sent],
    ['uptime', Math.floor(view.upMs)],
  ];
  if (peerState !== null) values.push(['quorum_size', participants.length]);
  if (view.leading !== null) values.push(...leaderValues(view.leading));
  return values.map(([key, value]) => `zk_${key}\t${value}\n`).join('');
}

function leaderValues(leading: LeaderView): [string, number][] {
  return [
    ['learners', leading.learnerCount],
    ['synced_followers', leading.syncedFollowerCount],
    ['synced_observers', leading.syncedObserverCount],
    ['synced_non_voting_followers', 0],
    ['leader_uptime', Math.floor(leading.upMs)],
    ['last_proposal_size', leading.proposalBytes.last],
    ['min_proposal_size', leading.proposalBytes.min],
    ['max_proposal_size', leading.proposalBytes.max],
    ['proposal_count', leading.proposalCount],
  ];
}

function configuration({ config }: ServerView): string {
  const own = config.membership.members.find((member) => member.sid === config.serverId);
  const lines = [
    `clientPort=${config.clientPort ?? -1}`,
    'secureClientPort=-1',
    `dataDir=${config.dataDir}/version-2`,
    `dataLogDir=${config.dataLogDir}/version-2`,
    `tickTime=${config.tickTimeMs}`,
    `maxClientCnxns=${config.maxClientConnections}`,
    `minSessionTimeout=${config.minSessionTimeoutMs}`,
    `maxSessionTimeout=${config.maxSessionTimeoutMs}`,
    'clientPortListenBacklog=-1',
    `serverId=${config.serverId ?? 0}`,
  ];
  if (own === undefined) return `${lines.join('\n')}\n`;
  return [
    ...lines,
    `initLimit=${config.initLimit}`,
    `syncLimit=${config.syncLimit}`,
    'electionAlg=3',
    `electionPort=${own.electionPort}`,
    `quorumPort=${own.quorumPort}`,
    `peerType=${own.role === 'observer' ? 1 : 0}`,
    'membership: ',
    membershipText(config.membership),
  ].join('\n');
}
