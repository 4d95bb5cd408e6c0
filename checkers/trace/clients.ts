// What clients are told: nothing that is not applied, never backwards, only while the server serves, and with
// every barrier kept.

import type { Invariant } from './invariant.ts';
import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { hex } from './zxids.ts';

export const watchesFire: Invariant = {
  id: 'I-28',
  name: 'a watch fires for what is applied, in order, and once for each arming',
  watch(model) {
    const lastFired = new Map<string, TraceEvent>();
    const armed = new Map<string, number>();
    const recursive = new Set<string>();
    return {
      LOAD(event) {
        forget(lastFired, event.sid);
        forget(armed, event.sid);
      },
      CONNECT(event) {
        // Watches belong to the connection, and order is promised on one only.
        const start = `${event.sid} ${event.session} `;
        lastFired.delete(start);
        recursive.delete(start);
        for (const key of armed.keys()) if (key.startsWith(start)) armed.delete(key);
      },
      ARM(event) {
        if (event.kind === 'recursive') recursive.add(`${event.sid} ${event.session} `);
        const key = `${event.sid} ${event.session} ${event.path}`;
        const isOneShot = event.kind === 'data' || event.kind === 'child';
        armed.set(key, isOneShot ? (armed.get(key) ?? 0) + 1 : Infinity);
      },
      FIRE(event, report) {
        const { zxid = 0, session, path } = event;
        const { lastApplied } = model.server(event.sid);
        if (zxid > lastApplied && model.server(event.sid).state !== null) {
          report(
            `server ${event.sid} told session ${session} of ${hex(zxid)}, and had applied ${hex(lastApplied)}`,
            [event],
          );
        }
        const stream = `${event.sid} ${session} `;
        const before = lastFired.get(stream);
        lastFired.set(stream, event);
        if (before !== undefined && (before.zxid ?? 0) > zxid) {
          report(
            `server ${event.sid} told session ${session} of ${hex(zxid)} behind ${hex(before.zxid ?? 0)}`,
            [before, event],
          );
        }
        // Who watches an ancestor recursively is told of the znode for that reason too.
        if (recursive.has(stream)) return;
        const key = `${event.sid} ${session} ${path}`;
        const left = armed.get(key);
        if (left === undefined) return;
        if (left <= 0) {
          report(`server ${event.sid} told session ${session} of ${path} once more than it had asked to be`, [
            event,
          ]);
        }
        armed.set(key, left - 1);
      },
    };
  },
};

function forget(map: Map<string, unknown>, sid: number): void {
  for (const key of map.keys()) if (key.startsWith(`${sid} `)) map.delete(key);
}

export const repliesAreTrue: Invariant = {
  id: 'I-29',
  name: 'replies show what is applied, and never go back',
  watch(model) {
    /** By server, then session: a connection that its client has left may still be answered. */
    const seen: Map<string, { zxid: number }>[] = [];
    const seenOn = (sid: number): Map<string, { zxid: number }> => (seen[sid] ??= new Map());
    return {
      CONNECT(event) {
        seenOn(event.sid).set(event.session ?? '', { zxid: event.lastZxidSeen ?? 0 });
      },
      REPLY(event, report) {
        const { session = '', zxid = 0 } = event;
        // The answers to auth and to what nobody knows carry no zxid.
        if (zxid <= 0) return;
        const server = model.server(event.sid);
        if (server.state !== null && zxid > server.lastApplied) {
          report(
            `server ${event.sid} answered with ${hex(zxid)}, and had applied ${hex(server.lastApplied)}`,
            [event],
          );
        }
        const connections = seenOn(event.sid);
        const before = connections.get(session);
        if (before === undefined) {
          connections.set(session, { zxid });
        } else if (zxid >= before.zxid) {
          before.zxid = zxid;
        } else {
          report(
            `server ${event.sid} answered session ${session} with ${hex(zxid)}, it had seen ${hex(before.zxid)}`,
            [event],
          );
        }
      },
    };
  },
};

export const syncIsABarrier: Invariant = {
  id: 'I-31',
  name: 'sync is a barrier',
  watch(model) {
    /** By server, of the role that it has now: number of the sync → what was decided by then. */
    const open: { incarnation: number; instance: number; syncs: Map<number, number> }[] = [];
    const openOn = ({ sid, incarnation, instance }: TraceEvent): Map<number, number> => {
      const known = open[sid];
      if (known?.incarnation === incarnation && known.instance === instance) return known.syncs;
      const syncs = new Map<number, number>();
      open[sid] = { incarnation, instance, syncs };
      return syncs;
    };
    return {
      SYNC_RECV: (event) => void openOn(event).set(event.id ?? 0, model.highestDecided),
      SYNC_DONE(event, report) {
        const syncs = openOn(event);
        const least = syncs.get(event.id ?? 0);
        syncs.delete(event.id ?? 0);
        const { lastApplied, state } = model.server(event.sid);
        if (least === undefined || state === null || lastApplied >= least) return;
        report(
          `server ${event.sid} answered a sync with ${hex(lastApplied)} applied, ${hex(least)} had been committed before it`,
          [event],
        );
      },
    };
  },
};

export const servingWindow: Invariant = {
  id: 'I-32',
  name: 'only servers that serve answer',
  watch: (model) => ({
    REPLY(event, report) {
      const server = model.server(event.sid);
      if (server.state === null || server.isServing || server.isReadOnly) return;
      if (event.time === server.servedUntilNs) return;
      report(
        `server ${event.sid} answered request ${event.xid} of session ${event.session} while ${server.state}`,
        [event],
      );
    },
  }),
};
