// What servers report of themselves, as `trace.jsonl` has it: one fact a line, in an order that agrees with
// cause and effect. Only the simulated world knows such an order for all servers together.

/** Fields beside the first six depend on `event`; zxids are exact numbers, sessions sixteen hex digits. */
export interface TraceEvent {
  readonly event: string;
  readonly sid: number;
  /** Counts the starts of this server's process. */
  readonly incarnation: number;
  /** Counts the roles of this process: every look for a leader, every following and leading. */
  readonly instance: number;
  readonly sequence: number;
  /** Nanoseconds of the clock that all servers share. */
  readonly time: number;
  /** Milliseconds of the server's own monotonic clock. */
  readonly timeMs: number;

  readonly zxid?: number;
  readonly hash?: number;
  readonly epoch?: number;
  readonly digest?: string;
  readonly upTo?: number;
  readonly state?: string;
  readonly kind?: string;
  readonly round?: number;
  readonly leader?: number;
  readonly voters?: readonly number[];
  readonly ackers?: readonly number[];
  readonly configs?: readonly number[];
  readonly counted?: boolean;
  readonly replay?: boolean;
  readonly snapZxid?: number;
  readonly lastZxid?: number;
  readonly acceptedEpoch?: number;
  readonly currentEpoch?: number;
  readonly session?: string;
  readonly cxid?: number;
  readonly xid?: number;
  readonly opcode?: number;
  readonly path?: string;
  readonly id?: number;
  readonly timeoutMs?: number;
  /** Of a synchronization: to whom, and how. */
  readonly to?: number;
  readonly mode?: string;
  readonly lastZxidSeen?: number;
  /** Of a transaction: its name, such as `closeSession`. */
  readonly txn?: string;
}
