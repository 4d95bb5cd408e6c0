// One incarnation of a server process: it takes what the world delivers one by one, is busy for a while with
// each, can be stopped and continued by a signal, and dies once. Whatever still arrives for a dead
// incarnation is lost, so timers, links and disk callbacks end with it.

import type { Random } from '../random/random.ts';
import type { Executor } from './executor.ts';
import { Queue } from './queue.ts';
import { nsPerMs, ScheduledEvent } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';

/** What one piece of work keeps the processor busy: 4 to 12 µs. Without it five servers were infinitely fast. */
const leastWorkNs = 0.004 * nsPerMs;
const workSpreadNs = 0.008 * nsPerMs;

/** Unwinds the server's own stack when it ends its process; caught by whoever lets it work. */
class ProcessExit extends Error {}

export interface ProcessEnd {
  readonly exitCode: number;
  readonly reason: string;
}

export class ServerProcess implements Executor {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** The process ended itself: through `exit`, or by an exception that nothing caught. */
  readonly #ended: (end: ProcessEnd) => void;
  #state: 'running' | 'paused' | 'dead' = 'running';
  readonly #inbox = new Queue<() => void>();
  #isWorking = false;
  #busyUntilNs = 0;
  readonly #wake = new ScheduledEvent(() => this.#workOn());

  constructor(options: { scheduler: Scheduler; random: Random; ended: (end: ProcessEnd) => void }) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
    this.#ended = options.ended;
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state;
  }

  run(work: () => void): void {
    if (this.#state === 'dead') return;
    const isIdle = this.#state === 'running' && this.#inbox.length === 0 && !this.#isWorking;
    if (isIdle && this.#busyUntilNs <= this.#scheduler.nowNs) return this.#work(work);
    this.#inbox.push(work);
    this.#scheduleWake();
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
    this.#scheduler.cancel(this.#wake);
  }

  resume(): void {
    if (this.#state === 'paused') this.#state = 'running';
    this.#scheduleWake();
  }

  die(): void {
    this.#state = 'dead';
    this.#inbox.clear();
    this.#scheduler.cancel(this.#wake);
  }

  /** For the server itself: never returns to its work. */
  exit(exitCode: number, reason: string): never {
    this.die();
    this.#ended({ exitCode, reason });
    throw new ProcessExit(reason);
  }

  #work(work: () => void): void {
    this.#isWorking = true;
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProcessExit)) this.#crash(error);
    } finally {
      this.#isWorking = false;
    }
    this.#busyUntilNs = this.#scheduler.nowNs + leastWorkNs + Math.floor(this.#random.float() * workSpreadNs);
    this.#scheduleWake();
  }

  #crash(error: unknown): void {
    if (this.#state === 'dead') return;
    this.die();
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ended({ exitCode: 1, reason: `uncaught: ${reason}` });
  }

  #scheduleWake(): void {
    if (this.#state !== 'running' || this.#inbox.length === 0 || this.#wake.isPending || this.#isWorking)
      return;
    this.#scheduler.scheduleAfter(this.#wake, this.#busyUntilNs - this.#scheduler.nowNs);
  }

  #workOn(): void {
    const work = this.#inbox.shift();
    if (work !== undefined) this.#work(work);
  }
}
