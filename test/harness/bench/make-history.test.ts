import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { guarantees } from '../../../checkers/guarantees.ts';
import { runCheckers } from '../../../checkers/run-checkers.ts';
import { makeHistory } from '../../../harness/bench/witness/make-history.ts';
import { judgeGuarantees } from '../../../harness/check/judge-guarantees.ts';
import { formatOperation } from '../../../harness/history/history-file.ts';
import type { Operation } from '../../../harness/history/operation.ts';
import { contextOf } from '../../checkers/draw.ts';

const options = { operations: 4000, processes: 20, lostRatio: 0.03, seed: 5 };

function make(changes: Partial<typeof options> = {}): Operation[] {
  return [...makeHistory({ ...options, ...changes })].map((entry, index) => ({ index, ...entry }));
}

describe('a history that is made', () => {
  it('keeps every guarantee, and exercises those about writes', () => {
    const servers = [1, 2, 3, 4, 5];
    const known = { servers, quorumSyncServers: new Set(servers), exactReadServers: new Set(servers) };
    for (const seed of [1, 2, 3]) {
      const { results } = runCheckers(guarantees, make({ seed }), contextOf(known));

      const verdicts = new Map(results.map(({ name, verdict }) => [name, verdict]));
      assert.deepEqual(
        results.filter(({ verdict }) => verdict === 'violated' || verdict === 'inconclusive'),
        [],
      );
      for (const name of ['linearizable-writes', 'session-monotonic', 'durability', 'replicas-agree']) {
        assert.equal(verdicts.get(name), 'pass', name);
      }
    }
  });

  it('is the same for the same seed', () => {
    assert.deepEqual(make({ operations: 200 }), make({ operations: 200 }));
    assert.notDeepEqual(make({ operations: 200 }), make({ operations: 200, seed: 6 }));
  });

  it('overlaps, loses replies and refuses', () => {
    const history = make();
    const count = (wanted: string): number => history.filter(({ type }) => type === wanted).length;

    assert.ok(count('info') > 80 && count('fail') > 100);
    let open = 0;
    const most = Math.max(...history.map(({ type }) => (type === 'invoke' ? ++open : --open)));
    assert.ok(most > 10, `${most} at once`);
  });
});

describe('judging a history of ours from its file', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    file = join(folder, 'history.jsonl');
  });
  after(() => rmSync(folder, { recursive: true }));

  const budget = { timeMs: 10_000, memoryBytes: 1e9 };
  const judge = async (history: readonly Operation[]) => {
    writeFileSync(file, history.map((operation) => `${formatOperation(operation)}\n`).join(''));
    return await judgeGuarantees(file, budget);
  };

  it('counts its calls and knows the servers that are in it', async () => {
    const { verdict, operations } = await judge(make());

    assert.equal(verdict, 'pass');
    assert.equal(operations, 4000 + 5 * 9);
  });

  it('takes the bound of the recovery from the note of the healing', async () => {
    const late = make().map((entry) =>
      entry.f === 'recovered' ? { ...entry, value: { elapsedMs: 10_001 } } : entry,
    );

    const { verdict, evidence } = await judge(late);

    assert.equal(verdict, 'violated');
    assert.match(evidence[0]?.sentence ?? '', /the bound is 10\.0 s$/);
  });

  it('shows the entries of a violation that lies among calls which are not kept', async () => {
    const history = make({ operations: 60_000, lostRatio: 0 });
    const victim = history.findIndex(
      ({ f, type, index }) => f === 'write' && type === 'ok' && index > 60_000,
    );
    const forged = history.map((entry, index) =>
      index === victim ? { ...entry, version: (entry.version ?? 0) - 1 } : entry,
    );

    const { verdict, evidence } = await judge(forged);

    assert.equal(verdict, 'violated');
    const shown = evidence.flatMap(({ operations }) => operations);
    assert.ok(
      shown.some((operation) => formatOperation(operation) === formatOperation(forged[victim] as Operation)),
    );
  });

  it('names the line that is no operation', async () => {
    writeFileSync(file, `${formatOperation(make({ operations: 1 })[0] as Operation)}\n{}\n`);

    await assert.rejects(judgeGuarantees(file, budget), { message: /history\.jsonl:2: index: expected 1/ });
  });
});
