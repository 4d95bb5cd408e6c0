// A clock for tests: time passes only while somebody sleeps, and everybody who slept less goes on first.

import type { RunClock } from '../../harness/ensemble/ensemble.ts';

interface Sleeper {
  readonly atNs: number;
  readonly wake: () => void;
}

export class VirtualClock implements RunClock {
  #nowNs = 0;
  readonly #sleepers: Sleeper[] = [];

  nowNs(): number {
    return this.#nowNs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ atNs: this.#nowNs + ms * 1e6, wake });
    });
  }

  /** Lets time pass until the promise is settled; fails when it waits for something that never comes. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (isSettled) return promise;
      this.#sleepers.sort((a, b) => a.atNs - b.atNs);
      const next = this.#sleepers.shift();
      if (next === undefined) throw new Error('nobody sleeps, and the promise is not settled');
      this.#nowNs = Math.max(this.#nowNs, next.atNs);
      next.wake();
    }
  }
}
