import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { resolveRunOptions } from '../../../harness/cli/run-arguments.ts';
import type { RunArguments } from '../../../harness/cli/run-arguments.ts';
import { UsageError } from '../../../harness/cli/usage.ts';
import { defaultRunOptions } from '../../../harness/run/run-options.ts';

describe('run options', () => {
  it('have every default filled in', () => {
    assert.deepEqual(resolveRunOptions({ seed: '7' }), { ...defaultRunOptions, seed: 7 });
  });

  it('draw a seed when none is given', () => {
    const { seed } = resolveRunOptions({});

    assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31);
  });

  it('take what is given', () => {
    const options = resolveRunOptions({
      on: 'docker',
      system: 'zab,apache,registry.example/zk:3.9',
      servers: '3',
      observers: '0',
      workload: 'set',
      nemesis: 'kill,pause',
      timeLimit: '2m',
      rate: '50',
      processes: '3',
      seed: '0',
      runs: 'elsewhere',
      checkMemory: '1GiB',
      checkTime: '10s',
      latencyBound: '250ms',
    });

    assert.deepEqual(options, {
      on: 'docker',
      systems: ['zab', 'apache', 'registry.example/zk:3.9'],
      servers: 3,
      observers: 0,
      workloads: ['set'],
      nemeses: ['kill', 'pause'],
      timeLimitMs: 120_000,
      ratePerSecond: 50,
      processes: 3,
      tickMs: null,
      snapCount: null,
      commitLogCount: null,
      mutant: null,
      seed: 0,
      runsDirectory: 'elsewhere',
      checkMemoryBytes: 1024 ** 3,
      checkTimeMs: 10_000,
      latencyBoundMs: 250,
    });
  });

  it('meet a mutant with what its patch says must catch it', () => {
    const usual = resolveRunOptions({ seed: '1', mutant: 'ack-before-fsync' });
    const told = resolveRunOptions({ seed: '1', mutant: 'ack-before-fsync', nemesis: 'kill' });

    assert.deepEqual(usual.nemeses, ['power-loss']);
    assert.deepEqual(told.nemeses, ['kill']);
  });

  it('count endpoints and leave them unharmed', () => {
    const options = resolveRunOptions({ seed: '1', on: 'one:2181,[::1]:2182' });

    assert.equal(options.servers, 2);
    assert.deepEqual(options.systems, ['endpoints']);
    assert.deepEqual(options.nemeses, []);
  });

  it('know the absence of faults', () => {
    assert.deepEqual(resolveRunOptions({ seed: '1', nemesis: 'none' }).nemeses, []);
  });

  const wrong: readonly [RunArguments, RegExp][] = [
    [{ on: 'dokcer' }, /^unknown world 'dokcer' \(did you mean docker\?\)/],
    [{ on: 'host:2181,other' }, /--on: expected sim, docker or HOST:PORT.*found 'other'/],
    [{ on: 'host:99999' }, /--on: expected .* found 'host:99999'/],
    [{ on: 'host:2181', servers: '3' }, /--servers is for ensembles that Ordeal starts/],
    [{ system: 'apche', on: 'docker' }, /^unknown system 'apche' \(did you mean apache\?\)/],
    [{ system: 'apache' }, /the simulated world runs the bundled server only; add --on docker/],
    [{ system: 'zab,zab', on: 'docker' }, /one for each of the 5 servers, found 2/],
    [{ workload: 'regster' }, /^unknown workload 'regster' \(did you mean register\?\)/],
    [{ nemesis: 'partiton' }, /^unknown nemesis 'partiton' \(did you mean partition\?\)/],
    [{ nemesis: 'none,kill' }, /none stands alone/],
    [{ mutant: 'minority-comit' }, /^unknown mutant 'minority-comit' \(did you mean minority-commit\?\)/],
    [{ mutant: 'absent.patch' }, /there is no file absent\.patch/],
    [{ mutant: 'no-trunc', on: 'host:2181' }, /needs --system zab/],
    [{ mutant: 'no-trunc', on: 'docker', system: 'apache' }, /needs --system zab/],
    [{ servers: '0' }, /^--servers: expected a whole number from 1 to/],
    [{ observers: 'x' }, /^--observers: expected/],
    [{ processes: '0' }, /^--processes: expected/],
    [{ seed: '-1' }, /^--seed: expected/],
    [{ rate: '0' }, /^--rate: expected/],
    [{ timeLimit: '60' }, /^--time-limit: expected a duration/],
    [{ checkTime: '1' }, /^--check-time: expected a duration/],
    [{ checkMemory: '2GB' }, /^--check-memory: expected a size/],
  ];
  for (const [given, message] of wrong) {
    it(`refuse ${JSON.stringify(given)}`, () => {
      assert.throws(
        () => resolveRunOptions(given),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});
