// The same transaction leaves the same state everywhere, in memory, in snapshots and after a restart.

import type { Invariant, Report } from './invariant.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { hex } from './zxids.ts';

export const digestAgreement: Invariant = {
  id: 'I-25',
  name: 'states agree',
  watch(model) {
    /** By zxid: what was told of a state before a transaction that led to it was applied in sight. */
    const unseen = new Map<number, TraceEvent>();
    const compare = (zxid: number, event: TraceEvent, report: Report): void => {
      const { digest } = event;
      if (digest === undefined) return;
      const applied = model.applied.digestOf(zxid);
      if (applied === digest) return;
      const known = applied === undefined ? unseen.get(zxid) : model.applied.eventOf(zxid);
      if (known === undefined) {
        if (event.event !== 'APPLY' || model.applied.has(zxid)) unseen.set(zxid, event);
        return;
      }
      if (known.digest === digest) return;
      report(
        `the state at ${hex(zxid)} is ${digest} on server ${event.sid} (${event.event}), it was ${known.digest} on server ${known.sid} (${known.event})`,
        [known, event],
      );
    };
    return {
      APPLY: (event, report) => compare(event.zxid ?? 0, event, report),
      SNAP_INSTALL: (event, report) => compare(event.zxid ?? 0, event, report),
      LOAD(event, report) {
        compare(event.snapZxid ?? 0, event, report);
      },
    };
  },
};

export const truthfulSnapshots: Invariant = {
  id: 'I-34',
  name: 'a snapshot holds what was committed, as it was',
  watch(model) {
    return {
      SNAP_TAKE(event, report) {
        const { zxid = 0, digest } = event;
        const expected = model.applied.digestOf(zxid);
        if (expected !== undefined && digest !== undefined && digest !== expected) {
          report(
            `server ${event.sid} took a snapshot of ${hex(zxid)} with ${digest}, the state was ${expected}`,
            [event],
          );
        }
        const { lastApplied } = model.server(event.sid);
        if (zxid > lastApplied) {
          report(
            `server ${event.sid} took a snapshot of ${hex(zxid)}, it had applied ${hex(lastApplied)} by then`,
            [event],
          );
        }
      },
    };
  },
};
