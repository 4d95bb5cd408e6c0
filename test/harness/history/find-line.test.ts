import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { findLastLine } from '../../../harness/history/find-line.ts';

describe('finding a line', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    file = join(folder, 'lines');
  });
  after(() => rmSync(folder, { recursive: true }));

  const find = (lines: readonly string[], text = 'heal'): string | null => {
    writeFileSync(file, lines.join('\n'));
    return findLastLine(file, text);
  };

  it('finds the last one with the text', () => {
    assert.equal(find(['a heal 1', 'b', 'c heal 2', 'd', '']), 'c heal 2');
    assert.equal(find(['heal']), 'heal');
    assert.equal(find(['a', 'b']), null);
    assert.equal(find([]), null);
  });

  it('finds it wherever it lies in a long file', () => {
    const filling = (count: number): string[] =>
      Array.from({ length: count }, (_, line) => `line ${line} ${'x'.repeat(80)}`);
    for (const before of [0, 45_000, 90_000]) {
      assert.equal(
        find([...filling(before), 'heal here', ...filling(100_000 - before)]),
        'heal here',
        `${before}`,
      );
    }
  });

  it('names the file that is not there', () => {
    assert.throws(() => findLastLine(join(folder, 'none'), 'heal'), {
      name: 'HistoryError',
      message: /none/,
    });
  });
});
