// Who leads after a reconfiguration has committed: this server if it may, else the follower that has most of what
// is still under way. Everybody is told, so that no election is needed where one server leads after another.

import { PacketType } from '../../../../harness/wire/constants.ts';
import { encodeDesignatedLeader } from '../../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { canLead, memberOf } from './membership.ts';
import type { Member, Membership } from './membership.ts';
import type { Acker } from './proposals.ts';

export interface Designation {
  readonly sid: number;
  readonly before: Membership;
  readonly after: Membership;
  /** Those that have acknowledged the reconfiguration, this server left out. */
  readonly ackers: readonly Acker[];
}

/** A leader whose address changes cannot stay: nobody would reach it. */
export function mayStay(sid: number, { before, after }: Pick<Designation, 'before' | 'after'>): boolean {
  const own = memberOf(after, sid);
  return own !== undefined && canLead(after, sid) && isSameAddress(own, memberOf(before, sid));
}

export function designateLeader(designation: Designation): number {
  const { sid, after, ackers } = designation;
  if (mayStay(sid, designation)) return sid;
  let best: Acker | null = null;
  for (const acker of ackers) {
    if (!canLead(after, acker.sid)) continue;
    const isBetter =
      best === null ||
      acker.ackedZxid > best.ackedZxid ||
      (acker.ackedZxid === best.ackedZxid && acker.sid < best.sid);
    if (isBetter) best = acker;
  }
  return best?.sid ?? sid;
}

export function activationCommit(zxid: number, leader: number): QuorumPacket {
  return { type: PacketType.COMMIT_AND_ACTIVATE, zxid, data: encodeDesignatedLeader(leader), authinfo: null };
}

export function activationInform({ header, bytes }: TxnRecord, leader: number): QuorumPacket {
  const data = Buffer.concat([encodeDesignatedLeader(leader), bytes]);
  return { type: PacketType.INFORM_AND_ACTIVATE, zxid: header.zxid, data, authinfo: null };
}

function isSameAddress(one: Member, other: Member | undefined): boolean {
  return other !== undefined && one.host === other.host && one.quorumPort === other.quorumPort;
}
