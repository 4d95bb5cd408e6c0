// Who carries out what the world delivers. A server's process may be busy, paused or dead by the time
// something arrives for it; clients and the world itself are always ready.

export interface Executor {
  /** Runs now, later, or never. Work handed in first is run first. */
  run(work: () => void): void;
}

export const atOnce: Executor = { run: (work) => work() };
