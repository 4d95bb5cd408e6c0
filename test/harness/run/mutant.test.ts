import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { findNemesis } from '../../../harness/nemesis/nemeses.ts';
import { readMutantRecipe } from '../../../harness/mutants/recipe.ts';
import { findMutantPatch, listMutants, makeMutant } from '../../../harness/run/mutant.ts';
import { PatchError } from '../../../harness/run/unified-diff.ts';
import { findWorkload } from '../../../workloads/index.ts';

describe('mutant', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function write(name: string, ...lines: string[]): string {
    const file = join(folder, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  it('comes by name or by file', () => {
    const file = write('own.patch', 'nothing');

    assert.ok(listMutants().length >= 3);
    for (const name of listMutants()) assert.ok(findMutantPatch(name)?.endsWith(`${name}.patch`));
    assert.equal(findMutantPatch(file), file);
    assert.equal(findMutantPatch('no-such-mutant'), null);
    assert.equal(findMutantPatch(join(folder, 'absent.patch')), null);
  });

  for (const name of listMutants()) {
    it(`${name} fits the server and says what must catch it`, () => {
      const patch = findMutantPatch(name)!;

      using mutant = makeMutant(patch);
      const recipe = readMutantRecipe(patch);

      assert.ok(existsSync(join(mutant.root, 'docker/zab/src/server/server.ts')));
      assert.ok(existsSync(join(mutant.root, 'harness/wire/jute.ts')));
      for (const nemesis of recipe.nemeses!) assert.ok(findNemesis(nemesis), nemesis);
      assert.ok(recipe.workloads!.length > 0);
      for (const workload of recipe.workloads!) assert.ok(findWorkload(workload), workload);
      for (const key of ['breaks', 'historic', 'guarantee', 'seenBy'] as const) assert.ok(recipe[key], key);
    });
  }

  it('is a patched copy that goes when it is disposed of', () => {
    const path = 'docker/zab/src/core/membership.ts';
    const [first] = readFileSync(path, 'utf8').split('\n');
    const file = write(
      'first.patch',
      `--- a/${path}`,
      `+++ b/${path}`,
      '@@ -1 +1 @@',
      `-${first}`,
      '+// changed',
    );

    const mutant = makeMutant(file);
    const patched = readFileSync(join(mutant.root, path), 'utf8');
    mutant[Symbol.dispose]();

    assert.equal(mutant.name, 'first');
    assert.match(patched, /^\/\/ changed\n/);
    assert.ok(!existsSync(mutant.root));
    assert.equal(readFileSync(path, 'utf8').split('\n')[0], first);
  });

  it('may change the server only', () => {
    const file = write(
      'cheat.patch',
      '--- a/checkers/verdict.ts',
      '+++ b/checkers/verdict.ts',
      '@@ -1 +1 @@',
      '-a',
      '+b',
    );

    assert.throws(() => makeMutant(file), {
      name: 'PatchError',
      message: /changes checkers\/verdict\.ts; a mutant may only change docker\/zab\/src and harness\/wire/,
    });
  });

  it('may not lead out of its folder', () => {
    const path = 'docker/zab/src/../../../package.json';
    const file = write('escape.patch', `--- a/${path}`, `+++ b/${path}`, '@@ -1 +1 @@', '-a', '+b');

    assert.throws(() => makeMutant(file), PatchError);
  });
});
