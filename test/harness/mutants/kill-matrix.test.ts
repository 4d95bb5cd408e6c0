// Hunts of a few runs each: one mutant that falls at once, one that changes nothing, one that does nothing wrong.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { huntMutants } from '../../../harness/mutants/kill-matrix.ts';
import { findMutantPatch } from '../../../harness/run/mutant.ts';
import { PatchError } from '../../../harness/run/unified-diff.ts';

const hunt = { seed: 1, timeLimitMs: 8_000, jobs: 1, budget: 2 };

describe('kill matrix', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** A patch that puts `line` in front of a source file. */
  function write(name: string, line: string): string {
    const path = 'docker/zab/src/core/quorum.ts';
    const [first] = readFileSync(path, 'utf8').split('\n');
    const file = join(folder, name);
    const head = ['workload  set', 'nemesis   none', 'options   servers=3 rate=50', 'seen      client', ''];
    writeFileSync(
      file,
      [...head, `--- a/${path}`, `+++ b/${path}`, '@@ -1 +1,2 @@', `+${line}`, ` ${first}`, ''].join('\n'),
    );
    return file;
  }

  it('catches a mutant, names what fell and how to see it again, and keeps the correct build silent', async () => {
    const { results, alarms, controlRuns } = await huntMutants({
      ...hunt,
      budget: 10,
      timeLimitMs: 20_000,
      patches: [findMutantPatch('minority-commit')!],
    });

    const [result] = results;
    assert.equal(result?.verdict, 'caught');
    assert.ok(result.guarantees.includes(result.guarantee!), result.guarantee!);
    assert.ok(result.invariants.includes('I-11'), result.invariants.join());
    assert.match(result.replayCommand ?? '', /^npx ordeal run --seed \d+ .*--mutant /);
    assert.equal(controlRuns, result.runs);
    assert.deepEqual(alarms, []);
  });

  it('tells a defect that was never reached from one that survived', async () => {
    const { results } = await huntMutants({
      ...hunt,
      patches: [write('idle.patch', 'const idle = 1; void idle;')],
    });

    assert.deepEqual(
      results.map(({ name, verdict, runs, guarantee }) => [name, verdict, runs, guarantee]),
      [['idle', 'not-exercised', 2, null]],
    );
  });

  it('finds the same with one process and with two', async () => {
    const patches = ['minority-commit', 'no-trunc'].map((name) => findMutantPatch(name)!);

    const [one, two] = await Promise.all([1, 2].map((jobs) => huntMutants({ ...hunt, jobs, patches })));

    const brief = (matrix: typeof one): unknown =>
      matrix?.results.map(({ verdict, guarantee, seed, runs, invariants }) => ({
        verdict,
        guarantee,
        seed,
        runs,
        invariants,
      }));
    assert.deepEqual(brief(one), brief(two));
  });

  it('refuses a patch that does not fit before anything runs, and names the hunk', async () => {
    const file = join(folder, 'stale.patch');
    const path = 'docker/zab/src/core/quorum.ts';
    writeFileSync(
      file,
      [`--- a/${path}`, `+++ b/${path}`, '@@ -3 +3 @@', '-no such line', '+x', ''].join('\n'),
    );

    await assert.rejects(
      huntMutants({ ...hunt, patches: [file] }),
      (error) => error instanceof PatchError && /stale\.patch.*hunk|hunk.*stale\.patch/s.test(error.message),
    );
  });
});
