// What a harness that was killed leaves in the engine, and that it goes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { it } from 'mocha';
import { clean } from '../../../../harness/ensemble/docker/clean.ts';
import { diagnose } from '../../../../harness/ensemble/docker/doctor.ts';
import { describeDocker } from '../../../docker-required.ts';
import { listRun } from './list-run.ts';

const script = fileURLToPath(new URL('./crashing-harness.ts', import.meta.url));

describeDocker('cleaning', function () {
  this.timeout(60_000);

  it('removes what a harness that was killed left, also what the engine was still making', async () => {
    const runId = `test-crashed-${process.pid}`;
    await crashHarness(runId);
    assert.notEqual((await listRun(runId)).length, 0);

    const cleaned = await clean();

    assert.ok(
      cleaned.containers >= 2 && cleaned.networks >= 1 && cleaned.volumes >= 2,
      JSON.stringify(cleaned),
    );
    assert.deepEqual(await listRun(runId), []);
  });

  it('removes nothing where nothing is left', async () => {
    const cleaned = await clean({ runId: 'test-never-was' });

    assert.deepEqual(cleaned, { containers: 0, networks: 0, volumes: 0, kept: [] });
  });
});

describeDocker('the doctor', function () {
  this.timeout(30_000);

  it('finds what the Docker world can do by trying it', async () => {
    const diagnoses = await diagnose();

    const world = diagnoses.find(({ name }) => name === 'world docker');
    assert.match(world?.detail ?? '', /kill, pause, partition/);
    assert.ok(diagnoses.every(({ ok, remedy }) => ok || remedy !== undefined));
  });
});

/** Kills the harness while its servers are being started. */
async function crashHarness(runId: string): Promise<void> {
  const child = spawn(process.execPath, [script, runId], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const created = new Promise<boolean>((resolve) => {
    child.stdout.on('data', () => resolve(true));
    child.on('close', () => resolve(false));
  });
  assert.equal(await created, true, 'the harness to be killed has started');
  child.kill('SIGKILL');
  await ended;
}
