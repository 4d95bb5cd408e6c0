// The Clock port on Node. The monotonic clock counts from the machine's start, not from the process's, so
// that a restarted server does not see times that its previous incarnation has seen.

import type { Clock } from '../server/ports.ts';

/** Longer delays overflow Node's timers; whoever waits longer looks again. */
const maxDelayMs = 2 ** 31 - 1;

export function createNodeClock(): Clock {
  return {
    nowMs,
    wallMs: () => Date.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, Math.min(Math.max(0, delayMs), maxDelayMs));
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

/** Without a BigInt: every request asks for the time. */
function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
