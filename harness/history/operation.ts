// A history is a list of operations, each recorded when it is invoked and again when it completes. Keys and
// completion types are Jepsen's, so that Jepsen's users can read a history and Jepsen's tools can load it.

/** A single-threaded logical client, or the nemesis. */
export type Process = number | 'nemesis';

/**
 * `invoke` starts an operation. `ok` took place; `fail` certainly did not (definite); `info` may or may not
 * have, at any later time (indefinite). After `info` the process continues under a new number.
 */
export type OperationType = 'invoke' | 'ok' | 'fail' | 'info';

export interface Operation {
  /** Position in the history, from 0. */
  readonly index: number;
  /** Nanoseconds of the run's one monotonic clock; equal times count as concurrent. */
  readonly time: number;
  readonly process: Process;
  readonly type: OperationType;
  /** What was asked: `read`, `write`, `cas` …; for the nemesis the fault's name. */
  readonly f: string;
  /** Independent keys stand as `[key, value]`, as in Jepsen. */
  readonly value: unknown;
  /** Why it failed or is in doubt. */
  readonly error?: string | undefined;
  /** zxid of the reply's header: a write's own, a read's lower bound. */
  readonly zxid?: number | undefined;
  /** Version of the znode that the operation saw or made. */
  readonly version?: number | undefined;
  /** Of a znode that was read or written, every field of its Stat that is a number, in ZooKeeper's order. */
  readonly stat?: readonly number[] | undefined;
  /** Session of the client, sixteen hex digits. */
  readonly session?: string | undefined;
  /** Server that the client was connected to when the operation completed. */
  readonly server?: number | undefined;
}
