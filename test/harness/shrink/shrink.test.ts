import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { Operation } from '../../../harness/history/operation.ts';
import { findMutantPatch, makeMutant } from '../../../harness/run/mutant.ts';
import type { Mutant } from '../../../harness/run/mutant.ts';
import { replay } from '../../../harness/run/replay.ts';
import { defaultRunOptions } from '../../../harness/run/run-options.ts';
import type { RunOptions, RunScript } from '../../../harness/run/run-result.ts';
import { run } from '../../../harness/run/run.ts';
import { failureOf } from '../../../harness/shrink/failure.ts';
import { shrink } from '../../../harness/shrink/shrink.ts';
import { MessageLog } from '../../../harness/simulation/message-log.ts';

const isolated = { nemesis: 'partition', shape: 'leader isolated', targets: [3], atMs: 800, lastsMs: 2000 };
const size = { operations: 0, faults: 0, servers: 0, clients: 0, messages: 0, simulatedSeconds: 0 };
const script: RunScript = {
  world: 0,
  operations: Array.from({ length: 60 }, (_, draw) => ({
    draw,
    place: draw % 3,
    atMs: 40 * draw,
    moves: false,
  })),
  faults: [isolated],
  origin: { run: 'by hand', guarantee: 'linearizable-writes', invariant: null, size },
};

describe('shrink and replay', () => {
  let runsDirectory: string;
  let mutant: Mutant;
  let options: RunOptions;
  before(() => {
    runsDirectory = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    mutant = makeMutant(findMutantPatch('minority-commit') ?? '');
    options = {
      ...defaultRunOptions,
      seed: 1,
      servers: 3,
      workloads: ['set'],
      nemeses: ['partition'],
      timeLimitMs: 4000,
      processes: 3,
      runsDirectory,
      script,
    };
  });
  after(() => {
    mutant[Symbol.dispose]();
    rmSync(runsDirectory, { recursive: true });
  });

  it('a script performs its operations and faults, each at its time, and nothing else', async () => {
    const operations = (script.operations ?? []).filter(({ draw }) => draw === 2 || draw === 30);
    let history: readonly Operation[] = [];

    const result = await run(
      { ...options, script: { ...script, operations } },
      { keepsFiles: false, over: (_, all) => (history = all) },
    );

    assert.deepEqual(result.problems, []);
    const asked = history.filter(({ f, type }) => f === 'add' && type === 'invoke');
    // The set counts its elements: those between were drawn and dropped.
    assert.deepEqual(
      asked.map(({ value, process }) => [value, process]),
      [
        [['/set', 3], 2],
        [['/set', 31], 0],
      ],
    );
    assert.ok(Math.abs(((asked[1]?.time ?? 0) - (asked[0]?.time ?? 0)) / 1e6 - 28 * 40) < 1);
    assert.deepEqual(
      result.faults.map(({ shape, targets }) => ({ shape, targets })),
      [{ shape: 'leader isolated', targets: [3] }],
    );
    const [fault] = result.faults;
    const lastedMs = ((fault?.endNs ?? 0) - (fault?.startNs ?? 0)) / 1e6;
    assert.ok(lastedMs >= 2000 && lastedMs < 2100, `lasted ${lastedMs} ms`);
  });

  it('what a run draws, written down as a script, is the same fault and the same requests', async () => {
    const drawn: RunOptions = {
      ...defaultRunOptions,
      seed: 5,
      servers: 3,
      processes: 3,
      nemeses: ['partition'],
      timeLimitMs: 8000,
      runsDirectory,
    };
    const operations: NonNullable<RunScript['operations']>[number][] = [];
    const faults: NonNullable<RunScript['faults']>[number][] = [];
    let first: readonly Operation[] = [];
    const before = await run(drawn, {
      keepsFiles: false,
      drawnOperation: (operation) => operations.push(operation),
      drawnFault: (fault) => faults.push(fault),
      over: (_, all) => (first = all),
    });
    let second: readonly Operation[] = [];

    const again = await run(
      { ...drawn, script: { ...script, operations, faults } },
      { keepsFiles: false, over: (_, all) => (second = all) },
    );

    assert.ok(operations.length > 100 && faults.length > 0);
    // Two that are due at the same time may change places.
    const asked = (history: readonly Operation[]): unknown[] =>
      history
        .filter(({ f, type }) => f === 'add' && type === 'invoke')
        .map(({ value }) => JSON.stringify(value))
        .sort();
    assert.deepEqual(asked(second), asked(first));
    const shapes = (result: typeof before): unknown[] => result.faults.map(({ shape }) => shape);
    assert.deepEqual(shapes(again), shapes(before));
  });

  it('leaves a few of sixty operations, and the guarantee still falls', async function () {
    this.timeout(30_000);
    const failing: RunOptions = { ...options, mutant: 'minority-commit' };
    const result = await run(failing, { keepsFiles: false, mutantRoot: mutant.root });
    const failure = failureOf(result);
    assert.ok(failure !== null, 'the mutant must fail');
    const steps: string[] = [];

    const shrunk = await shrink({
      result,
      failure,
      runs: 80,
      timeLimitMs: 20_000,
      mutantRoot: mutant.root,
      step: (text) => steps.push(text),
    });

    assert.ok(shrunk !== null);
    assert.ok((shrunk.options.script?.operations?.length ?? 60) <= 3, JSON.stringify(steps));
    assert.ok(steps.some((step) => step.startsWith('operations 60 → ')));
    const small = await run(shrunk.options, { mutantRoot: mutant.root, messages: new MessageLog() });
    assert.equal(failureOf(small, failure.guarantee)?.guarantee, failure.guarantee);
    assert.match(small.run, /-shrunk$/);
    assert.ok((small.size?.messages ?? 0) > 0);
    const folder = join(runsDirectory, small.run);
    assert.ok(existsSync(join(folder, 'space-time.json')));
    assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /class="space-time"/);

    const same = await replay(folder, small);
    assert.deepEqual(same.differences, []);
    assert.ok(same.isSame);

    appendFileSync(join(folder, 'history.jsonl'), '{"more":1}\n');
    const other = await replay(folder, { ...small, ordealVersion: '0.0.0-other' });
    assert.equal(other.isSame, false);
    assert.deepEqual(
      other.differences.map(({ what, before, now }) => ({ what, before, now })),
      [{ what: 'history', before: '{"more":1}', now: null }],
    );
    assert.match(other.versions.join(), /^ordeal 0\.0\.0-other, now /);
  });

  it('gives up on a run that does not fail again', async () => {
    const result = await run(options, { keepsFiles: false });
    assert.equal(failureOf(result), null);

    const shrunk = await shrink({
      result,
      failure: { guarantee: 'durability', invariant: null },
      runs: 5,
      timeLimitMs: 10_000,
      step: () => assert.fail('no step can be taken'),
    });

    assert.equal(shrunk, null);
  });
});
