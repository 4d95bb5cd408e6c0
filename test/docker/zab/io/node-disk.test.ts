import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createNodeDisk } from '../../../../docker/zab/src/io/node-disk.ts';
import type { Disk, DiskOperation } from '../../../../docker/zab/src/server/ports.ts';

describe('the disk on Node', () => {
  let directory: string;
  let disk: Disk;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'node-disk-test-'));
    disk = createNodeDisk();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const at = (name: string): string => join(directory, name);
  const text = (name: string): string | undefined => disk.read(at(name))?.toString();
  const submit = (...operations: DiskOperation[]): Promise<NodeJS.ErrnoException | null> =>
    new Promise((resolve) => disk.submit(operations, resolve));
  const append = (name: string, ...chunks: string[]): DiskOperation => ({
    type: 'append',
    position: 0,
    path: at(name),
    chunks: chunks.map((chunk) => Buffer.from(chunk)),
  });

  it('appends across batches, truncates, and goes on at the new end', async () => {
    const sync: DiskOperation = { type: 'sync', path: at('log') };
    await submit(append('log', 'ab', 'cd'), sync, { type: 'syncDirectory', path: directory });
    await submit(append('log', 'ef'), sync);
    assert.equal(text('log'), 'abcdef');

    await submit({ type: 'truncate', path: at('log'), size: 3 }, sync, append('log', 'X'));

    assert.equal(text('log'), 'abcX');
  });

  it('gathers chunks of every size, in order', async () => {
    const sizes = [10, 700_000, 700_000, 3_000_000, 20, 0, 1_048_576, 5];
    const chunks = sizes.map((size, index) => Buffer.alloc(size, index + 1));
    const path = at('log');

    for (const isSynced of [true, false]) {
      await submit({ type: 'append', position: 0, path, chunks }, ...sync(path, isSynced));
      assert.ok(disk.read(path)?.equals(Buffer.concat(chunks)));
      await submit({ type: 'remove', path });
    }
  });

  it('appends to the end, wherever it is by now', async () => {
    const path = at('log');
    await submit(append('log', 'abcdef'), ...sync(path, true));
    await submit({ type: 'truncate', path, size: 2 });

    await submit(append('log', 'X'), ...sync(path, true));
    await submit(append('log', 'Y'));

    assert.equal(text('log'), 'abXY');
  });

  it('replaces a file by write and rename', async () => {
    await submit({ type: 'write', path: at('epoch'), bytes: Buffer.from('1') });
    const error = await submit(
      { type: 'write', path: at('epoch.tmp'), bytes: Buffer.from('2') },
      { type: 'sync', path: at('epoch.tmp') },
      { type: 'rename', from: at('epoch.tmp'), to: at('epoch') },
      { type: 'syncDirectory', path: directory },
    );

    assert.equal(error, null);
    assert.equal(text('epoch'), '2');
    assert.deepEqual(disk.list(directory), ['epoch']);
    await submit({ type: 'remove', path: at('epoch') }, append('epoch', 'new'));
    assert.equal(text('epoch'), 'new', 'a removed name is a new file');
  });

  it('takes a file that somebody else removed for removed', async () => {
    const error = await submit({ type: 'remove', path: at('gone') }, append('log', 'next'));

    assert.equal(error, null);
    assert.equal(text('log'), 'next');
  });

  it('makes directories on the way, and finds nothing where nothing is', async () => {
    await submit({ type: 'makeDirectory', path: at('a/b') });
    await submit({ type: 'makeDirectory', path: at('a/b') });

    assert.deepEqual(disk.list(at('a')), ['b']);
    assert.deepEqual(disk.list(at('none')), []);
    assert.equal(disk.read(at('none/file')), null);
  });

  it('stops a batch at its first failure, tells its code, and carries out the next batch', async () => {
    const failed = submit(
      append('log', 'a'),
      { type: 'rename', from: at('missing'), to: at('x') },
      append('log', 'b'),
    );
    const next = submit(append('log', 'c'));

    assert.equal((await failed)?.code, 'ENOENT');
    assert.equal(await next, null);
    assert.equal(text('log'), 'ac');
  });

  it('carries out batches in the order of their submission', async () => {
    const done: number[] = [];
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (index) => {
        await submit(append(`file${index}`, 'x'), append('all', String(index)));
        done.push(index);
      }),
    );

    assert.deepEqual(done, [1, 2, 3, 4, 5, 6]);
    assert.equal(text('all'), '123456');
  });
});

function sync(path: string, isSynced: boolean): DiskOperation[] {
  return isSynced ? [{ type: 'sync', path }] : [];
}
