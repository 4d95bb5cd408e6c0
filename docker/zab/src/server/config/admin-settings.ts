// The AdminServer and the metrics provider.

import { largestInt, type PropertyReader } from './property-reader.ts';

export interface AdminSettings {
  readonly enabled: boolean;
  readonly host: string;
  readonly port: number;
  /** Path of the commands, without a slash at its end. */
  readonly commandUrl: string;
  readonly idleTimeoutMs: number;
  readonly portUnification: boolean;
  readonly forceHttps: boolean;
}

export interface MetricsSettings {
  readonly provider: 'none' | 'prometheus';
  readonly host: string;
  readonly port: number;
}

export function readAdminSettings(reader: PropertyReader): AdminSettings {
  return {
    // Only this text turns it off, as in Apache ZooKeeper.
    enabled: reader.text('admin.enableServer', 'true') !== 'false',
    host: reader.text('admin.serverAddress', '0.0.0.0'),
    port: reader.integer('admin.serverPort', 8080, { least: 0, most: 65535 }),
    commandUrl: readCommandUrl(reader),
    idleTimeoutMs: reader.integer('admin.idleTimeout', 30_000, { least: 1, most: largestInt }),
    portUnification: reader.flag('admin.portUnification', false),
    forceHttps: reader.flag('admin.forceHttps', false),
  };
}

export function readMetricsSettings(reader: PropertyReader): MetricsSettings {
  return {
    provider: readProvider(reader),
    host: reader.text('metricsProvider.httpHost', '0.0.0.0'),
    port: reader.integer('metricsProvider.httpPort', 7000, { least: 0, most: 65535 }),
  };
}

function readCommandUrl(reader: PropertyReader): string {
  const property = reader.find('admin.commandURL');
  if (property === undefined) return '/commands';
  if (!property.value.startsWith('/')) {
    reader.reject(
      property,
      'a path that begins with a slash',
      'Write for example admin.commandURL=/commands',
    );
  }
  return property.value.replace(/\/+$/, '');
}

/** Named by the Java class of Apache ZooKeeper, of which these two come with it. */
function readProvider(reader: PropertyReader): MetricsSettings['provider'] {
  const property = reader.find('metricsProvider.className');
  if (property === undefined) return 'none';
  const name = property.value.split('.').at(-1);
  if (name === 'PrometheusMetricsProvider') return 'prometheus';
  if (name === 'DefaultMetricsProvider' || name === 'NullMetricsProvider') return 'none';
  return reader.reject(
    property,
    'a metrics provider that comes with ZooKeeper',
    'Write metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
  );
}
