// The commands of the AdminServer: names, aliases, and what each answers, as records that `json-text.ts` prints.
// Facts: client protocol of ZooKeeper 3.8, "AdminServer".

import type { Member } from '../../core/membership.ts';
import { formatZxid, counterOf, epochOf } from '../../../../../harness/wire/zxid.ts';
import { clientAddressOf } from '../config.ts';
import type { ByteRange } from '../server-stats.ts';
import type { ServerView } from '../server-view.ts';
import { connectionRecords } from './connection-report.ts';
import { Decimal } from './decimal.ts';
import { environmentEntries } from './environment.ts';
import type { JsonValue } from './json-text.ts';
import { monitorEntries } from './monitor-report.ts';
import { sessionIdNumber } from './session-id-text.ts';

type Fields = Readonly<Record<string, JsonValue>>;

interface Command {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Answered only while a quorum serves. */
  readonly needsServing: boolean;
  readonly run: (view: ServerView, query: URLSearchParams) => Fields;
}

/** A command that cannot be carried out as it was asked. */
class CommandError extends Error {}

/** What a command answers; null: there is no such command. */
export function runCommand(name: string, query: URLSearchParams, view: ServerView | null): Fields | null {
  const command = byName.get(name);
  if (command === undefined) return null;
  const end = { command: command.name, error: null };
  if (view === null || (command.needsServing && !view.isServing)) {
    return { ...end, error: 'This ZooKeeper instance is not currently serving requests' };
  }
  try {
    return { ...command.run(view, query), ...end };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { error: error.message, command: command.name };
  }
}

/** In alphabetical order, without their aliases. */
export function commandNames(): readonly string[] {
  return commands.map(({ name }) => name).sort();
}

const commands: readonly Command[] = [
  serving('configuration', ['conf', 'config'], configuration),
  serving('connections', ['cons'], (view) => ({
    connections: connectionRecords(view, 'full'),
    secure_connections: [],
  })),
  serving('connection_stat_reset', ['crst'], (view) => {
    view.resetConnectionStats();
    return {};
  }),
  serving('dirs', [], (view) => ({ datadir_size: logBytes(view), logdir_size: snapshotBytes(view) })),
  serving('dump', [], dump),
  always('environment', ['env', 'envi'], (view) => Object.fromEntries(environmentEntries(view))),
  always('get_trace_mask', ['gtmk'], ({ traceMask }) => ({ tracemask: BigInt(traceMask) })),
  serving('hash', [], ({ digests }) => ({
    digests: digests.map(({ zxid, digest }) => ({
      zxid,
      digest_version: 2,
      digest: BigInt.asIntN(64, BigInt(`0x${digest}`)),
    })),
  })),
  serving('initial_configuration', ['icfg'], () => ({ initial_configuration: null })),
  serving('is_read_only', ['isro'], ({ mode }) => ({ read_only: mode === 'read-only' })),
  serving('last_snapshot', ['lsnp'], ({ lastSnapshot }) => ({
    zxid: lastSnapshot === null ? 'ffffffffffffffff' : lastSnapshot.zxid.toString(16),
    timestamp: lastSnapshot === null ? -1 : Math.floor(lastSnapshot.takenMs / 1000),
  })),
  serving('leader', ['lead'], leader),
  always('monitor', ['mntr'], (view) => Object.fromEntries(monitorEntries(view))),
  serving('observers', ['obsr'], ({ leading }) => ({
    synced_observers: leading?.syncedObserverCount ?? 0,
    observers: (leading?.observerSids ?? []).map((sid) => ({ sid })),
  })),
  serving('observer_connection_stat_reset', ['orst'], () => ({})),
  serving('ruok', [], () => ({})),
  serving('server_stats', ['srvr'], serverStats),
  always('set_trace_mask', ['stmk'], setTraceMask),
  serving('stats', ['stat'], (view) => ({
    ...serverStats(view),
    connections: connectionRecords(view, 'brief'),
    secure_connections: [],
  })),
  serving('stat_reset', ['srst'], (view) => {
    view.resetStats();
    return {};
  }),
  always('system_properties', ['sysp'], (view) => Object.fromEntries(view.host.environment())),
  serving('voting_view', [], votingView),
  serving('watches', ['wchc'], (view) => ({
    session_id_to_watched_paths: Object.fromEntries(
      view.watchedPaths().map(([id, paths]) => [sessionIdNumber(id).toString(), paths]),
    ),
  })),
  serving('watches_by_path', ['wchp'], (view) => ({
    path_to_session_ids: Object.fromEntries(
      view.watchersByPath().map(([path, ids]) => [path, ids.map(sessionIdNumber)]),
    ),
  })),
  serving('watch_summary', ['wchs'], (view) => ({
    num_connections: view.watchingConnectionCount,
    num_paths: view.watchedPathCount,
    num_total_watches: view.dataWatchCount,
  })),
  always('zabstate', [], zabState),
];

const byName: ReadonlyMap<string, Command> = new Map(
  commands.flatMap((command) => [command.name, ...command.aliases].map((name) => [name, command] as const)),
);

function serving(name: string, aliases: readonly string[], run: Command['run']): Command {
  return { name, aliases, needsServing: true, run };
}

function always(name: string, aliases: readonly string[], run: Command['run']): Command {
  return { name, aliases, needsServing: false, run };
}

function configuration({ config }: ServerView): Fields {
  const fields = {
    client_port: clientAddressOf(config)?.port ?? -1,
    ...(config.tls.secureClientPort === null ? {} : { secure_client_port: config.tls.secureClientPort }),
    data_dir: `${config.dataDir}/version-2`,
    data_log_dir: `${config.dataLogDir}/version-2`,
    tick_time: config.tickTimeMs,
    max_client_cnxns: config.maxClientConnections,
    min_session_timeout: config.minSessionTimeoutMs,
    max_session_timeout: config.maxSessionTimeoutMs,
    server_id: config.serverId ?? 0,
    client_port_listen_backlog: config.listenBacklog,
  };
  return fields;
}

/** Each size is the other directory's, as in Apache ZooKeeper before 3.8.4. */
function logBytes({ config, host }: ServerView): number {
  return host.directoryBytes(`${config.dataLogDir}/version-2`);
}

function snapshotBytes({ config, host }: ServerView): number {
  return host.directoryBytes(`${config.dataDir}/version-2`);
}

function dump(view: ServerView): Fields {
  return {
    expiry_time_to_session_ids: Object.fromEntries(
      (view.sessionBuckets() ?? []).map(([expiryMs, ids]) => [
        String(Math.floor(expiryMs)),
        ids.map(sessionIdNumber),
      ]),
    ),
    session_id_to_ephemeral_paths: Object.fromEntries(
      view.ephemerals().map(([id, paths]) => [sessionIdNumber(id).toString(), paths]),
    ),
  };
}

function leader({ config, mode, leaderSid }: ServerView): Fields {
  if (mode === 'standalone') throw new CommandError('server is not initialized');
  const member = config.membership.members.find(({ sid }) => sid === leaderSid);
  return { is_leader: mode === 'leader', leader_id: leaderSid ?? -1, leader_ip: member?.host ?? '' };
}

function serverStats(view: ServerView): Fields {
  const responseStats = bufferStats(view.responseBytes);
  return {
    version: view.version,
    read_only: view.mode === 'read-only',
    server_stats: {
      packets_sent: view.sent,
      packets_received: view.received,
      fsync_threshold_exceed_count: view.slowSyncCount,
      client_response_stats: responseStats,
      provider_null: false,
      server_state: view.mode,
      outstanding_requests: view.outstandingCount,
      min_latency: view.latencyMs.min,
      avg_latency: new Decimal(view.latencyMs.average),
      max_latency: view.latencyMs.max,
      data_dir_size: logBytes(view),
      log_dir_size: snapshotBytes(view),
      last_processed_zxid: view.zxid,
      num_alive_client_connections: view.connections.length,
      uptime: Math.floor(view.upMs),
      auth_failed_count: view.authFailedCount,
      non_mtlsremote_conn_count: 0,
      non_mtlslocal_conn_count: 0,
    },
    client_response: responseStats,
    ...(view.leading === null ? {} : { proposal_stats: bufferStats(view.leading.proposalBytes) }),
    node_count: view.nodeCount,
  };
}

function bufferStats({ last, min, max }: ByteRange): Fields {
  return { last_buffer_size: last, min_buffer_size: min, max_buffer_size: max };
}

function setTraceMask(view: ServerView, query: URLSearchParams): Fields {
  const text = query.get('traceMask');
  if (text === null) throw new CommandError('setTraceMask requires long traceMask argument');
  if (!/^[+-]?\d{1,18}$/.test(text)) throw new CommandError(`setTraceMask: traceMask is no number: ${text}`);
  const mask = BigInt(text);
  view.setTraceMask(mask.toString());
  return { tracemask: mask };
}

function votingView({ config }: ServerView): Fields {
  if (config.mode === 'standalone') return { current_config: {} };
  const voters = config.membership.members.filter(({ role }) => role === 'participant');
  return {
    current_config: Object.fromEntries(
      voters.map((member) => [
        String(member.sid),
        {
          server_addresses: [`${member.host}:${member.quorumPort}`],
          election_addresses: [`${member.host}:${member.electionPort}`],
          client_address: clientAddress(config, member),
          learner_type: member.role,
        },
      ]),
    ),
  };
}

function clientAddress(config: ServerView['config'], member: Member): string {
  if (member.clientAddress !== undefined) return member.clientAddress;
  const own = member.sid === config.serverId ? clientAddressOf(config) : null;
  return own === null ? '' : `${own.host}:${own.port}`;
}

function zabState(view: ServerView): Fields {
  const { config, zxid, phase, mode } = view;
  const own = config.membership.members.find(({ sid }) => sid === config.serverId);
  const state = {
    voting: own?.role === 'participant',
    last_zxid: formatZxid(zxid),
    zab_epoch: epochOf(zxid),
    zab_counter: counterOf(zxid),
    zabstate: phase,
  };
  if (own === undefined) return state;
  return {
    myid: own.sid,
    is_leader: mode === 'leader',
    quorum_address: addressRecord(own.host, own.quorumPort),
    election_address: addressRecord(own.host, own.electionPort),
    client_address: clientAddress(config, own),
    ...state,
  };
}

/** A server may have several addresses in ZooKeeper; here it has one. */
function addressRecord(host: string, port: number): Fields {
  const address = `${host}:${port}`;
  return {
    empty: false,
    all_addresses: [address],
    all_reachable_addresses: [address],
    one: address,
    reachable_address: address,
    wildcard_addresses: [`0.0.0.0:${port}`],
    all_ports: [port],
    all_host_strings: [host],
    all_reachable_addresses_or_all: [address],
    reachable_or_one: address,
  };
}
