// All that a server knows of itself as names and values: the four-letter word mntr and the AdminServer's
// command `monitor`.
// Facts: client protocol of ZooKeeper 3.8, "Four-letter words".

import type { ServerMode, ServerView } from '../server-view.ts';
import { Decimal } from './decimal.ts';
import { gaugesOf, type MetricValue } from './gauges.ts';
import { basicSummaryNames, counterNames, percentileSummaryNames } from './metric-names.ts';
import type { NamespaceTraffic } from './namespace-traffic.ts';
import type { Summary } from './summary.ts';

type Entry = readonly [name: string, value: string | MetricValue];

const peerStates: Readonly<Record<ServerMode, string | null>> = {
  standalone: null,
  leader: 'leading - broadcast',
  follower: 'following - broadcast',
  observer: 'observing - broadcast',
  'read-only': null,
};

/** In the order of Apache ZooKeeper: state, gauges, counters, summaries. */
export function monitorEntries(view: ServerView): readonly Entry[] {
  const { counters, summaries, readPerNamespace, writePerNamespace } = view.metrics;
  return [
    ...stateOf(view),
    ...gaugesOf(view),
    ...counterNames.map((name): Entry => [name, counters[name].value]),
    ...basicSummaryNames.flatMap((name) => basicEntries(name, summaries[name])),
    ...percentileSummaryNames.flatMap((name) => [
      ...basicEntries(name, summaries[name]),
      ...percentileEntries(name, summaries[name]),
    ]),
    ...namespaceEntries(writePerNamespace, 'write_per_namespace'),
    ...namespaceEntries(readPerNamespace, 'read_per_namespace'),
  ];
}

export function mntrText(view: ServerView): string {
  return monitorEntries(view)
    .map(([name, value]) => `zk_${name}\t${String(value)}\n`)
    .join('');
}

function stateOf(view: ServerView): Entry[] {
  const entries: Entry[] = [
    ['version', view.version],
    ['server_state', view.mode],
  ];
  const peerState = peerStates[view.mode];
  if (peerState !== null) entries.push(['peer_state', peerState]);
  if (view.mode === 'observer' && view.leaderSid !== null) {
    entries.push(['observer_master_id', view.leaderSid]);
  }
  return entries;
}

function basicEntries(name: string, summary: Summary): Entry[] {
  return [
    [`avg_${name}`, new Decimal(summary.average)],
    [`min_${name}`, summary.min],
    [`max_${name}`, summary.max],
    [`cnt_${name}`, summary.count],
    [`sum_${name}`, summary.sum],
  ];
}

function percentileEntries(name: string, summary: Summary): Entry[] {
  return [
    [`p50_${name}`, summary.percentile(0.5)],
    [`p95_${name}`, summary.percentile(0.95)],
    [`p99_${name}`, summary.percentile(0.99)],
    [`p999_${name}`, summary.percentile(0.999)],
  ];
}

function namespaceEntries(traffic: NamespaceTraffic, suffix: string): Entry[] {
  return traffic.entries.flatMap(([name, summary]) => basicEntries(`${name}_${suffix}`, summary));
}
