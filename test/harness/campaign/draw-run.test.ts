import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { drawRun } from '../../../harness/campaign/draw-run.ts';
import { findNemesis, needsFixedMembers } from '../../../harness/nemesis/nemeses.ts';
import type { RunOptions } from '../../../harness/run/run-result.ts';

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

function drawAll(fixed: Partial<RunOptions>): RunOptions[] {
  return seeds.map((seed) => drawRun(seed, undefined, fixed));
}

function countsOnVoters({ nemeses }: RunOptions): boolean {
  return nemeses.flatMap((name) => findNemesis(name) ?? []).some(needsFixedMembers);
}

describe('a drawn run', () => {
  it('is the same for the same seed', () => {
    assert.deepEqual(drawRun(7), drawRun(7));
  });

  it('has no fault that counts on the voters while clients change them', () => {
    const moving = drawAll({}).filter(({ workloads }) => workloads.includes('reconfig'));

    assert.ok(moving.length > 10);
    assert.ok(!moving.some(countsOnVoters));
    assert.ok(!drawAll({ workloads: ['reconfig'] }).some(countsOnVoters));
    assert.ok(drawAll({ workloads: ['register'] }).some(countsOnVoters));
  });

  it('lets nobody change who votes where a fault counts on them, or where there is one server', () => {
    const wiped = drawAll({ nemeses: ['orphaned-tail', 'wipe'] });
    const alone = drawAll({}).filter(({ servers }) => servers === 1);

    assert.ok(![...wiped, ...alone].some(({ workloads }) => workloads.includes('reconfig')));
  });
});
