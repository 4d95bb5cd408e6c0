// What images are built from, and when that has changed.

import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import {
  hashFiles,
  imageFiles,
  packageRoot,
  serverFiles,
} from '../../../../harness/ensemble/docker/build-context.ts';

const file = (name: string, text: string, mode = 0o644): { name: string; content: Buffer; mode: number } => ({
  name,
  content: Buffer.from(text),
  mode,
});

describe('the hash of a build context', () => {
  const hash = hashFiles([file('a', 'x'), file('b', 'y')]);

  it('is the same for the same files', () => {
    assert.equal(hashFiles([file('a', 'x'), file('b', 'y')]), hash);
  });

  for (const [what, files] of [
    ['content', [file('a', 'x'), file('b', 'z')]],
    ['name', [file('a', 'x'), file('c', 'y')]],
    ['mode', [file('a', 'x'), file('b', 'y', 0o755)]],
    ['border between two files', [file('a', 'xb'), file('', 'y')]],
  ] as const) {
    it(`changes with the ${what}`, () => {
      assert.notEqual(hashFiles(files), hash);
    });
  }
});

describe('the build context of an image', () => {
  it('is the files beside its Dockerfile', () => {
    const names = imageFiles('nemesis').map(({ name }) => name);

    assert.deepEqual(names, ['Dockerfile', 'probe.pl']);
  });

  it('of the bundled server holds its sources and the wire formats, and nothing of the harness beyond', () => {
    const names = serverFiles().map(({ name }) => name);

    for (const expected of [
      'Dockerfile',
      'package.json',
      'docker/zab/zab-server.js',
      'harness/wire/jute.ts',
    ]) {
      assert.ok(names.includes(expected), `${expected} is missing from ${names.length} files`);
    }
    const foreign = names.filter((name) => /^harness\/(?!wire\/)/.test(name) || name.includes('mutants'));
    assert.deepEqual(foreign, []);
  });

  it('of a mutant differs from the original in the patched file only', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'ordeal-context-'));
    try {
      for (const folder of ['docker/zab/src', 'harness/wire']) {
        await cp(join(packageRoot, folder), join(copy, folder), { recursive: true });
      }
      assert.equal(hashFiles(serverFiles(copy)), hashFiles(serverFiles()));

      await writeFile(join(copy, 'harness/wire/zxid.ts'), '// patched\n');

      assert.notEqual(hashFiles(serverFiles(copy)), hashFiles(serverFiles()));
    } finally {
      await rm(copy, { recursive: true });
    }
  });
});
