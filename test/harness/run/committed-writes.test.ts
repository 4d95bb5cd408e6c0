import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, before, describe, it } from 'mocha';
import { pack } from 'tar-stream';
import { collectedLogs } from '../../../harness/check/collected-logs.ts';
import { judgeGuarantees } from '../../../harness/check/judge-guarantees.ts';
import { readHistoryFile } from '../../../harness/history/history-file.ts';
import { committedWrites, logsIn } from '../../../harness/run/committed-writes.ts';
import { defaultRunOptions } from '../../../harness/run/run-options.ts';
import type { RunOptions } from '../../../harness/run/run-result.ts';
import { run } from '../../../harness/run/run.ts';
import { encodeTxn } from '../../../harness/wire/txn-codec.ts';
import { frameLogRecords, logFileHeader, recordHeadBytes } from '../../../harness/wire/txn-log-codec.ts';
import type { Txn } from '../../../harness/wire/txn.ts';

const first = 0x1_0000_0001;

function logOf(...txns: readonly (Txn | null)[]): Buffer {
  const records = txns.flatMap((txn, index) =>
    txn === null
      ? []
      : [
          encodeTxn({ clientId: '01'.repeat(8), cxid: 1, zxid: first + index, time: 1000 + index }, txn, null)
            .bytes,
        ],
  );
  return Buffer.concat([logFileHeader(), ...frameLogRecords(records)]);
}

function setData(value: number | string, version: number, path = '/r'): Txn {
  return { type: 'setData', path, data: Buffer.from(String(value)), version };
}

function create(path = '/r'): Txn {
  return { type: 'create', path, data: Buffer.from('0'), acl: [], parentCversion: 1, ephemeral: false };
}

function told(...logs: readonly Buffer[]): unknown[] {
  const bySid = new Map(logs.map((log, index) => [index + 1, [log]]));
  return committedWrites(bySid, [1, 2, 3]).map(({ path, version, value, zxid }) => [
    path,
    version,
    value,
    zxid - first,
  ]);
}

describe('writes in the logs of the members', () => {
  it('are committed where a quorum has them', () => {
    const whole = logOf(create(), setData(4, 1), setData('four', 2));

    assert.deepEqual(told(whole, whole, logOf(create())), [
      ['/r', 0, 0, 0],
      ['/r', 1, 4, 1],
      ['/r', 2, 'four', 2],
    ]);
  });

  it('are not where only a minority has them, or two members have other records at their zxid', () => {
    const [one, other] = [logOf(create(), setData(4, 1)), logOf(create(), setData(5, 1))];

    assert.deepEqual(told(one, logOf(create()), logOf(create())), [['/r', 0, 0, 0]]);
    assert.deepEqual(told(one, other, logOf(create())), [['/r', 0, 0, 0]]);
    assert.deepEqual(told(one, other, other).at(-1), ['/r', 1, 5, 1]);
  });

  it('are those of the znode that is there', () => {
    const log = logOf(create(), setData(4, 1), { type: 'delete', path: '/r' }, create(), setData(7, 1));

    assert.deepEqual(told(log, log), [
      ['/r', 0, 0, 3],
      ['/r', 1, 7, 4],
    ]);
  });

  it('may be parts of a multi', () => {
    const log = logOf(create(), create('/s'), { type: 'multi', txns: [setData(4, 1), setData(5, 1, '/s')] });

    assert.deepEqual(told(log, log).slice(2), [
      ['/r', 1, 4, 2],
      ['/s', 1, 5, 2],
    ]);
  });

  it('are read as far as a torn log is whole', () => {
    const whole = logOf(create(), setData(4, 1), setData(5, 2));
    const torn = whole.subarray(0, whole.length - 3);

    assert.equal(told(torn, torn).length, 2);
    assert.equal(told(whole, torn).length, 2);
    assert.deepEqual(told(Buffer.from('no log at all, certainly'), whole), []);
  });

  it('are the same whichever file of a member comes first', () => {
    const [older, newer] = [logOf(create(), setData(4, 1)), logOf(null, null, setData(6, 2))];

    const found = committedWrites(
      new Map([
        [1, [newer, older]],
        [2, [older, newer]],
        [3, [older]],
      ]),
      [1, 2, 3],
    );

    assert.deepEqual(
      found.map(({ value }) => value),
      [0, 4, 6],
    );
  });

  it('end with the damage of a log, and go on with the next one', () => {
    const whole = logOf(create(), setData(4, 1), setData(5, 2));
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(whole.length - 120) ^ 1, whole.length - 120);
    const next = logOf(null, null, null, setData(6, 3));
    const tell = (...logs: readonly (readonly Buffer[])[]): unknown[] =>
      committedWrites(new Map(logs.map((each, index) => [index + 1, each])), [1, 2, 3]).map(
        ({ value }) => value,
      );

    assert.deepEqual(tell([whole, next], [damaged, next], []), [0, 6]);
    assert.deepEqual(tell([damaged, next], [damaged, next], [whole]), [0, 6]);
    assert.deepEqual(tell([damaged], [whole, next], [whole, next]), [0, 4, 5, 6]);
  });

  it('are not lost where the damage of a log makes a zxid of its own', () => {
    const whole = logOf(create(), setData(4, 1), setData(5, 2));
    const next = logOf(null, null, null, setData(6, 3));
    const zxidAt = logOf(create()).length + recordHeadBytes + 12;
    for (const at of [zxidAt, zxidAt + 3]) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);

      const found = committedWrites(
        new Map([
          [1, [whole, next]],
          [2, [damaged, next]],
        ]),
        [1, 2, 3],
      );

      assert.deepEqual(
        found.map(({ value }) => value),
        [0, 6],
      );
    }
  });

  it('come from data directories as files and as archives', async () => {
    const log = logOf(create(), setData(4, 1));
    const tar = pack();
    tar.entry({ name: 'data/version-2/log.100000001' }, log);
    tar.entry({ name: 'data/version-2/snapshot.0' }, Buffer.from('no log'));
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);

    const logs = await logsIn(
      new Map<string, Buffer | string>([
        ['logs/server-1.log', 'text'],
        ['data/server-1/version-2/log.100000001', log],
        ['data/server-1/version-2/snapshot.0', Buffer.from('no log')],
        ['data/server-2.tar.gz', gzipSync(Buffer.concat(chunks))],
        ['data/server-3.txt', 'left out'],
      ]),
    );

    assert.deepEqual(logs, new Map([1, 2].map((sid) => [sid, [log]])));
  });
});

const options: RunOptions = {
  ...defaultRunOptions,
  seed: 4,
  servers: 3,
  workloads: ['register'],
  nemeses: ['kill'],
  timeLimitMs: 6000,
};

describe('writes in the logs of a run', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('are those that were acknowledged, and of the others those that took place', async () => {
    const { run: name } = await run({ ...options, runsDirectory: directory });
    const folder = join(directory, name);

    const committed = committedWrites(await logsIn(collectedLogs(folder, 1e9)), [1, 2, 3]);

    const byZxid = new Map(committed.map((write) => [write.zxid, write]));
    const acknowledged = readHistoryFile(join(folder, 'history.jsonl')).filter(
      ({ f, type }) => type === 'ok' && (f === 'write' || f === 'cas'),
    );
    assert.ok(acknowledged.length > 100);
    assert.equal(collectedLogs(folder, 1000).size, 0);
    for (const { zxid = 0, version, value } of acknowledged) {
      const [path, written] = value as [string, number | { value: number }];
      const found = byZxid.get(zxid);
      assert.deepEqual([found?.path, found?.version], [path, version]);
      assert.equal(found?.value, typeof written === 'number' ? written : written.value);
    }
  });

  it('contradict what a reply claims, also when the run is checked again', async () => {
    const { run: name } = await run({ ...options, runsDirectory: directory });
    const file = join(directory, name, 'history.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    // Nobody read it, so nothing but the log tells what was written.
    const last = lines.findLastIndex((line) => /"type":"ok","f":"write"/.test(line));
    const told = JSON.parse(lines[last] ?? '') as { value: [string, number]; process: number };
    const isOfCall = (line: string): boolean => line.includes(`"value":${JSON.stringify(told.value)}`);
    const forged = lines.map((line) =>
      isOfCall(line) ? line.replace(`,${told.value[1]}]`, `,${told.value[1] + 5}]`) : line,
    );
    const history = forged.filter((line) => line !== '' && !/"f":"(?:read|sync-read|final-read)"/.test(line));
    writeFileSync(
      file,
      history.map((line, index) => `${line.replace(/"index":\d+/, `"index":${index}`)}\n`).join(''),
    );

    const { evidence } = await judgeGuarantees(file, { timeMs: 10_000, memoryBytes: 1e9 });

    assert.match(
      evidence[0]?.sentence ?? '',
      /but the transaction logs have value \d+ at version \d+, written by/,
    );
  });
});
