// What one server sent another, as an observer on the wire sees it. Only the simulated world has such an observer.

export interface ServerMessage {
  /** `PROPOSAL`, `ACK`, `VOTE` …; the names of the protocol. */
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** Of a vote: the last zxid that it names. */
  readonly zxid: number;
  /** Nanoseconds of the run's clock. */
  readonly sentNs: number;
  /** Null: it never arrived. */
  readonly arrivedNs: number | null;
  /** Of a vote: for whom. */
  readonly vote?: number;
}
