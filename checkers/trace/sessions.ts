// Sessions: none is heard of after its end, and none ends before its time.

import type { TraceEvent } from '../../harness/history/trace-event.ts';
import type { Invariant } from './invariant.ts';
import { RisingNumbers } from './rising-numbers.ts';
import { hex } from './zxids.ts';

export const closedSessions: Invariant = {
  id: 'I-26',
  name: 'a closed session does nothing more',
  watch(model) {
    const { sessions, txns } = model.requests;
    const closing = txns.numberOf('closeSession');
    const failing = txns.numberOf('error');
    /** By session. */
    const closedAt = new RisingNumbers();
    return {
      COMMIT_DECIDE(event, report) {
        const { zxid = 0 } = event;
        const session = model.requests.sessionOf(zxid);
        const txn = model.requests.txnOf(zxid);
        if (session === undefined || txn === undefined) return;
        const closed = closedAt.get(session);
        if (txn === closing) {
          if (closed === undefined) closedAt.set(session, zxid);
        } else if (txn !== failing && closed !== undefined && zxid > closed) {
          report(
            `a ${txns.textOf(txn)} of session ${sessions.textOf(session)} was committed as ${hex(zxid)}, the session closed at ${hex(closed)}`,
            [event],
          );
        }
      },
    };
  },
};

interface Touch {
  atMs: number;
  timeoutMs: number;
}

/** What the present process of each server heard of sessions, in its own milliseconds. */
class TouchesByServer {
  readonly #servers: { incarnation: number; sessions: Map<string, Touch> }[] = [];

  of({ sid, incarnation }: TraceEvent): Map<string, Touch> {
    const known = this.#servers[sid];
    if (known?.incarnation === incarnation) return known.sessions;
    const sessions = new Map<string, Touch>();
    this.#servers[sid] = { incarnation, sessions };
    return sessions;
  }
}

export const expiryInTime: Invariant = {
  id: 'I-27',
  name: 'a session expires only when nobody heard of it for its timeout',
  watch(model) {
    const touched = new TouchesByServer();
    return {
      TOUCH(event) {
        const { session, timeoutMs } = event;
        if (session === undefined || timeoutMs === undefined) return;
        const sessions = touched.of(event);
        const touch = sessions.get(session);
        if (touch === undefined) {
          sessions.set(session, { atMs: event.timeMs, timeoutMs });
        } else {
          touch.atMs = event.timeMs;
          touch.timeoutMs = timeoutMs;
        }
      },
      EXPIRE_DECIDE(event, report) {
        const { session = '' } = event;
        const server = model.server(event.sid);
        if (server.state !== null && server.state !== 'leading' && server.state !== '') {
          report(`server ${event.sid} let session ${session} expire and does not lead`, [event]);
        }
        const last = touched.of(event).get(session);
        if (last === undefined) return;
        const quietMs = event.timeMs - Math.max(last.atMs, server.activeSinceMs);
        if (quietMs >= last.timeoutMs) return;
        report(
          `server ${event.sid} let session ${session} expire ${Math.round(quietMs)} ms after it was heard of; its timeout is ${last.timeoutMs} ms`,
          [event],
        );
      },
    };
  },
};
