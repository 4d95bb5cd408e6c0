import assert from 'node:assert/strict';
import { BenchUsageError, parseBenchOptions, phases } from '../../../harness/bench/bench-options.ts';

describe('bench options', () => {
  it('have a default for everything', () => {
    assert.deepEqual(parseBenchOptions([]), {
      servers: 3,
      systems: ['zab', 'apache'],
      only: phases,
      runs: 3,
      seconds: 8,
      warmUpSeconds: 3,
      connections: 30,
      inFlight: 10,
      kills: 5,
      znodes: 1_000_000,
      javaHeapMb: 1000,
      seed: '1',
      json: false,
    });
  });

  it('keep the phases in the order in which they are measured', () => {
    assert.deepEqual(parseBenchOptions(['--only', 'failover,write'])?.only, ['write', 'failover']);
  });

  it('give way to help', () => {
    assert.equal(parseBenchOptions(['--help']), null);
  });

  for (const [args, message] of [
    [['--only', 'write,nap'], /--only 'nap': expected some of write, read, mix, failover, memory/],
    [['--runs', '1.5'], /--runs '1.5': expected a whole number/],
    [['--seconds', '0'], /--seconds '0': expected a number above 0/],
    [['--systems', 'zab,apache,zab'], /--systems 'zab,apache,zab': one system, or two/],
    [['--fast'], /--fast/],
  ] as const) {
    it(`refuse ${args.join(' ')}`, () => {
      assert.throws(
        () => parseBenchOptions(args),
        (error) => error instanceof BenchUsageError && message.test(error.message),
      );
    });
  }
});
