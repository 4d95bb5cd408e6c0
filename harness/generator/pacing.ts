// When a process asks for its next operation. Together the processes make a Poisson stream of the rate asked
// for; a process that was held up goes on at once and does not try to catch up, for a burst after every fault
// would measure the burst.

import type { Random } from '../random/random.ts';

export class Pacing {
  readonly #random: Random;
  readonly #meanGapMs: number;
  #dueMs: number;

  constructor(options: {
    readonly random: Random;
    readonly ratePerSecond: number;
    readonly processes: number;
    readonly startMs: number;
  }) {
    this.#random = options.random;
    this.#meanGapMs = (options.processes / options.ratePerSecond) * 1000;
    this.#dueMs = options.startMs + this.#gapMs();
  }

  /** How long to wait before the next operation; 0 when it is due. */
  delayMs(nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs);
  }

  /** The operation that was due begins now. */
  began(nowMs: number): void {
    this.#dueMs = Math.max(nowMs, this.#dueMs + this.#gapMs());
  }

  #gapMs(): number {
    return this.#random.exponential(this.#meanGapMs);
  }
}
