// Transactions as PROPOSAL and INFORM packets and the transaction log carry them: header, body, optional
// tree digest. Facts: storage-format of ZooKeeper 3.8, "Transaction log". Codecs: `txn-codec.ts`.

import type { Acl } from './records.ts';
import type { SessionId } from './session-id.ts';

export interface TxnHeader {
  readonly clientId: SessionId;
  readonly cxid: number;
  readonly zxid: number;
  /** Wall clock of the leader, milliseconds since 1970. */
  readonly time: number;
}

interface CreateBody {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  /** The parent's stored cversion after this create; −1 in logs of very old servers: stored + 1. */
  readonly parentCversion: number;
}

/** A transaction's body; `create2` in a log is applied as `create`. */
export type Txn =
  | (CreateBody & { readonly type: 'create' | 'create2'; readonly ephemeral: boolean })
  | (CreateBody & { readonly type: 'createContainer' })
  | (CreateBody & { readonly type: 'createTTL'; readonly ttl: number })
  | { readonly type: 'delete' | 'deleteContainer'; readonly path: string }
  | {
      readonly type: 'setData' | 'reconfig';
      readonly path: string;
      readonly data: Buffer | null;
      readonly version: number;
    }
  | { readonly type: 'setACL'; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly type: 'check'; readonly path: string; readonly version: number }
  | { readonly type: 'createSession'; readonly timeoutMs: number }
  /** `paths` is null in logs of servers that did not list the ephemerals. */
  | { readonly type: 'closeSession'; readonly paths: readonly string[] | null }
  | { readonly type: 'error'; readonly err: number }
  | { readonly type: 'multi'; readonly txns: readonly Txn[] };

/** A 64-bit sum in two unsigned halves, since a double cannot carry it. */
export interface Digest {
  readonly high: number;
  readonly low: number;
}

/** A transaction together with the bytes it has on the wire and in the log. */
export interface TxnRecord {
  readonly header: TxnHeader;
  readonly txn: Txn;
  /** Tree digest after this transaction, absent in error transactions and where digests are off. */
  readonly digest: Digest | null;
  /** Header, body and digest, encoded. */
  readonly bytes: Buffer;
}
