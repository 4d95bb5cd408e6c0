// The metrics of a server in Prometheus' text format 0.0.4, with the names, types and quantiles of Apache
// ZooKeeper's PrometheusMetricsProvider.

import type { ServerView } from '../server-view.ts';
import { Decimal } from './decimal.ts';
import { gaugesOf } from './gauges.ts';
import { basicSummaryNames, counterNames, percentileSummaryNames } from './metric-names.ts';
import type { NamespaceTraffic } from './namespace-traffic.ts';
import type { Summary } from './summary.ts';

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

const basicQuantiles = [0.5] as const;
const quantiles = [0.5, 0.9, 0.99] as const;

export function prometheusText(view: ServerView): string {
  const { counters, summaries, readPerNamespace, writePerNamespace } = view.metrics;
  return [
    ...gaugesOf(view).flatMap(([name, value]) => [
      ...head(name, 'gauge'),
      sample(name, '', value instanceof Decimal ? value.value : value),
    ]),
    ...counterNames.flatMap((name) => [...head(name, 'counter'), sample(name, '', counters[name].value)]),
    ...basicSummaryNames.flatMap((name) => [
      ...head(name, 'summary'),
      ...summaryLines(name, '', summaries[name], basicQuantiles),
    ]),
    ...percentileSummaryNames.flatMap((name) => [
      ...head(name, 'summary'),
      ...summaryLines(name, '', summaries[name], quantiles),
    ]),
    ...setLines('write_per_namespace', writePerNamespace),
    ...setLines('read_per_namespace', readPerNamespace),
    ...view.host
      .processMetrics()
      .flatMap(([name, type, value]) => [...head(name, type), sample(name, '', value)]),
    '',
  ].join('\n');
}

function head(name: string, type: string): string[] {
  return [`# HELP ${name} ${name}`, `# TYPE ${name} ${type}`];
}

/** One summary per key. */
function setLines(name: string, traffic: NamespaceTraffic): string[] {
  if (traffic.entries.length === 0) return [];
  return [
    ...head(name, 'summary'),
    ...traffic.entries.flatMap(([key, summary]) =>
      summaryLines(name, `key="${escapeLabel(key)}",`, summary, basicQuantiles),
    ),
  ];
}

function summaryLines(name: string, labels: string, summary: Summary, shares: readonly number[]): string[] {
  return [
    ...shares.map((share) => {
      const value = summary.count === 0 ? NaN : summary.percentile(share);
      return sample(name, `${labels}quantile="${share}",`, value);
    }),
    sample(`${name}_count`, labels, summary.count),
    sample(`${name}_sum`, labels, summary.sum),
  ];
}

function sample(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${formatDouble(value)}`;
}

/** As Java prints a double below 10^7; larger ones are written out, which every reader takes. */
function formatDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
