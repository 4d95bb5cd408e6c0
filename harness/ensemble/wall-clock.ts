// The clock of runs on real servers: this machine's monotonic clock, from the moment the object is made.

import type { RunClock } from './ensemble.ts';

export class WallClock implements RunClock {
  /** The monotonic clock's own value at the start; containers on this machine read the same clock. */
  readonly startNs: bigint = process.hrtime.bigint();

  nowNs(): number {
    return Number(process.hrtime.bigint() - this.startNs);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}
