// What is true of a server at this moment, in numbers: the part of mntr, of the AdminServer's `monitor` and of
// /metrics that is not counted but looked up.

import type { ServerView } from '../server-view.ts';
import { Decimal } from './decimal.ts';

export type MetricValue = number | Decimal;

/** In the order of Apache ZooKeeper's mntr; what only a leader knows only there. */
export function gaugesOf(view: ServerView): readonly (readonly [name: string, value: MetricValue])[] {
  const { leading, latencyMs, responseBytes } = view;
  const proposals = leading?.proposalBytes;
  return present([
    ['ephemerals_count', view.ephemeralCount],
    ['num_alive_connections', view.connections.length],
    ['avg_latency', new Decimal(latencyMs.average)],
    ['min_proposal_size', proposals?.min],
    ['outstanding_requests', view.outstandingCount],
    ['znode_count', view.nodeCount],
    ['global_sessions', view.sessions.size],
    ['non_mtls_remote_conn_count', 0],
    ['last_client_response_size', responseBytes.last],
    ['packets_sent', view.sent],
    ['packets_received', view.received],
    ['max_proposal_size', proposals?.max],
    ['max_client_response_size', responseBytes.max],
    ['synced_followers', leading?.syncedFollowerCount],
    ['connection_drop_probability', new Decimal(0)],
    ['watch_count', view.watchCount],
    ['synced_non_voting_followers', leading === null ? undefined : 0],
    ['synced_observers', leading?.syncedObserverCount],
    ['auth_failed_count', view.authFailedCount],
    ['min_latency', latencyMs.min],
    ['max_file_descriptor_count', view.host.maxFileCount()],
    ['approximate_data_size', view.approximateDataBytes],
    ['open_file_descriptor_count', view.host.openFileCount()],
    ['last_proposal_size', proposals?.last],
    ['pending_syncs', leading?.pendingSyncCount],
    ['leader_uptime', leading === null ? undefined : Math.floor(leading.upMs)],
    ['local_sessions', view.localSessionCount],
    ['uptime', Math.floor(view.upMs)],
    ['max_latency', latencyMs.max],
    ['outstanding_tls_handshake', 0],
    ['learners', leading?.learnerCount],
    ['min_client_response_size', responseBytes.min],
    ['non_mtls_local_conn_count', 0],
    ['quorum_size', hasQuorumSize(view) ? view.voterCount : undefined],
  ]);
}

function hasQuorumSize({ mode }: ServerView): boolean {
  return mode !== 'standalone' && mode !== 'read-only';
}

function present(
  gauges: readonly (readonly [string, MetricValue | undefined])[],
): (readonly [string, MetricValue])[] {
  return gauges.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
