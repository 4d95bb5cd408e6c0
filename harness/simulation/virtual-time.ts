// The bridge between virtual time and promises. Events happen only while somebody waits for a promise that
// the world will settle; after each event that settled one, every continuation runs before the next event.
// That makes ordinary async code deterministic here, as long as it waits for nothing but this world: real
// I/O that is awaited while others wait for virtual time would end at an unpredictable virtual moment.

import type { WaitingRoom } from '../client/transport.ts';
import { nsPerMs } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';

/** So that signals and progress lines get their turn during long stretches in which nobody is resumed. */
const eventsPerTurn = 500;

export class VirtualTime implements WaitingRoom {
  readonly #scheduler: Scheduler;
  /** Takes the next turn once all promise continuations ran; real time is none of a simulation's business. */
  readonly #askForTurn: () => void;
  readonly #failed = Promise.withResolvers<never>();
  #waitingCount = 0;
  #isDisturbed = false;
  #isDriving = false;
  #isStopped = false;

  constructor(scheduler: Scheduler, afterContinuations: (turn: () => void) => () => void) {
    this.#scheduler = scheduler;
    this.#askForTurn = afterContinuations(this.#turn);
  }

  enter(): void {
    this.#waitingCount++;
    if (this.#isDriving || this.#isStopped) return;
    this.#isDriving = true;
    this.#askForTurn();
  }

  leave(): void {
    this.#waitingCount--;
    this.#isDisturbed = true;
  }

  disturb(): void {
    this.#isDisturbed = true;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.enter();
      this.#scheduler.after(ms * nsPerMs, () => {
        this.leave();
        resolve();
      });
    });
  }

  /** A promise that some event settles by calling what `begin` is given. */
  wait<T = void>(begin: (settle: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve) => {
      this.enter();
      begin((value) => {
        this.leave();
        resolve(value);
      });
    });
  }

  /** Waits for `main`, and fails when the world itself does. */
  drive<T>(main: Promise<T>): Promise<T> {
    return Promise.race([main, this.#failed.promise]);
  }

  /** Time stands still from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  /** A function that is called again, and no async loop: a minute has some hundred thousand turns. */
  readonly #turn = (): void => {
    this.#isDriving = this.#waitingCount > 0 && !this.#isStopped;
    if (!this.#isDriving) return;
    try {
      this.#runUntilDisturbed();
      this.#askForTurn();
    } catch (error) {
      this.#isDriving = false;
      this.#isStopped = true;
      this.#failed.reject(error);
    }
  };

  #runUntilDisturbed(): void {
    this.#isDisturbed = false;
    for (let count = 0; count < eventsPerTurn && !this.#isDisturbed; count++) {
      if (this.#scheduler.runNext()) continue;
      const atMs = this.#scheduler.nowNs / nsPerMs;
      throw new Error(`nothing can happen any more at ${atMs} ms, and ${this.#waitingCount} wait for it`);
    }
  }
}
