import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import { parseZooConfig, type ZooConfig } from '../../../../docker/zab/src/server/config.ts';
import { createNodeHost } from '../../../../docker/zab/src/io/node-host.ts';
import { startOperatorServers } from '../../../../docker/zab/src/io/operator-servers.ts';
import { leaderView } from '../server/operators/reference-view.ts';

const ensemble = ['initLimit=5', 'syncLimit=2', 'server.1=a:1:2', 'server.2=b:1:2', 'server.3=c:1:2'];
const prometheus = [
  'metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
  'metricsProvider.httpHost=127.0.0.1',
];

interface Started {
  /** By what each says of itself: `AdminServer` or `metrics`. */
  readonly ports: ReadonlyMap<string, number>;
  readonly log: readonly string[];
  readonly exits: readonly number[];
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Until each of the servers has said how it went. */
async function start(lines: readonly string[], sayings: number): Promise<Started> {
  const config: ZooConfig = parseZooConfig(
    ['dataDir=/d', 'admin.serverAddress=127.0.0.1', ...lines].join('\n'),
    'zoo.cfg',
  );
  const started = { ports: new Map<string, number>(), log: [] as string[], exits: [] as number[] };
  await new Promise<void>((resolve) => {
    const servers = startOperatorServers({
      config,
      view: () => leaderView({ host: createNodeHost() }),
      log(level, message, fields) {
        started.log.push(`${level} ${message}`);
        if (typeof fields?.['port'] === 'number')
          started.ports.set(message.split(' ')[0] ?? '', fields['port']);
        if (started.log.length === sayings) setImmediate(resolve);
      },
      exit: (code) => void started.exits.push(code),
    });
    closing.push(() => servers.close());
    if (sayings === 0) resolve();
  });
  return started;
}

async function busyPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return address.port;
}

describe('servers for operators', () => {
  it('answer commands and metrics over HTTP', async () => {
    const { ports } = await start([...prometheus, 'admin.serverPort=0', 'metricsProvider.httpPort=0'], 2);
    const admin = `http://127.0.0.1:${ports.get('AdminServer')}`;

    const stats = await fetch(`${admin}/commands/srvr`);
    assert.deepEqual([stats.status, stats.headers.get('content-type')], [200, 'application/json']);
    assert.equal(((await stats.json()) as { node_count: number }).node_count, 21);

    const links = await fetch(`${admin}/commands`);
    assert.match(await links.text(), /<a href="\/commands\/zabstate">zabstate<\/a>/);
    assert.equal((await fetch(`${admin}/`)).status, 404);
    assert.equal((await fetch(`${admin}/commands/ruok`, { method: 'POST', body: 'x' })).status, 405);

    const metrics = await fetch(`http://127.0.0.1:${ports.get('metrics')}/metrics`);
    assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(await metrics.text(), /^znode_count 21\.0$/m);
  });

  it('tell of process and machine', async () => {
    const { ports } = await start(['admin.serverPort=0'], 1);
    const ask = async (command: string): Promise<Record<string, unknown>> => {
      const response = await fetch(`http://127.0.0.1:${ports.get('AdminServer')}/commands/${command}`);
      return (await response.json()) as Record<string, unknown>;
    };

    const environment = await ask('environment');
    assert.equal(environment['user.dir'], process.cwd());
    assert.match(String(environment['os.memory.max']), /^\d+MB$/);
    const monitor = await ask('monitor');
    assert(Number(monitor['open_file_descriptor_count']) > 0);
    assert(Number(monitor['max_file_descriptor_count']) > 0);
  });

  it('are not there when they are turned off', async () => {
    const { ports } = await start(['admin.enableServer=false'], 0);

    assert.equal(ports.size, 0);
  });

  it('are missed by a server alone, which ends with 4 when the port of the AdminServer is taken', async () => {
    const port = await busyPort();
    const { exits, log } = await start([`admin.serverPort=${port}`], 1);

    assert.deepEqual(exits, [4]);
    assert.match(
      log[0] ?? '',
      new RegExp(`^error AdminServer: cannot listen on 127\\.0\\.0\\.1:${port}: .*Set admin\\.serverPort`),
    );
  });

  it('are not missed by an ensemble, which goes on without', async () => {
    const port = await busyPort();
    const { exits, log } = await start([...ensemble, `admin.serverPort=${port}`], 1);

    assert.deepEqual(exits, []);
    assert.match(log[0] ?? '', /^warn AdminServer: cannot listen/);
  });

  it('do not speak in the clear where TLS is demanded', async () => {
    const { ports, log } = await start(['admin.serverPort=0', 'admin.forceHttps=true'], 1);

    assert.equal(ports.size, 0);
    assert.match(log[0] ?? '', /forceHttps.*not started/);
  });
});
