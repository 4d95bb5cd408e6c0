// Writes of one znode that were under way together, at a leader that judges a write by what it has applied. Apache's
// remembers for each znode with writes under way what it will be when they are done, all but its access list: that
// one stays as it was when the first of them came, until the last of them is done. So a write may meet any list since
// the first of those that were under way one after the other without a gap.

import type { Call } from '../harness/history/pairing.ts';

/** A follower may acknowledge a change well before its leader has applied it. */
const mostLagNs = 2e9;

export class WritesInFlight {
  /** By start, none touching another. */
  readonly #stretches: readonly { readonly startNs: number; endNs: number }[];

  constructor(writes: readonly Call[]) {
    const stretches: { startNs: number; endNs: number }[] = [];
    for (const { invocation, completion } of writes.toSorted(
      (one, other) => one.invocation.time - other.invocation.time,
    )) {
      const endNs = completion?.time ?? invocation.time;
      const last = stretches.at(-1);
      if (last === undefined || last.endNs < invocation.time) {
        stretches.push({ startNs: invocation.time, endNs });
      } else {
        last.endNs = Math.max(last.endNs, endNs);
      }
    }
    this.#stretches = stretches;
  }

  /** A list that was replaced before this time is met by none of the writes under way with this one. */
  oldestNs({ invocation }: Call): number {
    const stretch = this.#stretches.findLast(({ startNs }) => startNs <= invocation.time);
    return (stretch?.startNs ?? invocation.time) - mostLagNs;
  }
}
