// What is committed and applied: in one order on all servers, and kept by every later leader.

import type { Invariant } from './invariant.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { RisingNumbers } from './rising-numbers.ts';
import { counterOf, epochOf, epochStart, hex, isNext } from './zxids.ts';

export const onlyCommittedIsApplied: Invariant = {
  id: 'I-12',
  name: 'only what is committed is applied',
  watch: (model) => ({
    APPLY(event, report) {
      const { zxid = 0, hash = 0 } = event;
      // A server alone decides a commit and applies it in one step.
      if (event.replay === true || model.isAlone) return;
      if (model.committed.holds(zxid, hash)) return;
      const why = !model.committed.has(zxid) ? 'which was not committed' : 'as which another was committed';
      report(`server ${event.sid} applied ${hex(zxid)}, ${why}`, [event]);
    },
  }),
};

export const leaderCompleteness: Invariant = {
  id: 'I-15',
  name: 'a leader has everything that was committed before its epoch',
  watch: (model) => ({
    ACTIVATE(event, report) {
      const leader = model.server(event.sid);
      const epoch = event.epoch ?? 0;
      // A deposed leader may yet decide on commits of its own epoch; of later epochs nobody knows here.
      const lacking = model.committed.findAbove(
        leader.baseZxid,
        (zxid, hash) => epochOf(zxid) < epoch && !leader.holds(zxid, hash),
      );
      if (lacking === null) return;
      report(`server ${event.sid} leads epoch ${epoch} without ${hex(lacking)}, which was committed`, [
        event,
      ]);
    },
  }),
};

export const commitOrder: Invariant = {
  id: 'I-19',
  name: 'commits and applications follow each other without gaps',
  watch(model) {
    /** By epoch and server, put together as a zxid is. */
    const decided = new RisingNumbers();
    return {
      COMMIT_DECIDE(event, report) {
        if (model.isAlone) return;
        const { zxid = 0 } = event;
        const key = epochStart(epochOf(zxid)) + event.sid;
        const previous = decided.get(key) ?? zxid - counterOf(zxid);
        decided.set(key, zxid);
        if (zxid === previous + 1) return;
        report(`server ${event.sid} committed ${hex(zxid)} next to ${hex(previous)}`, [event]);
      },
      APPLY(event, report) {
        const { zxid = 0 } = event;
        const { lastAppliedTxn } = model.server(event.sid);
        if (lastAppliedTxn === null || isNext(zxid, lastAppliedTxn)) return;
        report(`server ${event.sid} applied ${hex(zxid)} behind ${hex(lastAppliedTxn)}`, [event]);
      },
    };
  },
};

export const prefixConsistency: Invariant = {
  id: 'I-21',
  name: 'all servers apply the same transactions in the same order',
  watch(model) {
    /** What follows each transaction, as the first server that applied both had it, and which server that was. */
    const successors = new RisingNumbers();
    const followers = new RisingNumbers();
    return {
      APPLY(event, report) {
        const { zxid = 0, hash = 0 } = event;
        if (model.applied.isOther(zxid, hash)) {
          const same = model.applied.eventOf(zxid) ?? event;
          report(`servers ${same.sid} and ${event.sid} applied different transactions as ${hex(zxid)}`, [
            same,
            event,
          ]);
        }
        const previous = model.server(event.sid).lastAppliedTxn;
        if (previous === null || successors.holds(previous, zxid)) return;
        const next = successors.get(previous);
        if (next === undefined) {
          successors.set(previous, zxid);
          followers.set(previous, event.sid);
          return;
        }
        const sid = followers.get(previous);
        const first = model.applied.eventOf(next);
        report(
          `behind ${hex(previous)} server ${sid} applied ${hex(next)} and server ${event.sid} ${hex(zxid)}`,
          first !== undefined && first.sid === sid ? [first, event] : [event],
        );
      },
    };
  },
};

export const integrity: Invariant = {
  id: 'I-22',
  name: 'what is applied was proposed',
  watch(model) {
    /** What the first disks held was proposed before the trace began. */
    let inherited = 0;
    let hasBegun = false;
    return {
      LOAD(event) {
        if (!hasBegun) inherited = Math.max(inherited, event.lastZxid ?? 0);
      },
      PROPOSE: () => void (hasBegun = true),
      APPLY(event, report) {
        const { zxid = 0, hash = 0 } = event;
        if (zxid <= inherited || model.proposed.holds(zxid, hash)) return;
        report(`server ${event.sid} applied ${hex(zxid)}, which nobody proposed`, [event]);
      },
    };
  },
};

export const primaryOrder: Invariant = {
  id: 'I-23',
  name: 'a leader has applied all of the earlier epochs before it proposes',
  watch(model) {
    /** By epoch. */
    const highestApplied = new RisingNumbers();
    /** By epoch and server, put together as a zxid is. */
    const judged = new RisingNumbers();
    return {
      APPLY(event) {
        const { zxid = 0 } = event;
        const epoch = epochOf(zxid);
        if (zxid >= (highestApplied.get(epoch) ?? 0)) highestApplied.set(epoch, zxid);
      },
      PROPOSE(event, report) {
        const { zxid = 0 } = event;
        const epoch = epochOf(zxid);
        const key = epochStart(epoch) + event.sid;
        if (judged.has(key)) return;
        judged.set(key, zxid);
        const { lastAppliedTxn, baseZxid } = model.server(event.sid);
        const lastApplied = lastAppliedTxn ?? baseZxid;
        for (const [earlier, highest] of highestApplied) {
          if (earlier >= epoch || lastApplied >= highest) continue;
          report(`server ${event.sid} proposed ${hex(zxid)} and had not applied ${hex(highest)}`, [event]);
        }
      },
    };
  },
};

export const atMostOnce: Invariant = {
  id: 'I-24',
  name: 'a request becomes one transaction',
  watch(model) {
    /** By session: number of the request → zxid. */
    const committedAs: RisingNumbers[] = [];
    return {
      COMMIT_DECIDE(event, report) {
        const { zxid = 0 } = event;
        const session = model.requests.sessionOf(zxid);
        const cxid = model.requests.cxidOf(zxid);
        // What servers do in their own name has no number.
        if (session === undefined || cxid === 0) return;
        const requests = (committedAs[session] ??= new RisingNumbers());
        const first = requests.get(cxid);
        if (first === undefined) {
          requests.set(cxid, zxid);
        } else if (first !== zxid) {
          const name = model.requests.sessions.textOf(session);
          report(
            `request ${cxid} of session ${name} was committed as ${hex(first)} and again as ${hex(zxid)}`,
            [event],
          );
        }
      },
    };
  },
};

export const committedGrows: Invariant = {
  id: 'I-36',
  name: 'each leader extends what every earlier one had committed',
  watch(model) {
    const earlier: { readonly event: TraceEvent; readonly lastZxid: number }[] = [];
    return {
      ACTIVATE(event, report) {
        const leader = model.server(event.sid);
        for (const { event: first, lastZxid } of earlier) {
          const hash = model.committed.get(lastZxid);
          if ((first.epoch ?? 0) >= (event.epoch ?? 0) || hash === undefined) continue;
          if (leader.holds(lastZxid, hash)) continue;
          report(
            `server ${event.sid} leads epoch ${event.epoch} without ${hex(lastZxid)}, with which server ${first.sid} led epoch ${first.epoch}`,
            [first, event],
          );
        }
        earlier.push({ event, lastZxid: leader.lastLogged });
      },
    };
  },
};
