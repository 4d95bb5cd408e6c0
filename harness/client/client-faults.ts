// What a fault may do to the clients of a run. The generator owns them; the nemesis harms them through this.

/** The processes of the workload as a fault sees them. */
export interface ClientFaults {
  /** Places of the processes that have a client, each with the server that it is connected to now. */
  connected(): readonly {
    readonly place: number;
    readonly server: number | null;
    /** Those that it may go to. */
    readonly servers: readonly number[];
  }[];
  /** Its connection breaks; it goes to its next server. */
  drop(place: number): void;
  /** It is gone without a word, and another takes its place with a new session. */
  kill(place: number): void;
  /** While silent it neither sends nor reads; what comes meanwhile is read when it wakes up. */
  setSilent(place: number, isSilent: boolean): void;
  /** How long sessions live without a word. */
  readonly sessionTimeoutMs: number;
}
