// Which links are cut: for each shape of partition, the directed cuts between servers. Pure, so that what a
// shape means can be read and tested without an ensemble.

import type { Cut } from '../ensemble/ensemble.ts';
import { majorityOf } from './targets.ts';

/** Nobody of one side and nobody of the other hear each other. */
export function cutBetween(side: readonly number[], other: readonly number[]): Cut[] {
  return side.flatMap((a) =>
    other.flatMap((b) => [
      { from: a, to: b },
      { from: b, to: a },
    ]),
  );
}

/** `sids` without the others' ears or voices: `receive only` hears and is not heard, `send only` is. */
export function cutOneWay(
  sid: number,
  others: readonly number[],
  direction: 'receive only' | 'send only',
): Cut[] {
  return others.map((other) =>
    direction === 'receive only' ? { from: sid, to: other } : { from: other, to: sid },
  );
}

/**
 * Servers in a circle; each keeps its nearest neighbours, just enough to see a majority with itself, and no
 * two neighbours see the same one. Observers keep every link.
 */
export function cutRing(circle: readonly number[]): Cut[] {
  const reach = Math.ceil((majorityOf(circle.length) - 1) / 2);
  return circle.flatMap((from, at) =>
    circle
      .filter((_, other) => {
        const apart = Math.abs(at - other);
        return other !== at && Math.min(apart, circle.length - apart) > reach;
      })
      .map((to) => ({ from, to })),
  );
}

/** Two sides that only one server in the middle can reach. */
export function cutBridge(side: readonly number[], other: readonly number[], middle: number): Cut[] {
  return cutBetween(
    side.filter((sid) => sid !== middle),
    other.filter((sid) => sid !== middle),
  );
}
