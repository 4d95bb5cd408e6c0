// The `zab-server` command: runs one server from a zoo.cfg, or asks a running one for its mode.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createNodeClock } from './io/node-clock.ts';
import { createNodeCompression } from './io/node-compression.ts';
import { createNodeDisk } from './io/node-disk.ts';
import { createNodeHost } from './io/node-host.ts';
import { createNodeNetwork } from './io/node-network.ts';
import { createJsonLog } from './io/json-log.ts';
import { startOperatorServers } from './io/operator-servers.ts';
import { askMode, describePort } from './io/status.ts';
import { openTls, type NodeTls } from './io/tls/node-tls.ts';
import { openTraceFile } from './io/trace-file.ts';
import { ConfigError, parseZooConfig, withServerId, type ZooConfig } from './server/config.ts';
import { ExitCode } from './server/exit-code.ts';
import type { LogSink } from './server/ports.ts';
import { ZabServer } from './server/server.ts';

const usage = `Usage: zab-server ZOO_CFG           run a server
       zab-server status ZOO_CFG    print the mode of the server that ZOO_CFG describes

ZOO_CFG is an ordinary zoo.cfg; a server of an ensemble has its id in dataDir/myid.

Examples:
  zab-server conf/zoo.cfg
  zab-server status conf/zoo.cfg     # Mode: leader, follower, observer or standalone

Environment:
  ZAB_TRACE_FILE   append what the server does to this file, one JSON object per line
  ZAB_LOG_LEVEL    debug, info (default), warn or error; the log is one JSON object per line

Operators ask a running server
  by four-letter words on the client port, as far as 4lw.commands.whitelist has them:
                   echo srvr | nc localhost 2181
  by HTTP on admin.serverPort (8080):
                   curl http://localhost:8080/commands
  and, with metricsProvider.className=...PrometheusMetricsProvider, on port 7000:
                   curl http://localhost:7000/metrics

Exit codes: 0 finished, 1 the server or its data failed (status: it serves no clients),
2 wrong command line or configuration, 4 the AdminServer of a server alone cannot listen,
14 the election port cannot be bound
`;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const [first, second, ...rest] = args;
  const isStatus = first === 'status' && second !== undefined;
  const file = isStatus ? second : first;
  const surplus = isStatus ? rest[0] : second;
  if (file === undefined || file === 'status' || file.startsWith('-') || surplus !== undefined) {
    const problem =
      surplus !== undefined
        ? `unexpected argument ${surplus}`
        : file?.startsWith('-') === true
          ? `unknown option ${file}`
          : 'the path of a zoo.cfg is missing';
    process.stderr.write(`zab-server: ${problem}\n\n${usage}`);
    process.exitCode = ExitCode.BAD_CONFIGURATION;
    return;
  }
  const config = readConfig(file);
  if (config === null) return;
  if (isStatus) await printStatus(config);
  else runServer(config);
}

/** Null: there is no such file, or it cannot be read. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Null: what is wrong was said, and the exit code is set. */
function readConfig(file: string): ZooConfig | null {
  try {
    const config = parseZooConfig(readFileSync(file, 'utf8'), file, readText);
    if (config.mode === 'standalone') return config;
    const path = `${config.dataDir}/myid`;
    return withServerId(config, path, createNodeDisk().read(path)?.toString('utf8') ?? null);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const sentence =
      error instanceof ConfigError ? error.message : `${file}: cannot be read: ${error.message}`;
    process.stderr.write(`zab-server: ${sentence}\n`);
    process.exitCode = ExitCode.BAD_CONFIGURATION;
    return null;
  }
}

async function printStatus(config: ZooConfig): Promise<void> {
  // The lines of zkServer.sh, which scripts read; what is wrong in detail goes where they do not look.
  process.stderr.write(`Using config: ${config.file}\n`);
  process.stdout.write(describePort(config));
  const answer = await askMode(config);
  if ('mode' in answer) {
    process.stdout.write(`Mode: ${answer.mode}\n`);
    return;
  }
  process.stdout.write('Error contacting service. It is probably not running.\n');
  process.stderr.write(`zab-server: ${answer.problem}\n`);
  process.exitCode = ExitCode.UNEXPECTED;
}

function runServer(config: ZooConfig): void {
  const log = createJsonLog({
    leastLevel: logLevelOf(process.env['ZAB_LOG_LEVEL']),
    server: config.serverId,
  });
  const tls = prepareTls(config, log);
  if (tls === null) return;
  const tracePath = process.env['ZAB_TRACE_FILE'];
  const trace = tracePath === undefined || tracePath === '' ? undefined : openTraceFile(tracePath);
  const exit = (code: number): never => {
    trace?.flush();
    process.exit(code);
  };
  // Files beside it are found wherever the process stands.
  const located = { ...config, file: resolve(config.file) };
  const server = new ZabServer(located, {
    clock: createNodeClock(),
    network: createNodeNetwork(tls),
    disk: createNodeDisk(),
    compression: createNodeCompression(),
    host: createNodeHost(),
    random: Math.random,
    log,
    trace: trace?.write,
    // Rises from start to start as long as the clock does; nothing but the trace's readers depends on it.
    incarnation: Date.now(),
    exit,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log('info', `stopping on ${signal}`);
      server.stop();
      exit(ExitCode.FINISHED);
    });
  }
  process.on('uncaughtException', (error) => {
    log('error', `unexpected: ${error.stack ?? error.message}`);
    exit(ExitCode.UNEXPECTED);
  });
  log('info', 'starting', { config: describe(config) });
  startOperatorServers({ config, view: () => server.view, log, exit });
  server.start();
}

/** Null: what is wrong was said, and the exit code is set. */
function prepareTls(config: ZooConfig, log: LogSink): NodeTls | null {
  try {
    return openTls(config, log);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`zab-server: ${error.message}\n`);
    process.exitCode = ExitCode.BAD_CONFIGURATION;
    return null;
  }
}

/** As it is after every default was filled in, without secrets. */
function describe(config: ZooConfig): unknown {
  return JSON.parse(
    JSON.stringify(config, (key, value: unknown) => {
      if (value instanceof Set) return [...value];
      return (key === 'password' || key === 'superDigest') && value !== null ? '(hidden)' : value;
    }),
  );
}

function logLevelOf(text: string | undefined): 'debug' | 'info' | 'warn' | 'error' {
  return text === 'debug' || text === 'warn' || text === 'error' ? text : 'info';
}

await main(process.argv.slice(2));
