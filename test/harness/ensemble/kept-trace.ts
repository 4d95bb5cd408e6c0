// Keeps what servers report, which an ensemble itself does not.

import type { Ensemble } from '../../../harness/ensemble/ensemble.ts';
import type { TraceEvent } from '../../../harness/history/trace-event.ts';

const traces = new WeakMap<Ensemble, TraceEvent[]>();

/** From now on; to be called before the ensemble is started. */
export function keepTrace(ensemble: Ensemble): void {
  const trace: TraceEvent[] = [];
  traces.set(ensemble, trace);
  ensemble.watchTrace((event) => trace.push(event));
}

export function keptTrace(ensemble: Ensemble): readonly TraceEvent[] {
  const trace = traces.get(ensemble);
  if (trace === undefined) throw new TypeError('the trace of this ensemble was not kept');
  return trace;
}
