import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseZooConfig } from '../../../../docker/zab/src/server/config.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import { openAcl } from '../../../../harness/wire/records.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('0'),
  acl: openAcl,
  flags: 0,
});
const storageOf = (...lines: string[]) =>
  parseZooConfig(['dataDir=/data', ...lines].join('\n'), 'zoo.cfg').storage;

describe('what zoo.cfg says of storage', () => {
  it('has the defaults of Apache ZooKeeper, but a blank voter asks all others first', () => {
    assert.deepEqual(storageOf(), {
      logSizeLimitBytes: null,
      snapshotLogBytes: 4 * 1024 ** 3,
      syncWarningMs: 1_000,
      snapshotCompression: 'none',
      isEmptySnapshotTrusted: false,
      emptyDatabaseTrust: 'where-all-are-empty',
      warnings: [],
    });
  });

  it('takes limits in KiB, and zero or less for none', () => {
    const storage = storageOf('txnLogSizeLimitInKb=64', 'snapSizeLimitInKb=-1');

    assert.equal(storage.logSizeLimitBytes, 65_536);
    assert.equal(storage.snapshotLogBytes, null);
  });

  it('takes both words for db.autocreate', () => {
    assert.equal(storageOf('db.autocreate=true').emptyDatabaseTrust, 'always');
    assert.equal(storageOf('db.autocreate=false').emptyDatabaseTrust, 'where-initialized');
  });

  it('says that snappy is only read', () => {
    const storage = storageOf('snapshot.compression.method=snappy');

    assert.equal(storage.snapshotCompression, 'none');
    assert.match(storage.warnings[0] ?? '', /snappy snapshots are read, but written without compression/);
  });
});

describe('a server by its storage keys', () => {
  it('warns of a slow disk', () => {
    const world = new MemoryWorld();
    const server = new MemoryServer(world, { lines: ['fsync.warningthresholdms=50'] });
    world.run(100);
    const client = server.client();
    server.diskMs = 80;
    client.call(create('/a'), 500);

    assert.match(server.log.join('\n'), /warn writing and syncing the transaction log took 80 ms/);
  });

  it('takes a snapshot when the log has grown by snapSizeLimitInKb', () => {
    const world = new MemoryWorld();
    const server = new MemoryServer(world, { lines: ['snapSizeLimitInKb=1'] });
    world.run(100);
    const client = server.client();
    for (let index = 0; index < 12; index++) client.call(create(`/n${index}`));

    const names = server.disk.list('/data/version-2').filter((name) => name.startsWith('snapshot.'));
    assert.ok(names.length > 1, names.join(' '));
  });

  it('starts from logs alone only where snapshot.trust.empty says so', () => {
    const world = new MemoryWorld();
    const server = new MemoryServer(world);
    world.run(100);
    server.client().call(create('/a'));
    server.disk.files.delete('/data/version-2/snapshot.0');
    server.server.stop();

    const wary = new MemoryServer(world, { disk: server.disk });
    assert.match(wary.exited?.reason ?? '', /there are transaction logs but no snapshot/);
    const trusting = new MemoryServer(world, { disk: server.disk, lines: ['snapshot.trust.empty=true'] });
    world.run(100);

    const client = trusting.client();
    assert.equal(client.call({ type: 'exists', path: '/a', watch: false }).err, 0);
  });
});
