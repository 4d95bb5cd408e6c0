// What the members' transaction logs tell of a write, whoever was or was not told of it.

export interface CommittedWrite {
  readonly path: string;
  readonly zxid: number;
  /** That the write made. */
  readonly version: number;
  /** A whole number where the data are the text of one, else the text. */
  readonly value: unknown;
  /** Milliseconds since 1970, of the leader's clock. */
  readonly mtime: number;
}
