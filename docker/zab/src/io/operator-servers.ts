// The AdminServer and the metrics provider of a server process, each on its own HTTP port.

import type { ZooConfig } from '../server/config.ts';
import { ExitCode } from '../server/exit-code.ts';
import { answerAdmin, answerMetrics, type ViewSource } from '../server/operators/http-answers.ts';
import type { LogSink } from '../server/ports.ts';
import { startHttpServer, type HttpServer } from './http-server.ts';

export interface OperatorServersOptions {
  readonly config: ZooConfig;
  readonly view: ViewSource;
  readonly log: LogSink;
  readonly exit: (code: number) => void;
}

export function startOperatorServers(options: OperatorServersOptions): HttpServer {
  const servers = [startAdminServer(options), startMetricsProvider(options)];
  return {
    close() {
      for (const server of servers) server?.close();
    },
  };
}

function startAdminServer({ config, view, log, exit }: OperatorServersOptions): HttpServer | null {
  const { admin } = config;
  if (!admin.enabled) return null;
  if (admin.forceHttps) {
    log('error', 'admin.forceHttps=true: the AdminServer has no TLS here, so it is not started');
    return null;
  }
  const where = `${admin.host}:${admin.port}`;
  return startHttpServer({
    ...admin,
    answer: (url) => answerAdmin(url, admin, view),
    started: (port) => log('info', `AdminServer on ${admin.host}:${port}${admin.commandUrl}`, { port }),
    failed(reason) {
      const sentence = `AdminServer: cannot listen on ${where}: ${reason}. Set admin.serverPort, or admin.enableServer=false`;
      // As in Apache ZooKeeper: an ensemble does without, a server alone does not start.
      log(config.mode === 'standalone' ? 'error' : 'warn', sentence);
      if (config.mode === 'standalone') exit(ExitCode.ADMIN_SERVER_FAILED);
    },
  });
}

function startMetricsProvider({ config, view, log, exit }: OperatorServersOptions): HttpServer | null {
  const { metrics, admin } = config;
  if (metrics.provider !== 'prometheus') return null;
  return startHttpServer({
    ...metrics,
    idleTimeoutMs: admin.idleTimeoutMs,
    answer: (url) => answerMetrics(url, view),
    started: (port) => log('info', `metrics on ${metrics.host}:${port}/metrics`, { port }),
    failed(reason) {
      log(
        'error',
        `metrics: cannot listen on ${metrics.host}:${metrics.port}: ${reason}. Set metricsProvider.httpPort`,
      );
      // Whoever asked for metrics must not find out by their absence.
      exit(ExitCode.UNEXPECTED);
    },
  });
}
