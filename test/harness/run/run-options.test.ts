import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { defaultRunOptions, replayCommand } from '../../../harness/run/run-options.ts';

const usual = { ...defaultRunOptions, seed: 7 };

describe('replay command', () => {
  it('is short for a run with defaults', () => {
    assert.equal(replayCommand(usual), 'npx ordeal run --seed 7');
  });

  it('names everything that differs from its default', () => {
    const command = replayCommand({
      ...usual,
      on: 'docker',
      systems: ['apache'],
      servers: 3,
      observers: 1,
      workloads: ['set'],
      nemeses: [],
      timeLimitMs: 1500,
      ratePerSecond: 0.5,
      processes: 4,
      checkMemoryBytes: 512 * 1024 ** 2,
      checkTimeMs: 5000,
      latencyBoundMs: 250,
    });

    assert.equal(
      command,
      'npx ordeal run --seed 7 --on docker --system apache --servers 3 --observers 1 --workload set --nemesis none' +
        ' --time-limit 1500ms --rate 0.5 --processes 4 --check-memory 512MiB --check-time 5s --latency-bound 250ms',
    );
  });

  it('always tells everything of a mutant, whose defaults are its own', () => {
    assert.equal(
      replayCommand({ ...usual, mutant: 'no-trunc' }),
      'npx ordeal run --seed 7 --servers 5 --observers 0 --workload register,set --nemesis partition,kill,pause --time-limit 60s --rate 100 --processes 10 --mutant no-trunc',
    );
  });

  it('names endpoints and not what they are', () => {
    const options = { ...usual, on: 'one:2181,two:2181', systems: ['endpoints'], servers: 2, nemeses: [] };

    assert.equal(replayCommand(options), 'npx ordeal run --seed 7 --on one:2181,two:2181 --nemesis none');
  });

  it('quotes what a shell would take apart', () => {
    assert.match(replayCommand({ ...usual, mutant: "it's mine.patch" }), /--mutant 'it'\\''s mine\.patch'$/);
  });
});
