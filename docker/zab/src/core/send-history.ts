// A learner's synchronization as the leader sends it: DIFF, TRUNC or SNAP, then the transactions that follow,
// then NEWLEADER. From there on the learner gets the live stream, so nothing is sent twice and nothing is
// left out: all of it is queued in one step.

import { PacketType } from '../../../../harness/wire/constants.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { makeZxid } from '../../../../harness/wire/zxid.ts';
import { proposalOf } from './broadcast.ts';
import type { LearnerHandler } from './learner-handler.ts';
import type { LocalState } from './local-state.ts';
import { membershipText } from './membership.ts';
import type { Membership } from './membership.ts';
import { chooseSync } from './synchronization.ts';
import type { SyncPlan, SyncSource } from './synchronization.ts';

export function sendHistory(
  handler: LearnerHandler,
  state: LocalState,
  source: Omit<SyncSource, 'history' | 'lastProcessedZxid'>,
  /** Which the learner takes for decided at UPTODATE. */
  configuration: Membership,
): void {
  const { history, database, outbox, trace } = state;
  const { endZxid } = source;
  const lastProcessedZxid = Math.max(endZxid, database.lastProcessedZxid);
  const older = source.isSnapshotForced ? null : olderRecords(state, handler.lastZxid);
  const plan: SyncPlan =
    older === null
      ? chooseSync({ ...source, history, lastProcessedZxid }, handler.lastZxid)
      : { type: 'DIFF', zxid: endZxid, after: handler.lastZxid };
  trace?.({ event: 'SYNC_SEND', to: handler.sid, mode: plan.type, from: handler.lastZxid, upTo: endZxid });

  let afterZxid: number;
  if (plan.type === 'SNAP') {
    // Whatever is not applied yet follows as records, so that no snapshot holds what may be undone.
    afterZxid = database.lastProcessedZxid;
    handler.send({ type: PacketType.SNAP, zxid: afterZxid, data: null, authinfo: null });
    outbox.stream(handler.link, database.openStream());
  } else {
    afterZxid = plan.after;
    handler.send({ type: PacketType[plan.type], zxid: plan.zxid, data: null, authinfo: null });
  }
  for (const record of [...(older ?? []), ...history.recordsAfter(afterZxid)]) {
    const { zxid } = record.header;
    if (zxid <= endZxid) {
      handler.send(proposalOf(record));
      handler.send({ type: PacketType.COMMIT, zxid, data: null, authinfo: null });
    } else if (handler.isFollower) {
      handler.propose(proposalOf(record));
    }
  }
  handler.send({
    type: PacketType.NEWLEADER,
    zxid: makeZxid(source.epoch, 0),
    data: Buffer.from(membershipText(configuration)),
    authinfo: null,
  });
}

/**
 * What a learner lacks that memory no longer holds, if the log on disk does: all of it is committed. Only for
 * one whose last transaction is ours too; any other gets what `chooseSync` says.
 */
function olderRecords({ history, readLog }: LocalState, peerZxid: number): readonly TxnRecord[] | null {
  if (peerZxid <= 0 || peerZxid >= history.baseZxid) return null;
  return readLog({ afterZxid: peerZxid, throughZxid: history.baseZxid });
}
