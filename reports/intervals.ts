// Operations as bars: from invocation to completion, on the row of the client that made them.

import type { Operation } from '../harness/history/operation.ts';
import { type Call, pairOperations } from '../harness/history/pairing.ts';

/** `open` was invoked and never completed in the history. */
export type IntervalType = 'ok' | 'fail' | 'info' | 'open';

export interface Interval {
  readonly process: number;
  readonly f: string;
  readonly type: IntervalType;
  readonly startNs: number;
  readonly endNs: number;
  /** The completion's value where there is one, else what was asked. */
  readonly value: unknown;
  readonly error: string | undefined;
  readonly server: number | undefined;
  readonly zxid: number | undefined;
  readonly version: number | undefined;
  /** History indices of both ends; equal for an operation that never completed. */
  readonly invokeIndex: number;
  readonly completeIndex: number;
}

/** In order of invocation. An operation without completion ends with the history. */
export function intervalsOf(history: readonly Operation[]): Interval[] {
  const lastNs = history.at(-1)?.time ?? 0;
  return pairOperations(history).map((call) => makeInterval(call, lastNs));
}

function makeInterval({ process, f, outcome, invocation, completion }: Call, lastNs: number): Interval {
  return {
    process,
    f,
    type: completion === null ? 'open' : outcome,
    startNs: invocation.time,
    endNs: completion?.time ?? lastNs,
    value: completion?.value ?? invocation.value,
    error: completion?.error,
    server: completion?.server ?? invocation.server,
    zxid: completion?.zxid,
    version: completion?.version,
    invokeIndex: invocation.index,
    completeIndex: completion?.index ?? invocation.index,
  };
}
