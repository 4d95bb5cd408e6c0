// A bundled server whose disk was wiped comes back into an ensemble with Apache ZooKeeper: it says zxid −1, which
// Apache's servers know, and calls their leader as an observer until it has its history.

import assert from 'node:assert/strict';
import { it } from 'mocha';
import { createDockerEnsemble } from '../../../harness/ensemble/docker/docker-ensemble.ts';
import { readLogs } from '../../../harness/ensemble/docker/collect.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { describeDocker } from '../../docker-required.ts';
import { until } from '../../harness/ensemble/docker/until.ts';
import { RawClient } from '../zab/io/raw-client.ts';
import { readTree } from './tree.ts';

const sids = [1, 2, 3] as const;
const wiped = 3;

describeDocker('a wiped bundled server among servers of Apache', function () {
  this.timeout(120_000);

  it('gets the history of their leader, then is a voter again', async () => {
    await using ensemble = await createDockerEnsemble({
      runId: `test-wiped-${process.pid}`,
      systems: ['apache', 'apache', 'zab'],
      servers: sids.length,
    });
    const modes = async (): Promise<string[]> =>
      (await Promise.all(sids.map((sid) => ensemble.status(sid)))).map(({ mode }) => mode);
    const allServe = async (): Promise<boolean> =>
      (await modes()).every((mode) => mode === 'leader' || mode === 'follower');
    await ensemble.start();
    await until('all serve', allServe);
    const client = await RawClient.connect(ensemble.addressOf(1).port);
    for (let index = 0; index < 50; index++) {
      const path = `/kept-${index}`;
      const reply = await client.call({ type: 'create', path, data: null, acl: openAcl, flags: 0 });
      assert.equal(reply.err, 0);
    }
    client.socket.destroy();

    await ensemble.pod(wiped).execute(['sh', '-c', 'rm -rf /data/version-2']);
    await ensemble.kill(wiped);
    await until('an Apache server leads', async () => (await modes()).slice(0, 2).includes('leader'));
    await ensemble.startServer(wiped);
    await until('it follows', async () => (await ensemble.status(wiped)).mode === 'follower');

    const log = await readLogs(ensemble.pod(wiped).server);
    assert.match(log, /this server has no history: it does not vote before/);
    assert.match(log, /has a history again, and calls as a voter/);
    const trees = await Promise.all(sids.map((sid) => readTree(ensemble.addressOf(sid).port)));
    assert.ok(trees[0]?.has('/kept-49'));
    for (const tree of trees) assert.deepEqual(tree, trees[0]);

    // The proof that it counts: with one of the others gone the two are a quorum.
    await ensemble.kill(1);
    await until('the two serve', async () => {
      const now = await modes();
      return now.slice(1).includes('leader') && now.slice(1).includes('follower');
    });
  });
});
