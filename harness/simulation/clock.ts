// The clocks of one host: a monotonic one that drifts against true time, and a wall clock that drifts with it
// and can be made to jump. Timers follow the monotonic clock, as on a real machine.

import type { Clock, Timer } from '../../docker/zab/src/server/ports.ts';
import type { Executor } from './executor.ts';
import { nsPerMs, ScheduledEvent } from './scheduler.ts';
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
  #rate: number;
  readonly #ownRate: number;
  readonly #uptimeMs: number;
  #wallOffsetMs = 0;
  /** What had passed on this clock when its rate changed last, and when that was. */
  #elapsedAtChangeMs = 0;
  #changedAtNs = 0;
  /** In no order: each knows its place, so that it leaves without a search. */
  readonly #timers: RunningTimer[] = [];

  constructor(scheduler: Scheduler, { driftPpm, uptimeMs }: ClockOptions) {
    this.#scheduler = scheduler;
    this.#ownRate = 1 + driftPpm / 1_000_000;
    this.#rate = this.#ownRate;
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

  /** Lets both clocks run so many times as fast, from now on; 1 is back to the drift that they were made with. */
  setRate(factor: number): void {
    this.#elapsedAtChangeMs = this.#elapsedMs();
    this.#changedAtNs = this.#scheduler.nowNs;
    this.#rate = this.#ownRate * factor;
    // In the order of their making, which decides between those that fall due together.
    for (const timer of this.#timers.toSorted((one, other) => one.event.sequence - other.event.sequence)) {
      this.#scheduler.cancel(timer.event);
      this.#schedule(timer);
    }
  }

  /** By how much the wall clock is ahead of true time. */
  get offsetMs(): number {
    return this.#wallOffsetMs + this.#elapsedMs() - this.#scheduler.nowNs / nsPerMs;
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
    return this.#elapsedAtChangeMs + ((this.#scheduler.nowNs - this.#changedAtNs) / nsPerMs) * this.#rate;
  }

  #after(executor: Executor, delayMs: number, run: () => void): Timer {
    const dueMs = this.#elapsedMs() + Math.max(0, delayMs);
    const timer = new RunningTimer({ dueMs, executor, run, ended: this.#forget });
    this.#schedule(timer);
    timer.place = this.#timers.length;
    this.#timers.push(timer);
    return timer;
  }

  readonly #forget = (timer: RunningTimer): void => {
    const { place } = timer;
    if (place === -1) return;
    timer.place = -1;
    const last = this.#timers.pop();
    if (last !== undefined && last !== timer) {
      this.#timers[place] = last;
      last.place = place;
    }
    this.#scheduler.cancel(timer.event);
  };

  #schedule({ dueMs, event }: RunningTimer): void {
    const delayNs = (Math.max(0, dueMs - this.#elapsedMs()) / this.#rate) * nsPerMs;
    this.#scheduler.scheduleAfter(event, delayNs);
  }
}

class RunningTimer implements Timer {
  /** Of what has passed on this clock. */
  readonly dueMs: number;
  readonly event: ScheduledEvent;
  /** Among the timers of its clock; −1 once it fell due or was cancelled. */
  place = -1;
  readonly #run: () => void;
  readonly #ended: (timer: RunningTimer) => void;
  #isCancelled = false;

  constructor(options: {
    dueMs: number;
    executor: Executor;
    run: () => void;
    ended: (timer: RunningTimer) => void;
  }) {
    const { executor } = options;
    this.dueMs = options.dueMs;
    this.#run = options.run;
    this.#ended = options.ended;
    this.event = new ScheduledEvent(() => {
      this.#ended(this);
      executor.run(() => this.#fire());
    });
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#ended(this);
  }

  #fire(): void {
    // It may have been cancelled between the moment it fell due and the moment the process got to it.
    if (!this.#isCancelled) this.#run();
  }
}
