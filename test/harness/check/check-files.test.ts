import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { checkFiles } from '../../../harness/check/check-files.ts';
import type { CheckOptions, JudgedFile } from '../../../harness/check/check-files.ts';
import type { FileTask } from '../../../harness/check/check-messages.ts';
import type { Drawn } from '../../checkers/draw.ts';
import { draw } from '../../checkers/draw.ts';

const models = join('test', 'fixtures', 'models');
const histories = join('test', 'histories');

function taskOf(file: string, changes: Partial<FileTask> = {}): FileTask {
  const budget = { timeMs: 30_000, memoryBytes: 256 * 1024 * 1024 };
  return { file, format: null, model: null, budget, isDivided: true, ...changes };
}

function check(tasks: readonly FileTask[], options: Partial<CheckOptions> = {}): Promise<JudgedFile[]> {
  return checkFiles(tasks, { jobs: 2, signal: new AbortController().signal, ...options });
}

/** Verdicts by file, from the table and from names. */
function knownVerdicts(): Map<string, string> {
  const table = readFileSync(join(histories, 'README.md'), 'utf8');
  const known = new Map(
    [...table.matchAll(/(porcupine\/etcd_\d+\.log) \| (true|false)/g)].map(([, file = '', isFine]) => [
      file,
      isFine === 'true' ? 'pass' : 'violated',
    ]),
  );
  for (const folder of ['porcupine', 'knossos']) {
    for (const file of readdirSync(join(histories, folder))) {
      const [, named] = /\b(ok|good|bad)\b/.exec(file) ?? [];
      if (named !== undefined) known.set(`${folder}/${file}`, named === 'bad' ? 'violated' : 'pass');
    }
  }
  return known;
}

describe('checking files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-check-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function write(name: string, calls: readonly Drawn[]): string {
    const file = join(folder, name);
    writeFileSync(
      file,
      draw(calls)
        .map((operation) => `${JSON.stringify(operation)}\n`)
        .join(''),
    );
    return file;
  }

  const stuckCalls: readonly Drawn[] = [
    { f: 'write', value: ['fine', 1], from: 0, to: 1 },
    { f: 'write', value: ['never', 99], from: 2, to: 3 },
  ];

  it('has the known verdict of every public history, at once', async () => {
    const known = knownVerdicts();

    const judged = await check([...known.keys()].map((file) => taskOf(join(histories, file))));

    assert.equal(known.size, 32);
    assert.deepEqual(
      judged.map(({ verdict }) => verdict),
      [...known.values()],
    );
  });

  it('tells the files in their order', async () => {
    const told: string[] = [];
    const files = ['c10-bad.txt', 'c01-ok.txt', 'c01-bad.txt'].map((file) =>
      join(histories, 'porcupine', file),
    );

    await check(
      files.map((file) => taskOf(file)),
      { done: ({ file }) => told.push(file) },
    );

    assert.deepEqual(told, files);
  });

  it('judges the keys of a large file on several threads as on one', async () => {
    const calls = Array.from({ length: 2000 }, (_, step): Drawn => {
      const key = `key ${step % 40}`;
      return step < 1960
        ? { f: 'write', value: [key, step], from: step * 10, to: step * 10 + 5 }
        : {
            f: 'read',
            value: [key, null],
            result: [key, step % 2 === 0 ? step - 40 : -1],
            from: step * 10,
            to: step * 10 + 5,
          };
    });
    const file = write('keys.jsonl', calls);

    const [one, two] = await Promise.all(
      [1, 2].map(async (jobs) => (await check([taskOf(file, { model: 'register' })], { jobs }))[0]!),
    );

    assert.equal(one!.verdict, 'violated');
    assert.equal(one!.evidence.length, 20);
    assert.deepEqual({ ...two!, elapsedMs: 0 }, { ...one!, elapsedMs: 0 });
  });

  it('checks against a model of the user', async () => {
    const push = (value: number, from: number): Drawn => ({ f: 'push', value, from, to: from + 1 });
    const pop = (result: number | null, from: number): Drawn => ({
      f: 'pop',
      value: null,
      result,
      from,
      to: from + 1,
    });
    const stack = join(models, 'stack.ts');
    const fine = write('stack.jsonl', [push(1, 0), push(2, 2), pop(2, 4), pop(1, 6), pop(null, 8)]);
    const wrong = write('no-stack.jsonl', [push(1, 0), push(2, 2), pop(1, 4)]);

    const judged = await check([taskOf(fine, { model: stack }), taskOf(wrong, { model: stack })]);

    assert.deepEqual(
      judged.map(({ verdict }) => verdict),
      ['pass', 'violated'],
    );
    assert.match(
      judged[1]!.evidence[0]!.sentence,
      /^\{"pop":1\} by process \d+ .*where only state \[1,2\] is possible/,
    );
  });

  it('ends a model that never returns, and keeps what was proven', async () => {
    const file = write('stuck.jsonl', stuckCalls);
    const started = performance.now();

    const [judged] = await check([
      taskOf(file, { model: join(models, 'stuck.ts'), budget: { timeMs: 200, memoryBytes: 1e8 } }),
    ]);

    assert.ok(performance.now() - started < 10_000);
    assert.equal(judged!.verdict, 'inconclusive');
    assert.match(judged!.reason!, /ran out of time for never .*; 1 key of 2 proven/);
  });

  it('is interrupted within a tenth of a second, inside a step of the model', async () => {
    const file = write('cancelled.jsonl', stuckCalls);
    const controller = new AbortController();
    const running = check([taskOf(file, { model: join(models, 'stuck.ts') })], { signal: controller.signal });
    // The thread has begun when its processor time shows.
    const before = process.cpuUsage().user;
    while (process.cpuUsage().user - before < 600_000)
      await new Promise((resolve) => setTimeout(resolve, 20));

    const aborted = performance.now();
    controller.abort();
    const [judged] = await running;

    assert.ok(performance.now() - aborted < 100, `${performance.now() - aborted} ms`);
    assert.equal(judged!.verdict, 'inconclusive');
    assert.match(judged!.reason!, /^interrupted: .*; 1 key of 2 proven/);
  });

  it('names file and line of what is no history, and judges the others', async () => {
    const broken = join(folder, 'broken.edn');
    writeFileSync(broken, '{:process 1, :type :invoke, :f :read}\n{:process 1, :type :oops, :f :read}\n');

    const judged = await check([taskOf(broken), taskOf(join(histories, 'porcupine', 'c01-ok.txt'))]);

    assert.equal(judged[0]!.problem, 'refused');
    assert.equal(judged[0]!.reason, `${broken}:2: type: expected invoke, ok, fail or info, found "oops"`);
    assert.equal(judged[1]!.verdict, 'pass');
  });

  it('survives a model that takes all memory', async function () {
    this.timeout(60_000);
    const file = write('greedy.jsonl', [{ f: 'write', value: 1, from: 0, to: 1 }]);

    const [judged] = await check([taskOf(file, { model: join(models, 'greedy.ts'), historyMebibytes: 64 })]);

    assert.equal(judged!.verdict, 'inconclusive');
    assert.match(judged!.reason!, /ran out of memory/);
  });
});
