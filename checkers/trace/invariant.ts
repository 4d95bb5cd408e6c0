// One rule over what all servers report. It is shown every event before the model takes it in.

import type { TraceEvent } from '../../harness/history/trace-event.ts';
import type { TraceModel } from './trace-model.ts';

/** Called when the rule is broken, with a sentence that a person can check against the events. */
export type Report = (sentence: string, events: readonly TraceEvent[]) => void;

export type Handler = (event: TraceEvent, report: Report) => void;

export interface Invariant {
  /** `I-11`. */
  readonly id: string;
  /** `commit means quorum durable`. */
  readonly name: string;
  /** By name of the event; what an invariant does not look at costs it nothing. */
  watch(model: TraceModel): Readonly<Record<string, Handler>>;
}
