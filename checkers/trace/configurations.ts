// Reconfiguration: one at a time, with a quorum of the old configuration and of the new one.

import type { Invariant } from './invariant.ts';
import { hex } from './zxids.ts';

export const jointConfigurations: Invariant = {
  id: 'I-30',
  name: 'a reconfiguration needs quorums of both configurations',
  watch() {
    const versions = new Map<number, number>();
    /** Reconfigurations that were proposed and are not decided. */
    const pending = new Map<number, number>();
    return {
      LOAD: (event) => void versions.delete(event.sid),
      STATE: (event) => void pending.delete(event.sid),
      STEP_DOWN: (event) => void pending.delete(event.sid),
      CONFIG(event, report) {
        const { zxid: version = 0 } = event;
        const before = versions.get(event.sid) ?? 0;
        versions.set(event.sid, version);
        if (version < before) {
          report(`server ${event.sid} went from configuration ${hex(before)} back to ${hex(version)}`, [
            event,
          ]);
        }
      },
      PROPOSE(event, report) {
        if (event.txn !== 'reconfig') return;
        const open = pending.get(event.sid);
        pending.set(event.sid, event.zxid ?? 0);
        if (open === undefined) return;
        report(
          `server ${event.sid} proposed the configuration ${hex(event.zxid ?? 0)} while ${hex(open)} was under way`,
          [event],
        );
      },
      COMMIT_DECIDE(event, report) {
        const { zxid = 0, configs = [] } = event;
        const open = pending.get(event.sid);
        if (open === undefined || zxid < open) return;
        if (zxid === open) pending.delete(event.sid);
        if (configs.length >= 2) return;
        report(
          `server ${event.sid} committed ${hex(zxid)} with one configuration, while ${hex(open)} was under way`,
          [event],
        );
      },
    };
  },
};
