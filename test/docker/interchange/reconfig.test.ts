// The membership of a mixed ensemble changes while either kind leads: an observer is given a vote, the leader is
// removed and comes back. In the end all servers have the same configuration and the same tree.

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
type Reconfig = Extract<ClientRequest, { type: 'reconfig' }>;

const everyone = [1, 2, 3, 4, 5] as const;
/** Three voters, then two observers. */
const mixes = [
  { name: 'most of them bundled', systems: ['zab', 'apache', 'zab', 'apache', 'zab'] },
  { name: 'most of them of Apache', systems: ['apache', 'zab', 'apache', 'zab', 'apache'] },
] as const;
const noChange: Reconfig = {
  type: 'reconfig',
  joiningServers: null,
  leavingServers: null,
  newMembers: null,
  curConfigId: -1,
};

describeDocker('a reconfiguration', function () {
  this.timeout(120_000);

  for (const { name, systems } of mixes) {
    describe(`of five servers, ${name}`, () => {
      let ensemble: DockerEnsemble;

      before(async () => {
        ensemble = await createDockerEnsemble({
          runId: `test-reconfig-${systems[0]}-${process.pid}`,
          systems,
          servers: 3,
          observers: 2,
          zooConfig: { reconfigEnabled: 'true', skipACL: 'yes' },
        });
        await ensemble.start();
        await serve(ensemble);
      });

      after(async () => {
        await ensemble[Symbol.asyncDispose]();
      });

      it('gives votes to observers of both kinds, one after the other', async () => {
        for (const sid of [4, 5]) {
          await change(ensemble, { joiningServers: memberLine(ensemble, sid) });
          await serve(ensemble);
          assert.equal((await ensemble.status(sid)).mode, 'follower');
        }
        await writeThroughAll(ensemble, 'voters');
      });

      it('takes the leader out, whichever kind leads, and in again', async () => {
        for (let round = 0; round < 3; round += 1) {
          const leader = await leaderOf(ensemble);
          await change(ensemble, { leavingServers: String(leader) });
          await serve(ensemble);
          assert.notEqual(await leaderOf(ensemble), leader);
          await writeThroughAll(ensemble, `without-${round}`);

          await change(ensemble, { joiningServers: memberLine(ensemble, leader) });
          await serve(ensemble);
          await writeThroughAll(ensemble, `with-${round}`);
        }
      });

      it('survives a restart of every server', async () => {
        const before = await configOf(ensemble, 1);
        for (const sid of everyone) {
          await ensemble.kill(sid);
          await ensemble.startServer(sid);
          await serve(ensemble);
        }
        assert.equal(await configOf(ensemble, 1), before);
      });

      it('leaves the same configuration and the same tree on all', async () => {
        const configs = await Promise.all(everyone.map((sid) => configOf(ensemble, sid)));
        assert.deepEqual(new Set(configs).size, 1, configs.join('\n\n'));
        assert.equal(configs[0]?.match(/:participant/g)?.length, everyone.length);

        const [tree, ...others] = await Promise.all(everyone.map((sid) => readTree(portOf(ensemble, sid))));
        assert.ok(tree !== undefined && tree.size > 30);
        for (const other of others) assert.deepEqual(Object.fromEntries(other), Object.fromEntries(tree));
      });
    });
  }
});

function portOf(ensemble: DockerEnsemble, sid: number): number {
  return ensemble.addressOf(sid).port;
}

function memberLine(ensemble: DockerEnsemble, sid: number): string {
  return `server.${sid}=${ensemble.pod(sid).address}:2888:3888:participant;2181`;
}

async function serve(ensemble: DockerEnsemble): Promise<void> {
  await until('all servers serve', async () => {
    const modes = await Promise.all(everyone.map(async (sid) => (await ensemble.status(sid)).mode));
    const known = modes.every((mode) => ['leader', 'follower', 'observer'].includes(mode));
    return known && modes.filter((mode) => mode === 'leader').length === 1;
  });
}

async function leaderOf(ensemble: DockerEnsemble): Promise<number> {
  const statuses = await Promise.all(everyone.map((sid) => ensemble.status(sid)));
  const leader = statuses.find(({ mode }) => mode === 'leader')?.sid;
  assert.ok(leader !== undefined, 'one leads');
  return leader;
}

/**
 * Through a server that stays what it is, since those that change close their connections, with the answer under
 * way or not. What counts is what `/zookeeper/config` says then.
 */
async function change(ensemble: DockerEnsemble, asked: Partial<Reconfig>): Promise<void> {
  const before = await configOf(ensemble, 1);
  const changed = Number(asked.leavingServers ?? /^server\.(\d+)/.exec(asked.joiningServers ?? '')?.[1]);
  const through = everyone.find((sid) => sid !== changed) ?? 1;
  const request: Reconfig = { ...noChange, ...asked };
  const client = await RawClient.connect(portOf(ensemble, through));
  try {
    client.send(request);
    const reply = await client.reply(request).catch(() => null);
    if (reply !== null) assert.equal(reply.err, 0, JSON.stringify(asked));
  } finally {
    client.socket.destroy();
  }
  await until('every server has the new configuration', async () => {
    const configs = await Promise.all(everyone.map((sid) => configOf(ensemble, sid).catch(() => '')));
    return configs.every((config) => config !== '' && config !== before && config === configs[0]);
  });
}

async function configOf(ensemble: DockerEnsemble, sid: number): Promise<string> {
  const client = await RawClient.connect(portOf(ensemble, sid));
  try {
    const { body } = await client.call({ type: 'getData', path: '/zookeeper/config', watch: false });
    return (body as { readonly data: Buffer }).data.toString();
  } finally {
    client.socket.destroy();
  }
}

async function writeThroughAll(ensemble: DockerEnsemble, name: string): Promise<void> {
  for (const sid of everyone) {
    const client = await RawClient.connect(portOf(ensemble, sid));
    const path = `/${name}-${sid}`;
    const { err } = await client.call({
      type: 'create',
      path,
      data: Buffer.from(path),
      acl: openAcl,
      flags: 0,
    });
    assert.equal(err, 0, `a write through server ${sid}`);
    client.socket.destroy();
  }
}
