// What is in a log: proposals with their place, the leader's history and nothing else, and cuts that cut
// nothing that was committed.

import type { Invariant, Report } from './invariant.ts';
import type { ServerModel, TraceModel } from './trace-model.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { RisingNumbers } from './rising-numbers.ts';
import { counterOf, epochOf, hex, isNext } from './zxids.ts';

export const proposalOrder: Invariant = {
  id: 'I-10',
  name: 'zxids count the proposals of an epoch',
  watch(model) {
    /** By epoch. */
    const last = new RisingNumbers();
    return {
      PROPOSE(event, report) {
        if (model.isAlone) return;
        const { zxid = 0, hash = 0 } = event;
        const epoch = epochOf(zxid);
        const previous = last.get(epoch) ?? zxid - counterOf(zxid);
        last.set(epoch, zxid);
        const history = model.historyOf(epoch);
        if (history !== undefined && history.leader !== event.sid) {
          report(`server ${event.sid} proposed ${hex(zxid)} in the epoch of server ${history.leader}`, [
            event,
          ]);
        }
        if (zxid !== previous + 1) {
          report(`server ${event.sid} proposed ${hex(zxid)} next to ${hex(previous)}`, [event]);
        }
        const before = model.proposed.get(zxid);
        if (before !== undefined && before !== hash && !Number.isNaN(before)) {
          report(
            `server ${event.sid} proposed another transaction as ${hex(zxid)} than was proposed before`,
            [event],
          );
        }
      },
    };
  },
};

export const followerPrefix: Invariant = {
  id: 'I-16',
  name: "a follower's log is a prefix of its leader's history",
  watch: (model) => ({
    NEWLEADER_ACK(event, report) {
      const server = model.server(event.sid);
      const history = model.historyOf(event.epoch ?? 0);
      if (history === undefined) return;
      const foreign = server.records.findAbove(
        Math.max(server.baseZxid, history.baseZxid),
        (zxid, hash) => !history.all.holds(zxid, hash),
      );
      if (foreign === null) return;
      report(
        `server ${event.sid} acknowledged NEWLEADER of epoch ${event.epoch} with ${hex(foreign)} in its log, which server ${history.leader} does not have`,
        [event],
      );
    },
    APPEND(event, report) {
      const server = model.server(event.sid);
      const history = model.historyOf(server.promisedEpoch);
      if (history === undefined || history.leader === event.sid) return;
      const { zxid = 0, hash = 0 } = event;
      if (zxid <= history.baseZxid || history.all.holds(zxid, hash)) return;
      report(`server ${event.sid} logged ${hex(zxid)}, which its leader ${history.leader} did not send`, [
        event,
      ]);
    },
  }),
};

export const safeTruncation: Invariant = {
  id: 'I-17',
  name: 'nothing committed is cut off, and what is cut stays away',
  watch: (model) => ({
    TRUNC(event, report) {
      const { zxid = 0 } = event;
      const lost = committedAbove(model, model.server(event.sid), zxid);
      if (lost !== null)
        report(`server ${event.sid} cut its log after ${hex(zxid)}: ${hex(lost)} was committed`, [event]);
    },
    SNAP_INSTALL(event, report) {
      const { zxid = 0 } = event;
      const lost = committedAbove(model, model.server(event.sid), zxid);
      if (lost !== null) {
        report(`server ${event.sid} replaced its state by that of ${hex(zxid)}: ${hex(lost)} was committed`, [
          event,
        ]);
      }
    },
    LOAD(event, report) {
      const server = model.servers.get(event.sid);
      const { lastZxid = 0, snapZxid = 0 } = event;
      if (server === undefined || lastZxid <= server.lastLogged || lastZxid === snapZxid) return;
      if (server.cut.has(lastZxid)) return;
      report(
        `server ${event.sid} came back with ${hex(lastZxid)}, but its log ended with ${hex(server.lastLogged)}`,
        [event],
      );
    },
  }),
};

function committedAbove(model: TraceModel, server: ServerModel, zxid: number): number | null {
  return server.records.findAbove(Math.max(zxid, server.baseZxid), (logged, hash) =>
    model.committed.holds(logged, hash),
  );
}

export const appendOrder: Invariant = {
  id: 'I-18',
  name: 'a log rises without gaps, and no role outlives its end',
  watch(model) {
    const inRole = (event: TraceEvent, report: Report): void => {
      const server = model.server(event.sid);
      if (event.incarnation === server.incarnation && event.instance < server.instance) {
        report(`server ${event.sid} emitted ${event.event} for a role that had ended`, [event]);
      }
    };
    return {
      APPEND(event, report) {
        inRole(event, report);
        const server = model.server(event.sid);
        const { zxid = 0 } = event;
        if (isNext(zxid, server.lastLogged) || server.lastLogged === 0) return;
        report(`server ${event.sid} logged ${hex(zxid)} behind ${hex(server.lastLogged)}`, [event]);
      },
      ACK_SEND: inRole,
      APPLY: inRole,
    };
  },
};

export const contiguousStream: Invariant = {
  id: 'I-20',
  name: 'a learner gets every transaction of its leader',
  watch: (model) => ({
    APPEND(event, report) {
      const server = model.server(event.sid);
      const history = model.historyOf(server.promisedEpoch);
      if (history === undefined || history.leader === event.sid) return;
      const { zxid = 0 } = event;
      if (server.lastLogged >= zxid - 1 || !history.all.has(zxid)) return;
      // Below the leader's own snapshot nobody knows what came before.
      const known = history.all.keyBelow(zxid) ?? history.baseZxid;
      const before = zxid > history.lastZxid ? Math.max(known, history.lastZxid) : known;
      if (before === history.baseZxid || server.lastLogged >= before) return;
      report(
        `server ${event.sid} logged ${hex(zxid)} behind ${hex(server.lastLogged)}, and never got ${hex(before)}`,
        [event],
      );
    },
  }),
};

export const observersLogCommitted: Invariant = {
  id: 'I-38',
  name: 'observers log what is committed',
  watch: (model) => ({
    APPEND(event, report) {
      const { zxid = 0, hash = 0 } = event;
      if (!isObserver(model, event.sid) || model.committed.holds(zxid, hash)) return;
      report(`the observer ${event.sid} logged ${hex(zxid)}, which was not committed`, [event]);
    },
  }),
};

/** In no configuration so far a voter; one that was left out altogether follows without a vote, and logs as followers do. */
function isObserver(model: TraceModel, sid: number): boolean {
  if (model.server(sid).state !== 'observing') return false;
  for (const { voters } of model.configurations.values()) if (voters.has(sid)) return false;
  return true;
}
