import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Random } from '../../../harness/random/random.ts';

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

describe('random', () => {
  it('gives the same stream for the same seed, as a number or as a text', () => {
    assert.deepEqual(draw(new Random(8472013), 100), draw(new Random('8472013'), 100));
  });

  it('gives different streams for different seeds', () => {
    const firsts = new Set(Array.from({ length: 2_000 }, (_, seed) => draw(new Random(seed), 2).join()));

    assert.equal(firsts.size, 2_000);
  });

  it('never changes its stream from one release to the next: saved seeds must replay', () => {
    assert.deepEqual(draw(new Random(1), 4), [259382384, 3471087401, 2700859018, 2931005989]);
  });

  it('forks the same stream by the same name, however much was drawn before', () => {
    const random = new Random(5);
    const before = draw(random.fork('nemesis'), 20);
    draw(random, 1_000);

    assert.deepEqual(draw(random.fork('nemesis'), 20), before);
  });

  it('forks streams that differ by name and by seed, and leaves its own alone', () => {
    const forked = new Random(5);
    const streams = [
      draw(forked.fork('nemesis'), 20),
      draw(forked.fork('workload'), 20),
      draw(new Random(6).fork('nemesis'), 20),
      draw(forked.fork('nemesis').fork('nemesis'), 20),
    ];

    assert.equal(new Set(streams.map((stream) => stream.join())).size, 4);
    assert.deepEqual(draw(forked, 20), draw(new Random(5), 20));
  });

  it('stays within its bounds and reaches both of them', () => {
    const random = new Random(7);
    const below = new Set(Array.from({ length: 500 }, () => random.below(6)));
    const between = new Set(Array.from({ length: 500 }, () => random.between(-2, 2)));

    assert.deepEqual(below, new Set([0, 1, 2, 3, 4, 5]));
    assert.deepEqual(between, new Set([-2, -1, 0, 1, 2]));
    assert.equal(random.between(9, 9), 9);
  });

  it('is uniform: sixteen bins of 64,000 numbers, by chi-squared', () => {
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed);
      const bins = Array.from({ length: 16 }, () => 0);
      for (let count = 0; count < 64_000; count++) {
        const bin = random.below(16);
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
      const distance = bins.reduce((sum, count) => sum + (count - 4_000) ** 2 / 4_000, 0);
      // 15 degrees of freedom: above 44.3 once in 10,000.
      assert.ok(distance < 44.3, `seed ${seed}: ${distance}`);
    }
  });

  it('sets each of its 32 bits half of the time', () => {
    const numbers = draw(new Random(11), 20_000);
    for (let bit = 0; bit < 32; bit++) {
      const ratio = numbers.filter((number) => (number >>> bit) & 1).length / numbers.length;
      assert.ok(Math.abs(ratio - 0.5) < 0.02, `bit ${bit}: ${ratio}`);
    }
  });

  it('takes a chance as often as it should', () => {
    const random = new Random(13);
    const taken = Array.from({ length: 20_000 }, () => random.chance(0.25)).filter(Boolean).length;

    assert.ok(Math.abs(taken / 20_000 - 0.25) < 0.02);
    assert.equal(random.chance(0), false);
    assert.equal(random.chance(1), true);
  });

  it('spaces exponential gaps around their mean', () => {
    const random = new Random(17);
    const gaps = Array.from({ length: 20_000 }, () => random.exponential(10));

    assert.ok(Math.abs(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length - 10) < 0.5);
    assert.ok(gaps.every((gap) => gap >= 0 && Number.isFinite(gap)));
  });

  it('shuffles without losing, doubling or moving the original', () => {
    const random = new Random(19);
    const items = ['a', 'b', 'c', 'd'];
    const orders = new Set(Array.from({ length: 1_000 }, () => random.shuffle(items).join('')));

    assert.equal(orders.size, 24);
    assert.deepEqual(items, ['a', 'b', 'c', 'd']);
    assert.ok([...orders].every((order) => order.split('').toSorted().join('') === 'abcd'));
  });

  it('picks every choice, and refuses to pick from nothing', () => {
    const random = new Random(23);
    const picked = new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])));

    assert.deepEqual([...picked].toSorted(), ['a', 'b', 'c']);
    assert.throws(() => random.pick([]), /a choice from an empty list/);
  });
});
