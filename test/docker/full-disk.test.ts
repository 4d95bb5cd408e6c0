// A disk that is really full: the logs of a bundled ensemble are on file systems of 64 MiB, and one is filled.

import assert from 'node:assert/strict';
import { after, before, it } from 'mocha';
import { createDockerEnsemble } from '../../harness/ensemble/docker/docker-ensemble.ts';
import { readLogs } from '../../harness/ensemble/docker/collect.ts';
import { openAcl } from '../../harness/wire/records.ts';
import { decodeTxn } from '../../harness/wire/txn-codec.ts';
import { scanLog } from '../../harness/wire/txn-log-codec.ts';
import { describeDocker } from '../docker-required.ts';
import { until } from '../harness/ensemble/docker/until.ts';
import { readTree } from './interchange/tree.ts';
import { RawClient } from './zab/io/raw-client.ts';

type DockerEnsemble = Awaited<ReturnType<typeof createDockerEnsemble>>;

const sids = [1, 2, 3] as const;
/** The engine gives every container its own, of 64 MiB. */
const logDirectory = '/dev/shm';
const filler = `${logDirectory}/filler`;

describeDocker('a leader whose disk is full', function () {
  this.timeout(120_000);
  let ensemble: DockerEnsemble;
  let full: number;
  const acknowledged: string[] = [];

  before(async () => {
    ensemble = await createDockerEnsemble({
      runId: `test-full-disk-${process.pid}`,
      systems: ['zab'],
      servers: sids.length,
      zooConfig: { dataLogDir: logDirectory },
    });
    await ensemble.start();
    await until('all servers serve', async () => (await modes()).every((mode) => isServing(mode)));
    full = await leader();
  });

  after(async () => {
    await ensemble[Symbol.asyncDispose]();
  });

  it('stops acknowledging, says so, and makes way for another', async () => {
    const client = await RawClient.connect(ensemble.addressOf(full).port);
    for (let index = 0; index < 20; index++) await write(client, `/before-${index}`);

    await execute(`dd if=/dev/zero of=${filler} bs=1M; true`);
    // What is left of the last page still takes a few.
    await assert.rejects(async () => {
      for (let index = 0; index < 40; index++) await write(client, `/during-${index}`);
    }, 'the connection ends, the last write in doubt');

    await until('another server leads', async () => {
      const now = await modes();
      return now.some((mode, index) => mode === 'leader' && sids[index] !== full);
    });
    assert.match(await readLogs(ensemble.pod(full).server), /takes no writes \(ENOSPC.*Free space on/);
    assert.ok(await ensemble.isRunning(full), 'it lives');
    const other = await RawClient.connect(ensemble.addressOf(await leader()).port);
    for (let index = 0; index < 20; index++) await write(other, `/after-${index}`);
    other.socket.destroy();
  });

  it('takes part again when there is room, with everything that was acknowledged on its disk', async () => {
    await execute(`rm ${filler}`);
    await until('it follows', async () => (await ensemble.status(full)).mode === 'follower');

    assert.match(await readLogs(ensemble.pod(full).server), /takes writes again/);
    const [tree, ...others] = await Promise.all(sids.map((sid) => readTree(ensemble.addressOf(sid).port)));
    for (const other of others) assert.deepEqual(other, tree);
    const stored = await storedPaths();
    for (const path of acknowledged) {
      assert.ok(tree?.has(path), `${path} was acknowledged`);
      assert.ok(stored.has(path), `${path} is in the log of server ${full}`);
    }
  });

  async function write(client: RawClient, path: string): Promise<void> {
    const data = Buffer.alloc(1_000, 'x');
    const reply = await client.call({ type: 'create', path, data, acl: openAcl, flags: 0 });
    assert.equal(reply.err, 0, path);
    acknowledged.push(path);
  }

  async function modes(): Promise<string[]> {
    return (await Promise.all(sids.map((sid) => ensemble.status(sid)))).map(({ mode }) => mode);
  }

  async function leader(): Promise<number> {
    const index = (await modes()).indexOf('leader');
    assert.notEqual(index, -1, 'somebody leads');
    return sids[index]!;
  }

  async function execute(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await ensemble.pod(full).execute(['sh', '-c', script]);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  /** Of all creates in the log files of the server, whose records must be whole. */
  async function storedPaths(): Promise<ReadonlySet<string>> {
    const directory = `${logDirectory}/version-2`;
    const names = (await execute(`ls ${directory}`)).split('\n').filter((name) => name.startsWith('log.'));
    const paths = new Set<string>();
    for (const name of names) {
      const bytes = Buffer.from(await execute(`base64 -w0 ${directory}/${name}`), 'base64');
      const scan = scanLog(bytes);
      assert.equal(scan.stop, 'end', `nothing torn is left in ${name}`);
      for (const record of scan.records) {
        const { txn } = decodeTxn(record.bytes);
        if (txn.type === 'create') paths.add(txn.path);
      }
    }
    return paths;
  }
});

function isServing(mode: string): boolean {
  return mode === 'leader' || mode === 'follower';
}
