// TLS in one ensemble of both systems: the servers talk over TLS in every pairing, and Apache's shell uses the
// bundled server's port over TLS, where it is who its certificate says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { connectEngine, execute } from '../../../harness/ensemble/docker/engine.ts';
import { nameInRun } from '../../../harness/ensemble/docker/labels.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { RawClient } from '../zab/io/raw-client.ts';
import { clientSubject, fixture } from '../zab/io/tls/fixtures.ts';
import { TlsTunnel } from '../zab/io/tls/tls-tunnel.ts';

const sids = [1, 2, 3] as const;
const apache = 3;
const bundled = 2;
const runId = `test-tls-${process.pid}`;

const stores = (prefix: string, identity: string): Record<string, string> => ({
  [`${prefix}keyStore.location`]: `/conf/${identity}`,
  [`${prefix}trustStore.location`]: '/conf/authority.pem',
});

/** Apache's shell over TLS; its jars are those of Netty. */
function shell(server: string, command: string): string[] {
  const properties = {
    'zookeeper.client.secure': 'true',
    'zookeeper.clientCnxnSocket': 'org.apache.zookeeper.ClientCnxnSocketNetty',
    'zookeeper.ssl.hostnameVerification': 'false',
    ...stores('zookeeper.ssl.', 'client.pem'),
  };
  const flags = Object.entries(properties).map(([key, value]) => `-D${key}=${value}`);
  const classPath = '/opt/apache:$(ls /usr/share/java/zookeeper.jar /usr/share/java/slf4j-log4j12.jar '
    .concat('/usr/share/java/log4j-1.2.jar /usr/share/java/commons-cli.jar /usr/share/java/netty-*.jar ')
    .concat('2> /dev/null | tr "\\n" ":")');
  return [
    'sh',
    '-c',
    `exec java ${flags.join(' ')} -cp "${classPath}" org.apache.zookeeper.ZooKeeperMain -server ${server} ${command}`,
  ];
}

describeDocker('an ensemble of both systems over TLS', function () {
  this.timeout(120_000);
  let ensemble: Awaited<ReturnType<typeof createDockerEnsemble>>;

  before(async () => {
    ensemble = await createDockerEnsemble({
      runId,
      systems: ['zab', 'zab', 'apache'],
      servers: sids.length,
      zooConfig: {
        sslQuorum: 'true',
        ...stores('ssl.quorum.', 'server.pem'),
        // The certificate cannot know the addresses of the pods.
        'ssl.quorum.hostnameVerification': 'false',
        ...stores('ssl.', 'server.pem'),
        // Apache ZooKeeper does it with Netty only, which its server does not run with here.
        'client.portUnification': 'true',
      },
      files: Object.fromEntries(
        ['server.pem', 'client.pem', 'authority.pem'].map((name) => [
          `/conf/${name}`,
          readFileSync(fixture(name), 'utf8'),
        ]),
      ),
    });
    await ensemble.start();
    await serve(sids);
  });

  after(async () => {
    await ensemble[Symbol.asyncDispose]();
  });

  async function serve(expected: readonly number[]): Promise<void> {
    await until(`servers ${expected.join(', ')} serve`, async () => {
      const modes = await Promise.all(expected.map(async (sid) => (await ensemble.status(sid)).mode));
      return modes.includes('leader') && modes.every((mode) => mode === 'leader' || mode === 'follower');
    });
  }

  /** Kills each leader once, until both kinds have led. */
  it('serves through every server, whichever kind leads', async () => {
    const led = new Set<string>();
    for (let round = 0; led.size < 2; round += 1) {
      assert.ok(round < 4, `after ${round} elections only ${[...led].join()} led`);
      const statuses = await Promise.all(sids.map((sid) => ensemble.status(sid)));
      const leader = statuses.find(({ mode }) => mode === 'leader')?.sid ?? 0;
      led.add(ensemble.servers.find(({ sid }) => sid === leader)?.system ?? '');
      for (const sid of sids) await writeThrough(sid, `/round-${round}-${sid}`);
      await ensemble.kill(leader);
      await serve(sids.filter((sid) => sid !== leader));
      await ensemble.startServer(leader);
      await serve(sids);
    }
  });

  async function writeThrough(sid: number, path: string): Promise<void> {
    const client = await RawClient.connect(ensemble.addressOf(sid).port);
    const reply = await client.call({ type: 'create', path, data: null, acl: openAcl, flags: 0 });
    assert.equal(reply.err, 0, `create through server ${sid}`);
    client.socket.destroy();
  }

  it("serves Apache's shell over TLS, as the subject of its certificate", async () => {
    const docker = await connectEngine();
    const network = await docker.getContainer(nameInRun(runId, `network-${bundled}`)).inspect();
    const [address] = Object.values(network.NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
    const { id } = docker.getContainer(nameInRun(runId, `server-${apache}`));

    const created = await execute(docker, id, shell(`${address}:2181`, 'create /by-shell data'));

    assert.match(created.stdout + created.stderr, /Created \/by-shell/);
    await using tunnel = await TlsTunnel.open(ensemble.addressOf(bundled).port, 'client.pem');
    const client = await RawClient.connect(tunnel.port);
    const who = await client.call({ type: 'whoAmI' });
    assert(who.body.type === 'clientInfo');
    assert(who.body.ids.some(({ scheme, user }) => scheme === 'x509' && user === clientSubject));
    client.socket.destroy();
  });
});
