import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ConfigurationSet } from '../../../checkers/linearizability/configuration-set.ts';

describe('set of visited configurations', () => {
  it('tells new words from words that it has', () => {
    const set = new ConfigurationSet(1024 * 1024);

    assert.equal(set.add(Int32Array.of(1, 2, 3), 3), 'new');
    assert.equal(set.add(Int32Array.of(1, 2, 3), 3), 'seen');
    assert.equal(set.add(Int32Array.of(1, 2, 3), 2), 'new');
    assert.equal(set.add(Int32Array.of(1, 2, 4), 3), 'new');
    assert.equal(set.add(Int32Array.of(1, 2, 9), 2), 'seen');
    assert.equal(set.size, 3);
  });

  it('is not deceived by equal hashes', () => {
    // Among 300,000 runs of words about ten pairs share a hash of 32 bits.
    const set = new ConfigurationSet(64 * 1024 * 1024);
    const words = new Int32Array(2);

    for (let first = 0; first < 300; first++) {
      for (let second = 0; second < 1000; second++) {
        words[0] = first * 7919;
        words[1] = second * 104729;
        assert.equal(set.add(words, 2), 'new');
      }
    }

    assert.equal(set.size, 300_000);
  });

  it('refuses to grow beyond its budget, and says so', () => {
    const budget = 64 * 1024;
    const set = new ConfigurationSet(budget);
    let added = 0;

    while (set.add(Int32Array.of(added, 0, 0), 3) === 'new') added++;

    assert.equal(set.add(Int32Array.of(added, 0, 0), 3), 'full');
    assert.equal(set.add(Int32Array.of(0, 0, 0), 3), 'seen');
    assert.ok(set.bytes <= budget, `${set.bytes} bytes`);
    assert.ok(added > 500, `${added} configurations`);
  });
});
