// An operation of a run that is told when to ask for what, instead of drawing it. Requests still come out of the
// workload, in the order in which the first run drew them: those between two that are kept are drawn and dropped,
// so that an operation stays what it was when others go.

export interface ScriptedOperation {
  /** Which of the workload's requests, counted from 0. */
  readonly draw: number;
  /** Of the client, counted from 0. */
  readonly place: number;
  /** After the workload began. */
  readonly atMs: number;
  /** The client gives its server up first. */
  readonly moves: boolean;
}
