// What the protocol needs from the replicated state. `state/` implements it; the protocol never looks inside.

import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { Applied, ByteSource } from './events.ts';

export interface Database {
  /** zxid of the last transaction applied, or the epoch mark that activation set. */
  readonly lastProcessedZxid: number;
  /** Applies a committed transaction; zxids must rise. */
  apply(record: TxnRecord): Applied;
  /** An activated epoch starts: the state now stands at (epoch, 0). */
  markEpoch(zxid: number): void;
  /** The body of a SNAP packet's stream, with its closing signature: the state as it is now, whatever is applied later. */
  openStream(): ByteSource;
  /** The stream of a server that never held anything, whole. */
  encodeEmptyStream(): Buffer;
  /** Replaces everything by a stream that a leader sent; throws JuteError on a malformed one and changes nothing then. */
  installStream(stream: Buffer, zxid: number): void;
  /** A whole snapshot file of the present state. */
  encodeSnapshotFile(): Buffer;
  /** Of tree, ACLs and sessions, for traces: sixteen hex digits. Not the digest that transactions carry. */
  digest(): string;
}
