// Makes each report whole: who says it, in which of its roles, in which order and when. A busy ensemble makes fifteen
// for every operation of a client, so the frequent ones are made field by field, which costs a fifth of spreading one
// into another. Fields have one order, and so do the keys in trace files: what is reported, then who and when.

import type { TraceEvent } from '../core/trace.ts';
import type { ServerPorts } from './ports.ts';

/** Stands behind the fields of every report. */
type Stamp = {
  readonly sid: number;
  readonly incarnation: number;
  /** Counts the roles of the process. */
  readonly instance: number;
  readonly sequence: number;
  readonly timeMs: number;
  /** Nanoseconds of a clock that all servers share; undefined where they share none. */
  readonly time: number | undefined;
};

/** No field may be left out. */
type Whole<Event> = Event & Stamp;

export class Tracer {
  readonly #ports: Pick<ServerPorts, 'clock' | 'sharedNowNs'>;
  readonly #sink: NonNullable<ServerPorts['trace']>;
  readonly #sid: () => number;
  readonly #incarnation: number;
  #instance = 0;
  #sequence = 0;

  constructor(
    ports: Pick<ServerPorts, 'clock' | 'sharedNowNs' | 'incarnation'>,
    sink: NonNullable<ServerPorts['trace']>,
    sid: () => number,
  ) {
    this.#ports = ports;
    this.#sink = sink;
    this.#sid = sid;
    this.#incarnation = ports.incarnation ?? 0;
  }

  readonly report = (event: TraceEvent): void => {
    if (event.event === 'STATE') this.#instance += 1;
    this.#sequence += 1;
    this.#sink(this.#whole(event));
  };

  #whole(made: TraceEvent): Whole<TraceEvent> {
    const sid = this.#sid();
    const incarnation = this.#incarnation;
    const instance = this.#instance;
    const sequence = this.#sequence;
    const timeMs = this.#ports.clock.nowMs();
    const time = this.#ports.sharedNowNs?.();
    switch (made.event) {
      case 'APPLY': {
        const { event, zxid, hash, err, digest, replay } = made;
        return { event, zxid, hash, err, digest, replay, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'APPEND': {
        const { event, zxid, hash } = made;
        return { event, zxid, hash, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'ACK_RECV': {
        const { event, from, zxid } = made;
        return { event, from, zxid, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'ACK_SEND':
      case 'COMMIT_RECV': {
        const { event, zxid } = made;
        return { event, zxid, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'REPLY': {
        const { event, session, xid, opcode, zxid, err } = made;
        return { event, session, xid, opcode, zxid, err, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'TOUCH': {
        const { event, session, timeoutMs } = made;
        return { event, session, timeoutMs, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'PROPOSE': {
        const { event, zxid, hash, session, cxid, txn } = made;
        return { event, zxid, hash, session, cxid, txn, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'COMMIT_DECIDE': {
        const { event, zxid, hash, ackers, configs } = made;
        return { event, zxid, hash, ackers, configs, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'FSYNC': {
        const { event, upTo } = made;
        return { event, upTo, sid, incarnation, instance, sequence, timeMs, time };
      }
      case 'SYNC_RECV':
      case 'SYNC_DONE': {
        const { event, id } = made;
        return { event, id, sid, incarnation, instance, sequence, timeMs, time };
      }
      default:
        return { ...made, sid, incarnation, instance, sequence, timeMs, time };
    }
  }
}
