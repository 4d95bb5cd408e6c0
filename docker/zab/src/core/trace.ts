// What a server reports of itself while it works, for checkers that see every server. The sink is off by
// default, a file in a container and memory in the simulated world. Names follow the trace invariants.

import type { SessionId } from '../../../../harness/wire/session-id.ts';

/** One fact; the server adds its id, incarnation, role instance, sequence number and time. */
export type TraceEvent = FrequentEvent | RareEvent;

/** Those of every transaction and every request, with all of their fields. */
export type FrequentEvent =
  | {
      readonly event: 'PROPOSE';
      readonly zxid: number;
      readonly hash: number;
      readonly session: SessionId;
      readonly cxid: number;
      readonly txn: string;
    }
  | { readonly event: 'APPEND'; readonly zxid: number; readonly hash: number }
  | { readonly event: 'FSYNC'; readonly upTo: number }
  | { readonly event: 'ACK_SEND' | 'COMMIT_RECV'; readonly zxid: number }
  | { readonly event: 'ACK_RECV'; readonly from: number; readonly zxid: number }
  | {
      readonly event: 'COMMIT_DECIDE';
      readonly zxid: number;
      readonly hash: number | undefined;
      readonly ackers: readonly number[];
      /** Versions of the configurations that it needed; undefined where there is none. */
      readonly configs: readonly number[] | undefined;
    }
  | {
      readonly event: 'APPLY';
      readonly zxid: number;
      readonly hash: number;
      readonly err: number;
      readonly digest: string;
      readonly replay: boolean;
    }
  | {
      readonly event: 'REPLY';
      readonly session: SessionId;
      readonly xid: number;
      readonly opcode: number;
      readonly zxid: number;
      readonly err: number;
    }
  | { readonly event: 'TOUCH'; readonly session: SessionId; readonly timeoutMs: number }
  | { readonly event: 'SYNC_RECV' | 'SYNC_DONE'; readonly id: number };

type RareEvent = { readonly event: Exclude<TraceEventName, FrequentEvent['event']> } & Readonly<
  Record<string, string | number | boolean | readonly number[] | null | undefined>
>;

export type TraceEventName =
  | 'LOAD'
  | 'APPEND'
  | 'FSYNC'
  | 'TRUNC'
  | 'SNAP_TAKE'
  | 'SNAP_INSTALL'
  | 'PURGE'
  | 'EPOCH_WRITE'
  | 'STATE'
  | 'VOTE'
  | 'ELECTED'
  | 'ESTABLISH'
  | 'ACTIVATE'
  | 'STEP_DOWN'
  | 'UPTODATE'
  | 'EPOCH_ACK'
  | 'SYNC_SEND'
  | 'NEWLEADER_ACK'
  | 'PROPOSE'
  | 'ACK_SEND'
  | 'ACK_RECV'
  | 'COMMIT_DECIDE'
  | 'COMMIT_RECV'
  | 'APPLY'
  | 'CONNECT'
  | 'REPLY'
  | 'TOUCH'
  | 'EXPIRE_DECIDE'
  | 'SYNC_RECV'
  | 'SYNC_DONE'
  | 'ARM'
  | 'FIRE'
  | 'CONFIG_PROPOSED'
  | 'CONFIG';

/** Undefined means tracing is off, so callers write `trace?.({...})` and pay nothing. */
export type TraceSink = ((event: TraceEvent) => void) | undefined;
