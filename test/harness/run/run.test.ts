import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readHistoryFile } from '../../../harness/history/history-file.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';
import { readRunResult } from '../../../harness/run/run-folder.ts';
import { defaultRunOptions } from '../../../harness/run/run-options.ts';
import { RunInterrupted } from '../../../harness/run/run-progress.ts';
import type { RunPhase } from '../../../harness/run/run-progress.ts';
import type { RunOptions } from '../../../harness/run/run-result.ts';
import { run } from '../../../harness/run/run.ts';

describe('run in the simulated world', () => {
  let runsDirectory: string;
  before(() => {
    runsDirectory = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
  });
  after(() => {
    rmSync(runsDirectory, { recursive: true });
  });

  function optionsOf(changes: Partial<RunOptions> = {}): RunOptions {
    return { ...defaultRunOptions, seed: 1, servers: 3, timeLimitMs: 6000, runsDirectory, ...changes };
  }

  it('measures how long answers take, and judges it where a bound is given', async () => {
    const quick = { nemeses: [], timeLimitMs: 2000 };
    const measured = await run(optionsOf(quick), { keepsFiles: false });
    const judged = await run(optionsOf({ ...quick, latencyBoundMs: 0.5 }), { keepsFiles: false });

    assert.ok((measured.latency?.quiet.p99 ?? 0) > 0.5);
    assert.ok(!measured.guarantees.some(({ name }) => name === 'latency'));
    assert.equal(judged.guarantees.find(({ name }) => name === 'latency')?.verdict, 'violated');
  });

  it('refuses faults that count on the voters beside clients who change them', async () => {
    const result = await run(optionsOf({ workloads: ['reconfig'], nemeses: ['wipe'] }), {
      keepsFiles: false,
    });

    assert.equal(result.exit, 3);
    assert.match(
      result.problems[0]?.message ?? '',
      /^workload reconfig changes who votes, and nemesis wipe counts on those whom it spares/,
    );
  });

  it('passes, and leaves everything that is known about it', async () => {
    const phases: RunPhase[] = [];

    const result = await run(optionsOf(), {
      progress: ({ phase }) => {
        if (phases.at(-1) !== phase) phases.push(phase);
      },
    });

    assert.equal(result.exit, 0, JSON.stringify(result.problems));
    assert.equal(result.verdict, 'pass');
    assert.deepEqual(phases, [
      'provisioning',
      'running',
      'recovering',
      'final reads',
      'collecting',
      'checking',
      'reporting',
    ]);
    const folder = join(runsDirectory, result.run);
    const files = [
      'history.jsonl',
      'junit.xml',
      'logs',
      'report.html',
      'run.json',
      'schedule.json',
      'trace.jsonl',
    ];
    for (const file of files) assert.ok(existsSync(join(folder, file)), file);
    assert.deepEqual(readRunResult(folder).operations, result.operations);
  });

  it('records a history that is well formed and has final reads from every server', async () => {
    const result = await run(optionsOf({ workloads: ['set'], nemeses: [] }));

    const history = readHistoryFile(join(runsDirectory, result.run, 'history.jsonl'));
    const finals = pairOperations(history).filter(({ f }) => f === 'final-read');
    assert.deepEqual(
      finals.map(({ completion }) => completion?.server).sort((a, b) => (a ?? 0) - (b ?? 0)),
      [1, 2, 3],
    );
    assert.deepEqual(
      history.filter(({ process }) => process === 'nemesis').map(({ f }) => f),
      ['heal', 'recovered'],
    );
  });

  it('judges and reports a history that is not kept in memory like one that is', async () => {
    const short = await run(optionsOf());
    const long = await run(optionsOf(), { mostInMemory: 10 });

    assert.deepEqual(long.guarantees, short.guarantees);
    assert.deepEqual(long.operations, short.operations);
    const reportOf = (name: string) => readFileSync(join(runsDirectory, name, 'report.html'), 'utf8');
    const dataIn = (name: string) => /id="run-data">([^<]+)</.exec(reportOf(name))?.[1];
    assert.ok((dataIn(long.run)?.length ?? 0) > 1000);
    assert.equal(dataIn(long.run), dataIn(short.run));
  });

  it('is the same run for the same seed, and another one for another', async () => {
    const [one, same, other] = [
      await run(optionsOf()),
      await run(optionsOf()),
      await run(optionsOf({ seed: 2 })),
    ];

    const historyOf = (name: string) => readFileSync(join(runsDirectory, name, 'history.jsonl'), 'utf8');
    assert.ok(one.traceHash !== null);
    assert.equal(one.traceHash, same.traceHash);
    assert.equal(historyOf(one.run), historyOf(same.run));
    assert.notEqual(one.traceHash, other.traceHash);
    assert.notEqual(one.run, same.run);
  });

  it('proves its faults and counts what was acknowledged while they lasted', async () => {
    const { faults, run: name } = await run(
      optionsOf({ nemeses: ['partition', 'kill'], timeLimitMs: 12_000 }),
    );

    assert.ok(faults.length >= 2);
    for (const { proof, endNs, startNs } of faults) {
      assert.ok(proof !== null);
      assert.ok(endNs !== null && endNs > startNs);
    }
    assert.ok(faults.some(({ acknowledgedDuring }) => acknowledgedDuring > 0));
    const schedule: unknown = JSON.parse(readFileSync(join(runsDirectory, name, 'schedule.json'), 'utf8'));
    assert.deepEqual(schedule, faults);
  });

  it('catches a mutant', async () => {
    const result = await run(
      optionsOf({ mutant: 'no-trunc', nemeses: ['orphaned-tail'], servers: 5, timeLimitMs: 15_000 }),
    );

    assert.equal(result.exit, 1);
    const violated = result.guarantees.filter(({ verdict }) => verdict === 'violated');
    assert.ok(violated.some(({ name }) => name === 'replicas-agree'));
    assert.ok(violated.every(({ evidence }) => evidence.length > 0));
  });

  it('is a failure of the environment when a patch does not fit', async () => {
    const mutant = join(runsDirectory, 'stale.patch');
    const path = 'docker/zab/src/core/membership.ts';
    writeFileSync(mutant, `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-no such line\n+x\n`);

    const result = await run(optionsOf({ mutant }));

    assert.equal(result.exit, 3);
    assert.match(result.problems[0]?.message ?? '', /hunk 1 of .*membership\.ts fits nowhere/);
    assert.ok(existsSync(join(runsDirectory, result.run, 'report.html')));
  });

  it('reports a fault that is not available, before anything starts', async () => {
    const result = await run(optionsOf({ servers: 1, nemeses: ['partition'] }));

    assert.equal(result.exit, 3);
    assert.match(result.problems[0]?.message ?? '', /^nemesis partition needs 2 voting servers/);
    assert.deepEqual(result.operations, { ok: 0, fail: 0, info: 0 });
  });

  it('tears down when it is interrupted, and keeps what it recorded', async () => {
    const controller = new AbortController();
    const running = run(optionsOf({ timeLimitMs: 3_600_000 }), {
      signal: controller.signal,
      progress: ({ ok }) => {
        if (ok > 50) controller.abort();
      },
    });

    const error = await running.then(
      () => assert.fail('an interrupted run has no result'),
      (thrown: unknown) => thrown,
    );

    assert.ok(error instanceof RunInterrupted);
    assert.ok(readdirSync(error.folder).includes('history.jsonl'));
    assert.ok(!readdirSync(error.folder).includes('run.json'));
  });

  it('judges a standalone server as well', async () => {
    const result = await run(optionsOf({ servers: 1, nemeses: ['kill'] }));

    assert.equal(result.verdict, 'pass', JSON.stringify(result.guarantees));
  });
});
