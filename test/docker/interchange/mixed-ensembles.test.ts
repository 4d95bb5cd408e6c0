// Bundled servers and Apache ZooKeeper in one ensemble, in either majority: writes through every server, each
// kind leads once, an observer of each kind, and in the end the same tree on all of them, Stat for Stat.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import type { ClientRequest } from '../../../harness/wire/records.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { RawClient } from '../zab/io/raw-client.ts';
import { readTree } from './tree.ts';

type DockerEnsemble = Awaited<ReturnType<typeof createDockerEnsemble>>;

/** Three voters, then two observers. */
const mixes = [
  { name: 'one bundled server and two of Apache', systems: ['apache', 'apache', 'zab', 'zab', 'apache'] },
  { name: 'two bundled servers and one of Apache', systems: ['zab', 'zab', 'apache', 'apache', 'zab'] },
] as const;

const voters = [1, 2, 3] as const;
const everyone = [1, 2, 3, 4, 5] as const;
const writesPerServer = 20;

describeDocker('a mixed ensemble', function () {
  this.timeout(120_000);

  for (const { name, systems } of mixes) {
    describe(`of ${name}, with an observer of each`, () => {
      let ensemble: DockerEnsemble;

      before(async () => {
        writeRounds = 0;
        ensemble = await createDockerEnsemble({
          runId: `test-mix-${systems[0]}-${process.pid}`,
          systems,
          servers: voters.length,
          observers: 2,
          zooConfig: { snapCount: '100' },
        });
        await ensemble.start();
        await serve(ensemble, everyone);
      });

      after(async () => {
        await ensemble[Symbol.asyncDispose]();
      });

      for (const kind of ['zab', 'apache', 'zab'] as const) {
        it(`takes writes through every server while ${kind} leads`, async () => {
          await letLead(ensemble, kind);
          await writeThroughAll(ensemble);
        });
      }

      it('has the same tree on all servers', async () => {
        const trees = await Promise.all(everyone.map((sid) => readTree(portOf(ensemble, sid))));
        const [tree, ...others] = trees;
        assert.ok(tree !== undefined);
        const written = [...tree.keys()].filter((path) => /^\/\w+-\d+-\d+$/.test(path));
        assert.equal(written.length, writeRounds * writesPerServer);
        for (const other of others) assert.deepEqual(Object.fromEntries(other), Object.fromEntries(tree));
      });
    });
  }
});

function portOf(ensemble: DockerEnsemble, sid: number): number {
  return ensemble.addressOf(sid).port;
}

function systemOf(ensemble: DockerEnsemble, sid: number): string | undefined {
  return ensemble.servers.find((server) => server.sid === sid)?.system;
}

/** Kills leaders of the other kind, one after the other, until one of this kind leads; then all are back. */
async function letLead(ensemble: DockerEnsemble, kind: string): Promise<void> {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const leader = (await leaderOf(ensemble)) ?? 0;
    if (systemOf(ensemble, leader) === kind) return;
    await ensemble.kill(leader);
    await serve(
      ensemble,
      everyone.filter((sid) => sid !== leader),
    );
    await ensemble.startServer(leader);
    await serve(ensemble, everyone);
  }
  throw new Error(`no server of ${kind} led after four elections`);
}

async function serve(ensemble: DockerEnsemble, sids: readonly number[]): Promise<void> {
  await until(`servers ${sids.join(', ')} serve`, async () => {
    const statuses = await Promise.all(sids.map((sid) => ensemble.status(sid)));
    const modes = statuses.map(({ mode }) => mode);
    return (
      modes.includes('leader') && modes.every((mode) => ['leader', 'follower', 'observer'].includes(mode))
    );
  });
}

async function leaderOf(ensemble: DockerEnsemble): Promise<number | undefined> {
  const statuses = await Promise.all(voters.map((sid) => ensemble.status(sid)));
  return statuses.find(({ mode }) => mode === 'leader')?.sid;
}

/** Rounds of writes so far, each through one server. */
let writeRounds = 0;

/** Through all servers at once. */
async function writeThroughAll(ensemble: DockerEnsemble): Promise<void> {
  await Promise.all(
    everyone.map((sid) => {
      writeRounds += 1;
      return writeThrough(portOf(ensemble, sid), `/w-${writeRounds}`);
    }),
  );
}

/** Creates, sets and deletes in a pipeline; every reply must be as it should. */
async function writeThrough(port: number, prefix: string): Promise<void> {
  const client = await RawClient.connect(port);
  const requests: ClientRequest[] = [];
  for (let index = 0; index < writesPerServer; index += 1) {
    const path = `${prefix}-${index}`;
    requests.push(
      { type: 'create', path, data: Buffer.from(path), acl: openAcl, flags: 0 },
      { type: 'setData', path, data: Buffer.from(`${path} again`), version: 0 },
      // Apache's followers count on the order of what answers their clients' syncs and writes.
      { type: 'sync', path },
      { type: 'delete', path, version: 1 },
      { type: 'create', path, data: Buffer.from('kept'), acl: openAcl, flags: 0 },
    );
  }
  requests.push({ type: 'closeSession' });
  try {
    for (const request of requests) client.send(request);
    for (const request of requests) {
      const { err } = await client.reply(request);
      assert.equal(err, 0, `${request.type} below ${prefix}`);
    }
  } finally {
    client.socket.destroy();
  }
}
