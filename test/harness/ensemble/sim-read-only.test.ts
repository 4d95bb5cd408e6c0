import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { judgeTrace } from '../../../checkers/trace/judge-trace.ts';
import { createSimEnsemble, type SimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { loadBundledServer, type LoadServer } from '../../../harness/ensemble/server-module.ts';
import { Random } from '../../../harness/random/random.ts';
import { keepTrace, keptTrace } from './kept-trace.ts';

const patience = { sessionTimeoutMs: 4000, requestTimeoutMs: 6000 };

/** The bundled server with read-only mode and local sessions. */
const loadServer: LoadServer = async () => {
  const module = await loadBundledServer();
  const lines = 'readonlymode.enabled=true\nlocalSessionsEnabled=true\nlocalSessionsUpgradingEnabled=true\n';
  return { ...module, parseZooConfig: (text, file) => module.parseZooConfig(text + lines, file) };
};

interface Observed {
  readonly hash: string;
  readonly reads: readonly string[];
  readonly kinds: readonly string[];
  readonly broken: readonly string[];
}

/** Loses its quorum, serves what it has, and gets its quorum back; the hash of all that happened. */
async function loseAndRegainQuorum(seed: number): Promise<Observed> {
  await using ensemble: SimEnsemble = createSimEnsemble({ random: new Random(seed), servers: 3, loadServer });
  keepTrace(ensemble);
  await ensemble.start();
  await ensemble.clock.sleep(3_000);
  const writer = ensemble.client({ ...patience, servers: [1, 2, 3] });
  await writer.create('/kept', Buffer.from('here'));
  await ensemble.clock.sleep(500);
  await ensemble.kill(2);
  await ensemble.kill(3);
  await ensemble.kill(1);
  // What its log holds it cannot know to be committed any more.
  await ensemble.startServer(1);
  await ensemble.clock.sleep(6_000);

  const readOnly = ensemble.client({ ...patience, servers: [1], readOnly: true });
  const strict = ensemble.client({ ...patience, servers: [1] });
  const reads: string[] = [];
  const kinds: string[] = [];
  reads.push((await readOnly.getData('/kept')).data.toString());
  await assert.rejects(
    readOnly.setData('/kept', Buffer.from('not now'), -1),
    /-119|NOT_READ_ONLY|read-only/i,
  );
  await strict.getData('/kept').catch((error: unknown) => kinds.push(String(error)));

  await ensemble.startServer(2);
  await ensemble.startServer(3);
  await ensemble.clock.sleep(4_000);
  const after = ensemble.client({ ...patience, servers: [1] });
  await after.setData('/kept', Buffer.from('again'), -1);
  reads.push((await after.getData('/kept')).data.toString());
  const facts = { voters: [1, 2, 3], observers: [], tickMs: ensemble.tickMs, syncLimit: ensemble.syncLimit };
  const { findings } = judgeTrace(keptTrace(ensemble), facts);
  const broken = findings.map(({ invariant, sentence }) => `${invariant.id}: ${sentence}`);
  return { broken, hash: ensemble.traceHash(), reads, kinds };
}

describe('read-only mode in the simulated world', () => {
  it('serves reads to who can do with them until the quorum is back, the same way for the same seed', async () => {
    const first = await loseAndRegainQuorum(11);
    const second = await loseAndRegainQuorum(11);

    assert.deepEqual(first.reads, ['here', 'again']);
    assert.equal(first.kinds.length, 1, 'a client that did not ask for it gets nothing');
    assert.deepEqual(first.broken, []);
    assert.equal(first.hash, second.hash);
  });
});
