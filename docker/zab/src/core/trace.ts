// What a server reports of itself while it works, for checkers that see every server. The sink is off by
// default, a file in a container and memory in the simulated world. Names follow the trace invariants.

/** One fact; the emitting loop adds server id, incarnation, role instance, sequence number and time. */
export type TraceEvent = { readonly event: TraceEventName } & Readonly<
  Record<string, string | number | boolean | null | readonly number[]>
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
