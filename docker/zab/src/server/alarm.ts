// One timer for the earliest of everything that a server waits for. It is set at the end of every turn, so most
// of the time it has nothing to do.

import type { Clock, Timer } from './ports.ts';

export class Alarm {
  readonly #clock: Clock;
  /** Called with the time that was asked for. */
  readonly #rang: (atMs: number) => void;
  #timer: Timer | null = null;
  #atMs = Infinity;

  constructor(clock: Clock, rang: (atMs: number) => void) {
    this.#clock = clock;
    this.#rang = rang;
  }

  /** Infinity: nothing is waited for. */
  set(atMs: number): void {
    if (atMs === this.#atMs) return;
    // A timer that comes too early only looks again, so it need not be moved back.
    if (this.#timer !== null && this.#atMs < atMs) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#atMs = atMs;
    if (atMs === Infinity) return;
    this.#timer = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), this.#ring);
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  readonly #ring = (): void => {
    const atMs = this.#atMs;
    this.#timer = null;
    this.#atMs = Infinity;
    this.#rang(atMs);
  };
}
