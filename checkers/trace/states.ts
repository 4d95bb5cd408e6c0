// The same transaction leaves the same state everywhere, in memory, in snapshots and after a restart.

import type { Invariant, Report } from './invariant.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { ZxidMap } from './zxid-map.ts';
import { hex } from './zxids.ts';

export const digestAgreement: Invariant = {
  id: 'I-25',
  name: 'states agree',
  watch(model) {
    /** What was told of a state before a transaction that led to it was applied in sight. */
    const unseen = new ZxidMap<TraceEvent>();
    const compare = (zxid: number, event: TraceEvent, report: Report): void => {
      if (event.digest === undefined) return;
      const applied = model.applied.get(zxid);
      const known = applied?.digest === undefined ? unseen.get(zxid) : applied;
      if (known === undefined) {
        if (event.event !== 'APPLY' || applied !== undefined) unseen.keepFirst(zxid, event);
      } else if (known.digest !== event.digest) {
        report(
          `the state at ${hex(zxid)} is ${event.digest} on server ${event.sid} (${event.event}), it was ${known.digest} on server ${known.sid} (${known.event})`,
          [known, event],
        );
      }
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
        const expected = model.applied.get(zxid)?.digest;
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
