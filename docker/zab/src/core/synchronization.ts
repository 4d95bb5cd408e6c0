// How a learner's history is brought to the leader's: what the leader sends (`chooseSync`), and what a
// learner does with it (`planAdoption`). Both are pure. Their common rule: nothing that may be committed
// leaves a log, not even for the time until it would be sent again.

import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { counterOf, epochOf, formatZxid } from '../../../../harness/wire/zxid.ts';
import type { History } from './history.ts';

export type SyncPlan =
  /** The learner keeps its log; the records after `after` are what it lacks. */
  | { readonly type: 'DIFF'; readonly zxid: number; readonly after: number }
  /** The learner cuts its log after `zxid`, and gets what follows. */
  | { readonly type: 'TRUNC'; readonly zxid: number; readonly after: number }
  | { readonly type: 'SNAP' };

export interface SyncSource {
  readonly history: History;
  /** The end of what is sent as committed: of the initial history, later of what is committed. */
  readonly endZxid: number;
  /** The database's position; an activated epoch puts it at (epoch, 0), above the last record. */
  readonly lastProcessedZxid: number;
  /** The leader's epoch. */
  readonly epoch: number;
  /** The epoch of the leader whose history this server held when it was elected. */
  readonly initialEpoch: number;
  readonly isSnapshotForced: boolean;
}

/** The leader's choice for a learner whose last zxid is `peerZxid`. */
export function chooseSync(source: SyncSource, peerZxid: number): SyncPlan {
  const { history, endZxid } = source;
  const diff: SyncPlan = { type: 'DIFF', zxid: Math.max(peerZxid, endZxid), after: peerZxid };
  const peerEpoch = epochOf(peerZxid);
  const isEpochMark = counterOf(peerZxid) === 0;

  if (source.isSnapshotForced) return { type: 'SNAP' };
  if (peerZxid === source.lastProcessedZxid) return diff;
  if (peerZxid > endZxid) {
    if (!isEpochMark) return canCutAtEnd(source, peerEpoch) ? cutAfter(endZxid) : { type: 'SNAP' };
    // (e, 0) without any transaction after it is the initial history of e. This server has held that too
    // since it took part in e or a later epoch, and it has nothing more.
    return peerEpoch <= source.initialEpoch ? diff : { type: 'SNAP' };
  }
  if (peerZxid < history.baseZxid) return { type: 'SNAP' };
  if (isEpochMark || history.has(peerZxid)) return diff;
  // The peer's last transaction is not ours. As in Apache ZooKeeper a cut is followed only by transactions
  // of the same epoch; where ours go on in another one, a snapshot replaces everything.
  const previousZxid = history.lastZxidThrough(peerZxid);
  const next = history.recordsAfter(peerZxid)[0];
  const isSameEpoch = epochOf(previousZxid) === peerEpoch && epochOf(next?.header.zxid ?? 0) === peerEpoch;
  return isSameEpoch ? cutAfter(previousZxid) : { type: 'SNAP' };
}

/** What the learner was sent before NEWLEADER. */
export interface StagedSync {
  readonly type: 'DIFF' | 'TRUNC' | 'SNAP';
  /** The place in the leader's history behind which `records` stand. */
  readonly anchorZxid: number;
  readonly records: readonly TxnRecord[];
}

export type Adoption =
  | {
      readonly type: 'adopt';
      /** Replace the database and the log by the snapshot first. */
      readonly isSnapshotNeeded: boolean;
      /** Then cut the log after this zxid. */
      readonly keepThrough: number;
      /** Then append. */
      readonly append: readonly TxnRecord[];
    }
  /** Only a damaged or foreign log can lead here; restarting the protocol would lead here again. */
  | { readonly type: 'impossible'; readonly reason: string }
  /** The leader lacks what is known to be committed. To follow it would be to lose that. */
  | { readonly type: 'refused'; readonly reason: string }
  /**
   * What is to be undone has no record to cut: it came in a snapshot, and nobody has called it committed. A
   * leader that a later quorum has promised itself to does not have it, so it is not. Everything is to be asked
   * for again, from the start.
   */
  | { readonly type: 'startOver'; readonly reason: string };

/**
 * The learner's choice. Where its log already holds what is sent, it stays: a record that is cut off and
 * sent again would be missing from disk in between, although its acknowledgement may have been counted. For
 * the same reason a snapshot is installed only if the log does not reach it.
 */
export function planAdoption(history: History, staged: StagedSync): Adoption {
  const { anchorZxid, type } = staged;
  const lastStaged = staged.records.at(-1)?.header.zxid ?? anchorZxid;

  if (type === 'SNAP' && !isCovered(history, staged)) {
    if (anchorZxid < history.confirmedZxid) return { type: 'refused', reason: undoing(history, lastStaged) };
    return { type: 'adopt', isSnapshotNeeded: true, keepThrough: anchorZxid, append: staged.records };
  }
  if (type === 'TRUNC' && !isCutPossible(history, anchorZxid)) {
    return {
      type: anchorZxid < history.confirmedZxid ? 'impossible' : 'startOver',
      reason:
        `the leader asks to cut the log back to ${formatZxid(anchorZxid)}, which is not in it: ` +
        `it holds ${formatZxid(history.baseZxid)} to ${formatZxid(history.lastZxid)}`,
    };
  }

  const startZxid = Math.max(anchorZxid, history.baseZxid);
  const held = history.recordsAfter(startZxid);
  const wanted = staged.records.filter((record) => record.header.zxid > startZxid);
  let commonCount = 0;
  while (commonCount < held.length && held[commonCount]?.header.zxid === wanted[commonCount]?.header.zxid) {
    commonCount += 1;
  }
  const keepThrough = held[commonCount - 1]?.header.zxid ?? history.lastZxidThrough(startZxid);
  if (keepThrough < history.lastCommittedZxid) {
    const isConfirmed = keepThrough < history.confirmedZxid;
    return { type: isConfirmed ? 'impossible' : 'startOver', reason: undoing(history, keepThrough) };
  }
  return { type: 'adopt', isSnapshotNeeded: false, keepThrough, append: wanted.slice(commonCount) };
}

/** For one that takes nothing of its own log into account, having reported an empty one. */
export function planStartOver(history: History, staged: StagedSync): Adoption {
  const { anchorZxid, records, type } = staged;
  const lastStaged = records.at(-1)?.header.zxid ?? anchorZxid;
  if (lastStaged < history.confirmedZxid) return { type: 'refused', reason: undoing(history, lastStaged) };
  if (type !== 'SNAP' && anchorZxid !== 0) {
    return { type: 'refused', reason: `the leader sent ${type} to a server that reported an empty log` };
  }
  return { type: 'adopt', isSnapshotNeeded: true, keepThrough: anchorZxid, append: records };
}

function undoing(history: History, keptZxid: number): string {
  return (
    `the leader asks to undo committed transactions: its history leaves ours after ` +
    `${formatZxid(keptZxid)}, and ours is applied up to ${formatZxid(history.lastCommittedZxid)}`
  );
}

/**
 * Whether the log reaches the snapshot, so that the records behind the snapshot can follow on it. A log that
 * starts above the snapshot does where its start is one of those records: the leader has it too. An epoch's
 * start, (e, 0), is no record, and was committed when it got that name.
 */
function isCovered(history: History, { anchorZxid, records }: StagedSync): boolean {
  const { baseZxid } = history;
  if (history.has(anchorZxid)) return true;
  if (anchorZxid < baseZxid) {
    return counterOf(baseZxid) === 0 || records.some(({ header }) => header.zxid === baseZxid);
  }
  // (e, 0) is no record. But a log that goes on above it has, below it, what that epoch began with.
  return counterOf(anchorZxid) === 0 && history.lastZxid > anchorZxid;
}

/**
 * (e, 0) is no record, but a cut behind it is one before the first record of e. And a log that starts at
 * (e, 0) starts with the history that e began with; the leader has it too, so a cut below only names its
 * last transaction.
 */
function isCutPossible(history: History, zxid: number): boolean {
  if (history.has(zxid)) return true;
  return zxid > history.baseZxid ? counterOf(zxid) === 0 : counterOf(history.baseZxid) === 0;
}

/**
 * Whether a log that ends in `peerEpoch`, above our end, surely holds our end: it is of that epoch too, or
 * it is the end of the history with which that epoch began, since we began with it ourselves.
 */
function canCutAtEnd(source: SyncSource, peerEpoch: number): boolean {
  return (
    peerEpoch === epochOf(source.endZxid) || peerEpoch === source.initialEpoch || peerEpoch === source.epoch
  );
}

function cutAfter(zxid: number): SyncPlan {
  return { type: 'TRUNC', zxid, after: zxid };
}
