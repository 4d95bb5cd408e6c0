// A leader that its followers left must know it soon.

import type { Invariant, Report } from './invariant.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';

/** Beside syncLimit: one tick until it looks, and one for what was under way. */
const allowanceTicks = 2;
/** A server that says nothing for longer may have been paused, and that time does not count. */
const longestSilenceTicks = 1;

export const stepDown: Invariant = {
  id: 'I-33',
  name: 'a leader that another has replaced steps down',
  watch(model) {
    const { tickMs, syncLimit } = model.facts;
    /** By server id. */
    const leaders: ({ readonly event: TraceEvent; aloneMs: number; lastMs: number } | undefined)[] = [];
    let newest: TraceEvent | null = null;
    const leave = ({ sid }: TraceEvent): void => {
      leaders[sid] = undefined;
    };
    return {
      ACTIVATE(event) {
        newest = event;
        leaders[event.sid] = { event, aloneMs: 0, lastMs: event.timeMs };
      },
      LOAD: leave,
      STEP_DOWN: leave,
      STATE: leave,
      // What a leader does at least once a tick while it has a learner or a client.
      FSYNC: age,
      ACK_RECV: age,
      TOUCH: age,
      PROPOSE: age,
    };

    function age(event: TraceEvent, report: Report): void {
      const leader = leaders[event.sid];
      if (leader === undefined || newest === null) return;
      const passedMs = Math.min(event.timeMs - leader.lastMs, longestSilenceTicks * tickMs);
      leader.lastMs = event.timeMs;
      if ((newest.epoch ?? 0) <= (leader.event.epoch ?? 0)) return;
      leader.aloneMs += passedMs;
      if (leader.aloneMs <= (syncLimit + allowanceTicks) * tickMs) return;
      leave(event);
      report(
        `server ${event.sid} still leads epoch ${leader.event.epoch}, ${Math.round(leader.aloneMs)} ms of its time after server ${newest.sid} began to lead epoch ${newest.epoch}`,
        [newest, event],
      );
    }
  },
};
