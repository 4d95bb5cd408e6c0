import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readMutantRecipe, RecipeError } from '../../../harness/mutants/recipe.ts';

describe('recipe of a mutant', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function write(...lines: string[]): string {
    const file = join(folder, 'some-defect.patch');
    writeFileSync(file, `${lines.join('\n')}\n--- a/x\nworkload  other\n`);
    return file;
  }

  it('says what is broken and what must catch it; lists end at the first remark', () => {
    const file = write(
      'breaks       the commit rule: nemesis none',
      'historic     BC-01',
      'workload     register, set',
      'nemesis      power-loss,kill; a pause is not enough',
      'options      servers=4 tick=50ms snap-count=10 time-limit=30s',
      'guarantee    durability: acknowledged writes are gone',
      'seen         client',
    );

    assert.deepEqual(readMutantRecipe(file), {
      name: 'some-defect',
      breaks: 'the commit rule: nemesis none',
      historic: 'BC-01',
      guarantee: 'durability: acknowledged writes are gone',
      workloads: ['register', 'set'],
      nemeses: ['power-loss', 'kill'],
      options: { servers: 4, tickMs: 50, snapCount: 10, timeLimitMs: 30_000 },
      seenBy: 'client',
    });
  });

  it('tells no nemesis from a head that says nothing', () => {
    assert.deepEqual(readMutantRecipe(write('workload  set', 'nemesis   none')).nemeses, []);
    assert.equal(readMutantRecipe(write('workload  set')).nemeses, null);
    assert.equal(readMutantRecipe(write('')).workloads, null);
    assert.equal(readMutantRecipe(write('')).seenBy, null);
  });

  it('names the word that is wrong', () => {
    assert.throws(
      () => readMutantRecipe(write('options   servers=four')),
      (error) =>
        error instanceof RecipeError &&
        /some-defect\.patch: options: expected NAME=NUMBER of servers, .*, found 'servers=four'/.test(
          error.message,
        ),
    );
    assert.throws(
      () => readMutantRecipe(write('seen      nobody')),
      /seen: expected client or trace, found 'nobody'/,
    );
  });
});
