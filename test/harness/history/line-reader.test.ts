import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readLines } from '../../../harness/history/line-reader.ts';

describe('lines of a file', () => {
  let file: string;
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    file = join(folder, 'lines');
  });
  after(() => rmSync(folder, { recursive: true }));

  const linesOf = (text: string): unknown[] => {
    writeFileSync(file, text);
    return [...readLines(file)];
  };

  it('are told apart from an end without a newline', () => {
    assert.deepEqual(linesOf('a\n\nb'), [
      { text: 'a', isEnded: true },
      { text: '', isEnded: true },
      { text: 'b', isEnded: false },
    ]);
  });

  it('are none in an empty file', () => {
    assert.deepEqual(linesOf(''), []);
  });

  it('are whole where a chunk ends in the middle of a character', () => {
    const text = `a${'ü'.repeat(1024 * 1024)}`;

    assert.deepEqual(linesOf(`${text}\n${text}\n`), [
      { text, isEnded: true },
      { text, isEnded: true },
    ]);
  });

  it('can be left early, and read again', () => {
    linesOf('a\nb\n');
    for (const line of readLines(file)) {
      assert.equal(line.text, 'a');
      break;
    }

    assert.equal([...readLines(file)].length, 2);
  });

  it('name the file that is not there', () => {
    assert.throws(() => [...readLines(join(folder, 'none'))], {
      name: 'HistoryError',
      message: /none: ENOENT/,
    });
  });
});
