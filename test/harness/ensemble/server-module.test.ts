import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { loadServerFrom } from '../../../harness/ensemble/server-module.ts';
import type { LoadServer } from '../../../harness/ensemble/server-module.ts';
import { createSimEnsemble } from '../../../harness/ensemble/sim-ensemble.ts';
import { Random } from '../../../harness/random/random.ts';

const repository = resolve(import.meta.dirname, '..', '..', '..');
const parts = ['docker/zab/src', 'harness/wire'];

describe('server module', () => {
  let copy: string;

  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'ordeal-server-module-'));
    for (const part of parts) await cp(join(repository, part), join(copy, part), { recursive: true });
    await writeFile(join(copy, 'package.json'), '{ "type": "module" }\n');
  });

  afterEach(() => rm(copy, { recursive: true }));

  async function runOnce(loadServer?: LoadServer): Promise<{ hash: string; modes: string[] }> {
    await using ensemble = createSimEnsemble({
      random: new Random(1),
      servers: 3,
      ...(loadServer === undefined ? {} : { loadServer }),
    });
    await ensemble.start();
    await ensemble.clock.sleep(1000);
    const modes = [];
    for (const { sid } of ensemble.servers) modes.push((await ensemble.status(sid)).mode);
    return { hash: ensemble.traceHash(), modes };
  }

  it('runs a copy of the server exactly as the server itself', async () => {
    const own = await runOnce();
    const copied = await runOnce(loadServerFrom(join(copy, 'docker/zab/src')));

    assert.deepEqual(copied, own);
    assert.ok(own.modes.includes('leader'));
  });

  it('runs what was changed in the copy', async () => {
    const file = join(copy, 'docker/zab/src/server/server.ts');
    const source = await readFile(file, 'utf8');
    const changed = source.replace('\n  start(): void {\n', '\n  start(): void {\n    if (Math) return;\n');
    assert.notEqual(changed, source);
    await writeFile(file, changed);

    const { modes } = await runOnce(loadServerFrom(join(copy, 'docker/zab/src')));

    assert.deepEqual(modes, ['none', 'none', 'none']);
  });
});
