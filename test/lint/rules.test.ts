// The rules of our own must be able to fail: each forbidden thing is planted in a scratch file and must be named.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'mocha';

const root = join(import.meta.dirname, '..', '..');

function lint(file: string, code: string): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  try {
    const run = spawnSync(join(root, 'node_modules/.bin/oxlint'), [path], { cwd: root, encoding: 'utf8' });
    return run.stdout;
  } finally {
    rmSync(path);
  }
}

const forbidden: readonly (readonly [file: string, code: string, complaint: RegExp])[] = [
  [
    'harness/wire/scratch.ts',
    `export { ok } from 'node:assert';`,
    /harness\/wire may import harness\/wire; this is node:assert/,
  ],
  [
    'docker/zab/src/core/scratch.ts',
    `export { readFileSync } from 'node:fs';`,
    /docker\/zab\/src\/core may import .* this is node:fs/,
  ],
  [
    'docker/zab/src/state/scratch.ts',
    `export * from '../server/ports.ts';`,
    /docker\/zab\/src\/state may import .* this is docker\/zab\/src\/server\/ports\.ts/,
  ],
  [
    'docker/zab/src/server/scratch.ts',
    `export { connect } from 'node:net';`,
    /docker\/zab\/src\/server may import .* this is node:net/,
  ],
  [
    'docker/zab/src/io/scratch.ts',
    `export { pack } from 'tar-stream';`,
    /docker\/zab\/src may import .* this is tar-stream/,
  ],
  [
    'checkers/scratch.ts',
    `export * from '../harness/client/client.ts';`,
    /checkers may import .* this is harness\/client\/client\.ts/,
  ],
  [
    'workloads/scratch.ts',
    `export * from '../harness/ensemble/ensemble.ts';`,
    /workloads may import .* this is harness\/ensemble\/ensemble\.ts/,
  ],
  ['reports/scratch.ts', `export * from '../harness/cli/main.ts';`, /nobody imports harness\/cli/],
  ['docker/zab/src/core/scratch.ts', `export const now = Date.now();`, /Unexpected use of 'Date'/],
  ['harness/simulation/scratch.ts', `setTimeout(() => undefined, 1);`, /Unexpected use of 'setTimeout'/],
  ['harness/generator/scratch.ts', `export const drawn = Math.random();`, /'Math\.random' is restricted/],
  [
    'harness/run/scratch.ts',
    `export function f(g: Disposable) { using h = g; return h; }`,
    /'using' does not run on Node 22/,
  ],
];

describe('lint rules of our own', () => {
  for (const [file, code, complaint] of forbidden) {
    it(`refuse ${code.trim()} in ${dirname(file)}`, () => {
      const output = lint(file, `${code}\n`);

      assert.match(output, complaint);
    });
  }

  it('accept what the design allows', () => {
    const output = lint(
      'docker/zab/src/core/scratch.ts',
      `export { makeZxid } from '../../../../harness/wire/zxid.ts';\n`,
    );

    assert.match(output, /0 errors/);
  });
});
