// The clocks of one host: a monotonic one that drifts against true time, and a wall clock that drifts with it
// and can be made to jump. Timers follow the monotonic clock, as on a real machine.

import type { Clock, Timer } from '../../docker/zab/src/server/ports.ts';
import type { Executor } from './executor.ts';
import { nsPerMs } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';

/** The wall clock at the start of every simulated run: fixed, or equal seeds would differ (1 January 2026). */
const startOfTimeMs = 1_767_225_600_000;

export interface ClockOptions {
  /** Parts per million by which this clock runs fast (or, negative, slow). */
  readonly driftPpm: number;
  /** What the monotonic clock shows when the run starts. */
  readonly uptimeMs: number;
}

export class SimulatedClock {
  readonly #scheduler: Scheduler;
  readonly #rate: number;
  readonly #uptimeMs: number;
  #wallOffsetMs = 0;

  constructor(scheduler: Scheduler, { driftPpm, uptimeMs }: ClockOptions) {
    this.#scheduler = scheduler;
    this.#rate = 1 + driftPpm / 1_000_000;
    this.#uptimeMs = uptimeMs;
  }

  nowMs(): number {
    return this.#uptimeMs + this.#elapsedMs();
  }

  wallMs(): number {
    return Math.floor(startOfTimeMs + this.#wallOffsetMs + this.#elapsedMs());
  }

  /** Moves the wall clock; the monotonic clock and every timer stay as they are. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** This clock as one process incarnation sees it: timers wait while it is paused and die with it. */
  portFor(executor: Executor): Clock {
    return {
      nowMs: () => this.nowMs(),
      wallMs: () => this.wallMs(),
      after: (delayMs, run) => this.#after(executor, delayMs, run),
    };
  }

  #elapsedMs(): number {
    return (this.#scheduler.nowNs / nsPerMs) * this.#rate;
  }

  #after(executor: Executor, delayMs: number, run: () => void): Timer {
    let isCancelled = false;
    const event = this.#scheduler.after((Math.max(0, delayMs) / this.#rate) * nsPerMs, () => {
      executor.run(() => {
        // Cancelled between the moment it fell due and the moment the process got to it.
        if (!isCancelled) run();
      });
    });
    return {
      cancel: () => {
        isCancelled = true;
        this.#scheduler.cancel(event);
      },
    };
  }
}
