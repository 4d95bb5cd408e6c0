import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  ConfigurationMemory,
  fingerprintWord,
} from '../../../checkers/linearizability/configuration-memory.ts';

function add(memory: ConfigurationMemory, number: number): string {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((word) => fingerprintWord(number, word, 0));
  return memory.add(first!, second!, third!, fourth!);
}

describe('configuration memory', () => {
  it('knows what it was given, through every split', () => {
    const memory = new ConfigurationMemory(64 * 1024 * 1024);

    for (let number = 0; number < 50_000; number++) assert.equal(add(memory, number), 'new');

    for (let number = 0; number < 50_000; number++) assert.equal(add(memory, number), 'seen');
    assert.equal(memory.size, 50_000);
  });

  it('tells fingerprints apart by each of their words', () => {
    const memory = new ConfigurationMemory(1024 * 1024);

    assert.equal(memory.add(1, 2, 3, 4), 'new');
    for (const [first, second, third, fourth] of [
      [0, 2, 3, 4],
      [1, 0, 3, 4],
      [1, 2, 0, 4],
      [1, 2, 3, 0],
    ] as const) {
      assert.equal(memory.add(first, second, third, fourth), 'new');
    }
    assert.equal(memory.add(1, 2, 3, 4), 'seen');
  });

  it('holds the fingerprint of four zeros', () => {
    const memory = new ConfigurationMemory(1024 * 1024);

    assert.equal(memory.add(0, 0, 0, 0), 'new');
    assert.equal(memory.add(0, 0, 0, 0), 'seen');
  });

  it('is full before it exceeds its budget', () => {
    const budgetBytes = 1024 * 1024;
    const memory = new ConfigurationMemory(budgetBytes);
    let number = 0;

    while (add(memory, number) === 'new') number++;

    assert.ok(memory.bytes <= budgetBytes);
    assert.ok(number > budgetBytes / 64, `${number} configurations`);
  });

  it('grows by one small segment at a time, so that no step waits for a great copy', () => {
    const memory = new ConfigurationMemory(512 * 1024 * 1024);
    let largestGrowth = 0;

    for (let number = 0, before = memory.bytes; number < 200_000; number++) {
      add(memory, number);
      largestGrowth = Math.max(largestGrowth, memory.bytes - before);
      before = memory.bytes;
    }

    assert.ok(largestGrowth < 128 * 1024, `${largestGrowth} bytes`);
  });
});

describe('fingerprints of subsets', () => {
  it('are all different for the subsets of eighteen calls, in each pair of words', () => {
    for (const word of [0, 2]) {
      const seen = new Set<string>();
      const keys = Array.from({ length: 18 }, (_, call) => [
        fingerprintWord(call, word, 0),
        fingerprintWord(call, word + 1, 0),
      ]);

      for (let subset = 0; subset < 1 << 18; subset++) {
        const taken = keys.filter((_, call) => ((subset >>> call) & 1) === 1);
        seen.add(taken.reduce(([one, other], key) => [one! ^ key[0]!, other! ^ key[1]!], [0, 0]).join());
      }

      assert.equal(seen.size, 1 << 18);
    }
  });
});
