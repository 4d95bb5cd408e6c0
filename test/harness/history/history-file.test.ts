import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  formatOperation,
  HistoryFileWriter,
  parseHistory,
  readHistoryFile,
  writeHistoryFile,
} from '../../../harness/history/history-file.ts';
import type { Operation } from '../../../harness/history/operation.ts';

const history: readonly Operation[] = [
  { index: 0, time: 5, process: 3, type: 'invoke', f: 'write', value: ['/register/1', 4] },
  {
    index: 1,
    time: 9,
    process: 3,
    type: 'ok',
    f: 'write',
    value: ['/register/1', 4],
    zxid: 0x1_0000_0002,
    version: 1,
    session: '0100000000000001',
    server: 2,
  },
  { index: 2, time: 9, process: 'nemesis', type: 'info', f: 'heal', value: null, error: 'none' },
  {
    index: 3,
    time: 1_000_000_000_001,
    process: 4,
    type: 'fail',
    f: 'final-read',
    value: ['/é', { version: -1, value: 'a "quoted"\n text' }, [0.5]],
    stat: [0x1_0000_0002, 0, 1_700_000_000_000],
  },
];

describe('history file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-history-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives back what was written', () => {
    const file = join(folder, 'history.jsonl');

    writeHistoryFile(file, history);

    assert.deepEqual(readHistoryFile(file), history);
  });

  it('is the same when it was streamed', () => {
    const streamed = join(folder, 'streamed.jsonl');
    const writer = new HistoryFileWriter(streamed);

    for (const operation of history) writer.record(operation);
    writer.close();

    writeHistoryFile(join(folder, 'written.jsonl'), history);
    assert.equal(readFileSync(streamed, 'utf8'), readFileSync(join(folder, 'written.jsonl'), 'utf8'));
  });

  it('is on disk before it is closed, up to the last moments', () => {
    const file = join(folder, 'history.jsonl');
    const writer = new HistoryFileWriter(file);

    for (let line = 0; line < 2000; line++) writer.write('{"a line of some length": 1}');

    assert.ok(readFileSync(file, 'utf8').length > 2000 * 29 - 16 * 1024);
    writer.close();
  });

  it('has the keys of Jepsen first and in one order', () => {
    assert.equal(
      formatOperation(history[1]!),
      '{"index":1,"time":9,"process":3,"type":"ok","f":"write","value":["/register/1",4],"zxid":4294967298,"version":1,"session":"0100000000000001","server":2}',
    );
  });

  it('names a file that is not there', () => {
    assert.throws(() => readHistoryFile(join(folder, 'none.jsonl')), /none\.jsonl: ENOENT/);
  });

  const good = `${formatOperation(history[0]!)}\n`;
  const bad: readonly [name: string, text: string, message: string][] = [
    [
      'a cut last line',
      `${good}{"index":1,"ti`,
      'h:2: expected a JSON object, found "{\\"index\\":1,\\"ti" (the last line has no end: was the writer killed?)',
    ],
    ['a line that is no object', `${good}[1]\n`, 'h:2: expected a JSON object, found [1]'],
    [
      'a missing entry',
      good.replace('"index":0', '"index":4'),
      'h:1: index: expected 0, the number of this entry, found 4',
    ],
    [
      'a time that is none',
      good.replace('"time":5', '"time":-1'),
      'h:1: time: expected nanoseconds, found -1',
    ],
    [
      'an unknown type',
      good.replace('"invoke"', '"begin"'),
      'h:1: type: expected invoke, ok, fail or info, found "begin"',
    ],
    [
      'an unknown process',
      good.replace('"process":3', '"process":"x"'),
      'h:1: process: expected a number or "nemesis", found "x"',
    ],
    [
      'a missing f',
      good.replace('"f":"write"', '"g":"write"'),
      'h:1: f: expected the name of an operation, found nothing',
    ],
    [
      'a version that is no number',
      good.replace('"value"', '"version":"1","value"'),
      'h:1: version: expected a version, found "1"',
    ],
  ];
  for (const [name, text, message] of bad) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parseHistory(text, 'h'), { name: 'HistoryError', message });
    });
  }

  it('takes a last line without its newline', () => {
    assert.equal(parseHistory(good.trimEnd(), 'h').length, 1);
  });
});
