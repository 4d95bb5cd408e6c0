import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { drawRun } from '../../../harness/campaign/draw-run.ts';
import { findNemesis, takesData } from '../../../harness/nemesis/nemeses.ts';
import type { RunOptions } from '../../../harness/run/run-result.ts';

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

function drawAll(fixed: Partial<RunOptions>): RunOptions[] {
  return seeds.map((seed) => drawRun(seed, undefined, fixed));
}

function hasDataTaken({ nemeses }: RunOptions): boolean {
  return nemeses.some((name) => takesData(findNemesis(name) ?? { needs: [] }));
}

describe('a drawn run', () => {
  it('is the same for the same seed', () => {
    assert.deepEqual(drawRun(7), drawRun(7));
  });

  it('takes nobody’s data while clients change who votes', () => {
    const moving = drawAll({}).filter(({ workloads }) => workloads.includes('reconfig'));

    assert.ok(moving.length > 10);
    assert.ok(!moving.some(hasDataTaken));
    assert.ok(!drawAll({ workloads: ['reconfig'] }).some(hasDataTaken));
    assert.ok(drawAll({ workloads: ['register'] }).some(hasDataTaken));
  });

  it('lets nobody change who votes where data are taken, or where there is one server', () => {
    const wiped = drawAll({ nemeses: ['wipe'] });
    const alone = drawAll({}).filter(({ servers }) => servers === 1);

    assert.ok(![...wiped, ...alone].some(({ workloads }) => workloads.includes('reconfig')));
  });
});
