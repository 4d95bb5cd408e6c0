import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { checkHistory } from '../../../checkers/linearizability/check-history.ts';
import { defaultModels, findModel } from '../../../checkers/models/models.ts';
import { readHistory } from '../../../harness/history/formats/read-history.ts';

const folder = new URL('../../histories/', import.meta.url);
const limits = { timeMs: 10_000, memoryBytes: 512 * 1024 * 1024, nowMs: () => performance.now() };

function verdictOf(file: string): string {
  const { format, history } = readHistory(new URL(file, folder).pathname, null);
  const model = findModel(defaultModels[format]);
  assert.ok(model !== undefined);
  return checkHistory(history, model, limits).verdict;
}

describe('public histories', () => {
  const table = readFileSync(new URL('README.md', folder), 'utf8');
  const etcd = [...table.matchAll(/(porcupine\/etcd_\d+\.log) \| (true|false)/g)];

  it('has the verdicts of all twenty etcd histories', () => {
    assert.equal(etcd.length, 20);
  });

  for (const [, file = '', linearizable] of etcd) {
    it(`${file} is ${linearizable === 'true' ? '' : 'not '}linearizable`, () => {
      assert.equal(verdictOf(file), linearizable === 'true' ? 'pass' : 'violated');
    });
  }

  const named = ['porcupine', 'knossos']
    .flatMap((name) => readdirSync(new URL(name, folder)).map((file) => `${name}/${file}`))
    .filter((file) => /\b(ok|good|bad)\b/.test(file));
  for (const file of named) {
    const isBad = /\bbad\b/.test(file);
    it(`${file} is ${isBad ? 'not ' : ''}linearizable`, () => {
      assert.equal(verdictOf(file), isBad ? 'violated' : 'pass');
    });
  }

  it('judges the etcd histories together in well under half a second', () => {
    const before = process.cpuUsage();

    for (const [, file = ''] of etcd) verdictOf(file);

    const { user } = process.cpuUsage(before);
    assert.ok(user < 500_000, `${user / 1000} ms of processor time`);
  });
});
