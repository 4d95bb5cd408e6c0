// Draws among things of different weight.

import type { Random } from '../harness/random/random.ts';

/** One of them, as often as its share says; the shares add up to a hundred. */
export function drawShare<T>(random: Random, all: readonly (readonly [T, number])[]): T {
  let draw = random.below(100);
  for (const [one, share] of all) {
    if (draw < share) return one;
    draw -= share;
  }
  throw new Error('the shares do not add up to a hundred');
}
