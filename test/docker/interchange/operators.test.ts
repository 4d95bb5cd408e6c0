// What operators see of a bundled server and of an Apache server, both followers in one ensemble and with the
// same client behind them: the same words and commands give texts of the same shape.

import assert from 'node:assert/strict';
import { after, before, it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { RawClient, RawSocket } from '../zab/io/raw-client.ts';

const words = 'conf cons crst dirs dump envi gtmk hash isro mntr ruok srst srvr stat wchc wchp wchs'.split(
  ' ',
);
/** Apache answers mntr with what its threads and connections did, by peer and by top-level znode. */
const ofPeersAndPaths = /(learner_handler_qp|_per_namespace)/;

describeDocker('what operators see', function () {
  this.timeout(120_000);

  let ensemble: Awaited<ReturnType<typeof createDockerEnsemble>>;
  let followers: { readonly zab: number; readonly apache: number };
  const clients: RawClient[] = [];

  before(async () => {
    ensemble = await createDockerEnsemble({
      runId: `test-operators-${process.pid}`,
      systems: ['zab', 'zab', 'apache', 'apache'],
      servers: 4,
      zooConfig: { '4lw.commands.whitelist': '*', 'admin.enableServer': 'true' },
    });
    await ensemble.start();
    await until('all four serve', async () => {
      const statuses = await Promise.all(ensemble.servers.map(({ sid }) => ensemble.status(sid)));
      return statuses.every(({ mode }) => mode === 'leader' || mode === 'follower');
    });
    followers = { zab: await followerOf('zab'), apache: await followerOf('apache') };
    for (const sid of [followers.zab, followers.apache]) {
      clients.push(await useServer(sid));
      // Another that has nothing but its session.
      clients.push(await RawClient.connect(ensemble.addressOf(sid).port));
    }
  });

  after(async () => {
    for (const client of clients) client.socket.destroy();
    await ensemble[Symbol.asyncDispose]();
  });

  it('by cons counts the same packets of the same client', async () => {
    const [zab, apache] = await Promise.all([ask(followers.zab, 'cons'), ask(followers.apache, 'cons')]);
    const counts = (text: string): string[] =>
      Array.from(text.matchAll(/(queued=.*),sid=.*,(lop=\w+),.*,(lcxid=\w+),/g), (match) =>
        match.slice(1).join(),
      ).sort();

    assert.deepEqual(counts(zab), counts(apache));
    assert.equal(counts(zab).length, 2);
  });

  for (const word of words) {
    it(`by ${word} has the same shape`, async () => {
      const [zab, apache] = await Promise.all([ask(followers.zab, word), ask(followers.apache, word)]);

      assert.deepEqual(shapeOf(word, zab), shapeOf(word, apache));
    });
  }

  it('by every command of the AdminServer has the same keys and kinds of values', async () => {
    const [zab, apache] = await Promise.all([adminOf(followers.zab), adminOf(followers.apache)]);
    const links = await textOf(`${apache}/commands`);
    assert.equal(await textOf(`${zab}/commands`), links);

    const names = Array.from(links.matchAll(/>(\w+)</g), ([, name = '']) => name);
    assert(names.length > 20);
    for (const name of [...names, 'srvr', 'nosuchcommand']) {
      // A JVM has properties of its own.
      if (name === 'system_properties') continue;
      const [ours, theirs] = await Promise.all(
        [zab, apache].map((admin) => textOf(`${admin}/commands/${name}`)),
      );
      assert.deepEqual(kindsOf(JSON.parse(ours ?? '')), kindsOf(JSON.parse(theirs ?? '')), name);
    }
  });

  async function followerOf(system: string): Promise<number> {
    for (const { sid, system: its } of ensemble.servers) {
      if (its === system && (await ensemble.status(sid)).mode === 'follower') return sid;
    }
    throw new Error(`no follower of ${system}`);
  }

  /** A session that has done a few things and watches something. */
  async function useServer(sid: number): Promise<RawClient> {
    const client = await RawClient.connect(ensemble.addressOf(sid).port);
    const path = `/of-${sid}`;
    await client.call({ type: 'create', path, data: Buffer.from('x'), acl: openAcl, flags: 1 });
    await client.call({ type: 'getData', path, watch: true });
    await client.call({ type: 'getChildren', path, watch: true });
    return client;
  }

  async function ask(sid: number, word: string): Promise<string> {
    const socket = await RawSocket.open(ensemble.addressOf(sid).port, false);
    socket.write(word);
    return socket.closed();
  }

  /** The AdminServer's port is not published; the server's own line has its address. */
  async function adminOf(sid: number): Promise<string> {
    const conf = await ask(sid, 'conf');
    const host = new RegExp(`^server\\.${sid}=([^:]+):`, 'm').exec(conf)?.[1];
    return `http://${host}:8080`;
  }
});

async function textOf(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  assert.equal(response.status, 200, url);
  return response.text();
}

/** Lines without what differs from server to server and from run to run. */
function shapeOf(word: string, text: string): readonly string[] {
  const lines = text.split('\n');
  if (word === 'mntr' || word === 'envi') {
    const keys = lines.map((line) => line.split(/[\t=]/)[0] ?? '');
    return keys.filter((key) => !ofPeersAndPaths.test(key)).sort();
  }
  const shapes = lines.map(masked).filter((line) => line !== '0 expire at DATE:');
  // Apache keeps connections in the order of a hash table.
  return word === 'cons' || word === 'stat' ? shapes.sort() : shapes;
}

function masked(line: string): string {
  return line
    .replace(/\w{3} \w{3} \d\d [\d:]{8} \w+ \d{4}/, 'DATE')
    .replace(/^Zookeeper version: .*/, 'Zookeeper version: V')
    .replace(/of-\d+/, 'of-N')
    .replace(/0x[0-9a-f]+/g, 'HEX')
    .replace(/\d+(\.\d+)*/g, 'N');
}

/** The keys of objects and the types of values; of arrays, the first element's. */
function kindsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(kindsOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  const entries = Object.entries(value)
    .filter(([key]) => !ofPeersAndPaths.test(key))
    .map(
      ([key, item]) => [/^-?\d+$/.test(key) ? 'N' : key.replace(/of-\d+/, 'of-N'), kindsOf(item)] as const,
    );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
