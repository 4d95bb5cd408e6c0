// What goes into the protocol core and what comes out. The core does no I/O: a server feeds it events and
// carries out, in the order that `Ready` documents, what it answers.

import type {
  ForwardedRequest,
  Notification,
  QuorumPacket,
  SessionTouch,
} from '../../../../harness/wire/quorum-packet.ts';
import type { Acl, Stat } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { Member, Membership } from './membership.ts';

/** A learner connection, numbered by the server; never reused within a process. */
export type LinkId = number;

/** Position in the order of persist operations; all operations up to a mark become durable together. */
export type Mark = number;

export type PeerEvent =
  /** Time passed; sent when `Peer.deadlineMs` is reached, or at any other moment. */
  | { readonly type: 'tick' }
  | { readonly type: 'notification'; readonly from: number; readonly notification: Notification }
  /** A learner dialled our quorum port. */
  | { readonly type: 'learnerConnected'; readonly link: LinkId }
  /** The dial that `connectLeader` asked for succeeded. */
  | { readonly type: 'leaderConnected'; readonly link: LinkId }
  | { readonly type: 'packet'; readonly link: LinkId; readonly packet: QuorumPacket }
  /** The complete snapshot stream behind a SNAP packet, signature included. */
  | { readonly type: 'snapshot'; readonly link: LinkId; readonly stream: Buffer }
  /** Also tells that the dial to the leader failed, with a link number that was never used before. */
  | { readonly type: 'linkClosed'; readonly link: LinkId; readonly reason: string }
  /** Every persist operation up to `mark` is durable. */
  | { readonly type: 'persisted'; readonly mark: Mark }
  /** Whether the disk takes writes; it does until this says otherwise. */
  | { readonly type: 'disk'; readonly isWritable: boolean }
  /** Leader: a prepared transaction. Its zxid is the one `Peer.nextZxid` gave. */
  | { readonly type: 'propose'; readonly record: TxnRecord }
  /** Learner: hand a client's request to the leader. */
  | { readonly type: 'forward'; readonly request: ForwardedRequest }
  /**
   * A client attached to this server wants a sync barrier; `syncDone` answers in request order. A learner
   * forwards `request` (opcode 9). Tokens that are open when the role ends are never answered.
   */
  | { readonly type: 'sync'; readonly token: number; readonly request: ForwardedRequest }
  /** Leader: the sync of a learner's client, whose turn has come; see the upcall of this name. */
  | { readonly type: 'learnerSync'; readonly link: LinkId }
  /** Learner: ask the leader whether a session lives; leader: the answer to a learner's question. */
  | { readonly type: 'revalidate'; readonly sessionId: SessionId; readonly timeoutMs: number }
  | {
      readonly type: 'revalidated';
      readonly link: LinkId;
      readonly sessionId: SessionId;
      readonly valid: boolean;
    };

export type PersistOperation = { readonly mark: Mark } & (
  | { readonly type: 'append'; readonly record: TxnRecord }
  | { readonly type: 'acceptedEpoch'; readonly epoch: number }
  | { readonly type: 'currentEpoch'; readonly epoch: number }
  /** Cut the log after `zxid`, which stays. */
  | { readonly type: 'truncate'; readonly zxid: number }
  /**
   * Replace everything stored, snapshots and the whole log, by this state; `file` is a whole snapshot file.
   * `currentEpoch` must not be found lower than given where this state is found after a crash, and not
   * higher where the old one is: `currentEpoch.<hex zxid>` is durable before the snapshot gets its name,
   * and replaces `currentEpoch` after it.
   */
  | {
      readonly type: 'snapshot';
      readonly zxid: number;
      readonly currentEpoch: number;
      readonly file: Buffer;
    }
  /** The configuration that may follow; null: none any more. Lost, it is found in the log again. */
  | { readonly type: 'pendingConfiguration'; readonly membership: Membership | null }
  /** The configuration that is in force from now on; it ends a pending one that is not newer. */
  | { readonly type: 'configuration'; readonly membership: Membership }
);

export type SendOperation =
  | { readonly type: 'notification'; readonly to: number; readonly notification: Notification }
  | { readonly type: 'packet'; readonly link: LinkId; readonly packet: QuorumPacket }
  /** Raw bytes behind a SNAP packet; what is sent over the link later follows them. To be closed by who takes it. */
  | { readonly type: 'stream'; readonly link: LinkId; readonly source: ByteSource }
  | { readonly type: 'connectLeader'; readonly sid: number }
  /** Who is called under which address from here on, and who counts. */
  | {
      readonly type: 'configuration';
      readonly current: Membership;
      /** Of pending configurations too. */
      readonly members: readonly Member[];
    }
  | { readonly type: 'close'; readonly link: LinkId; readonly reason: string };

/** Many bytes, in pieces of moderate size that are made when they are asked for. */
export interface ByteSource {
  /** Null at the end. */
  next(): Buffer | null;
  /** Nothing more will be asked for. */
  close(): void;
}

/** A transaction that the database has applied, for replies and watches. */
export interface Committed {
  readonly record: TxnRecord;
  readonly applied: Applied;
}

/** What a transaction did to the state, as `Database.apply` tells it. */
export interface Applied {
  /** Changes to show to watchers, in the order they happened. */
  readonly changes: readonly Change[];
  readonly result: AppliedResult;
}

/**
 * What the reply to a transaction's author is made of. Caught while the transaction is applied: others may
 * follow before the reply is written, and it must show the znode as this transaction left it.
 */
export type AppliedResult =
  /** There is nothing to tell, or nobody of this server's clients to tell it to. */
  | { readonly type: 'none' }
  | { readonly type: 'error'; readonly err: number }
  | { readonly type: 'created'; readonly path: string; readonly stat: Stat }
  | { readonly type: 'stat'; readonly stat: Stat }
  | { readonly type: 'data'; readonly data: Buffer | null; readonly stat: Stat }
  | { readonly type: 'multi'; readonly results: readonly AppliedResult[] };

/** One change of the tree: what watchers are told about. */
export interface Change {
  readonly type: 'created' | 'deleted' | 'dataChanged';
  readonly path: string;
  /**
   * Of the znode, and of its parent, as they were at the change: more may be applied before watchers are told.
   * Absent: open to everybody.
   */
  readonly acl?: readonly Acl[];
  readonly parentAcl?: readonly Acl[];
}

/** What the server must do for its clients and sessions. */
export type UpcallOperation =
  /** This server changed role. `serving` tells whether clients may be served from now on. */
  | {
      readonly type: 'role';
      readonly role: 'looking' | 'leading' | 'following' | 'observing';
      readonly serving: boolean;
      readonly leader: number | null;
    }
  /** Leader: a learner's client wants a write; prepare it and propose it, or propose its failure. */
  | {
      readonly type: 'request';
      readonly link: LinkId;
      readonly from: number;
      readonly request: ForwardedRequest;
    }
  /** Leader: a learner's sync that came behind requests not yet proposed; hand it back as an event, in turn. */
  | { readonly type: 'learnerSync'; readonly link: LinkId }
  /** Leader: sessions that learners saw alive. */
  | { readonly type: 'touched'; readonly touches: readonly SessionTouch[] }
  /** Leader: answer with a `revalidated` event. */
  | {
      readonly type: 'revalidate';
      readonly link: LinkId;
      readonly from: number;
      readonly sessionId: SessionId;
      readonly timeoutMs: number;
    }
  /** Learner: the leader's answer to `revalidate`. */
  | { readonly type: 'revalidated'; readonly sessionId: SessionId; readonly valid: boolean }
  | { readonly type: 'syncDone'; readonly token: number }
  /** Nothing sane can follow: log `message` and end the process with `exitCode`. */
  | { readonly type: 'fatal'; readonly message: string; readonly exitCode: number };

/**
 * To be carried out list by list, each list in its order:
 * 1. `persist`: hand to the disk, in order; do not wait. The core holds back, until the `persisted` event,
 *    everything that may only happen once they are durable (ACK, ACKEPOCH, LEADERINFO, the leader's own vote
 *    for a commit).
 * 2. `send`: may leave at once, for the same reason.
 * 3. `committed`: already applied to the database; fire watches and answer the clients that wait for them.
 * 4. `upcalls`.
 */
export interface Ready {
  readonly persist: readonly PersistOperation[];
  readonly send: readonly SendOperation[];
  readonly committed: readonly Committed[];
  readonly upcalls: readonly UpcallOperation[];
}
