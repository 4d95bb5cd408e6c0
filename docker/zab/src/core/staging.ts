// What a leader sends between ACKEPOCH and NEWLEADER, collected and checked. Nothing of it touches log or
// database before it is complete.

import { PacketType } from '../../../../harness/wire/constants.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import type { QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import { decodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import { epochOf, formatZxid } from '../../../../harness/wire/zxid.ts';
import { follows } from './history.ts';
import { isFault, parseMembership } from './membership-text.ts';
import type { StagedSync } from './synchronization.ts';

/** Length of the long in front of the transaction in INFORMANDACTIVATE. */
const designatedLeaderBytes = 8;

export class Staging implements StagedSync {
  readonly type: StagedSync['type'];
  readonly anchorZxid: number;
  readonly records: TxnRecord[] = [];
  /** The raw bytes behind SNAP. */
  stream: Buffer | null = null;
  readonly #epoch: number;
  readonly #openingZxid: number;
  #committedCount = 0;

  private constructor(type: StagedSync['type'], packet: QuorumPacket, anchorZxid: number, epoch: number) {
    this.type = type;
    this.#openingZxid = packet.zxid;
    this.anchorZxid = anchorZxid;
    this.#epoch = epoch;
  }

  /** Null for a packet that does not open a synchronization. */
  static open(
    packet: QuorumPacket,
    learner: { readonly epoch: number; readonly lastLoggedZxid: number },
  ): Staging | null {
    switch (packet.type) {
      case PacketType.DIFF:
        // It goes on where the log ends that ACKEPOCH reported.
        return new Staging('DIFF', packet, learner.lastLoggedZxid, learner.epoch);
      case PacketType.TRUNC:
        return new Staging('TRUNC', packet, packet.zxid, learner.epoch);
      case PacketType.SNAP:
        return new Staging('SNAP', packet, packet.zxid, learner.epoch);
      default:
        return null;
    }
  }

  /** The leader has committed everything up to here. */
  get committedZxid(): number {
    return Math.max(this.#openingZxid, this.#lastCommittedZxid);
  }

  /** Proposals that the leader has not called committed. */
  get outstanding(): readonly TxnRecord[] {
    return this.records.slice(this.#committedCount);
  }

  /** Takes one packet; tells why it cannot be. */
  add(packet: QuorumPacket): string | null {
    switch (packet.type) {
      case PacketType.PROPOSAL:
        return this.#addRecord(recordOf(packet));
      case PacketType.COMMIT:
      case PacketType.COMMIT_AND_ACTIVATE:
        return this.#addCommit(packet.zxid);
      case PacketType.INFORM:
      case PacketType.INFORM_AND_ACTIVATE:
        return this.#addRecord(recordOf(packet)) ?? this.#addCommit(packet.zxid);
      default:
        return `a packet of type ${packet.type} before NEWLEADER`;
    }
  }

  #addRecord(record: TxnRecord): string | null {
    const { zxid } = record.header;
    const lastZxid = this.records.at(-1)?.header.zxid ?? this.anchorZxid;
    // A snapshot may be newer than the first records that the leader queued behind it.
    if (zxid <= lastZxid) return null;
    if (!canFollow(zxid, lastZxid, this.#epoch)) {
      return `${formatZxid(zxid)} cannot follow ${formatZxid(lastZxid)}`;
    }
    this.records.push(record);
    return null;
  }

  #addCommit(zxid: number): string | null {
    if (zxid <= this.#lastCommittedZxid) return null;
    const next = this.records[this.#committedCount]?.header.zxid;
    if (zxid !== next) return `a commit of ${formatZxid(zxid)} where another transaction is next`;
    this.#committedCount += 1;
    return null;
  }

  get #lastCommittedZxid(): number {
    return this.records[this.#committedCount - 1]?.header.zxid ?? this.anchorZxid;
  }
}

/** Whether a leader of `epoch` may send `zxid` to a log that ends at `lastZxid`. */
export function canFollow(zxid: number, lastZxid: number, epoch: number): boolean {
  return follows(zxid, lastZxid) && epochOf(zxid) <= epoch;
}

/** The transaction in PROPOSAL, INFORM or INFORMANDACTIVATE; throws JuteError. */
export function recordOf(packet: QuorumPacket): TxnRecord {
  if (packet.data === null) throw new JuteError('no transaction', 0);
  // INFORMANDACTIVATE names a leader for the new configuration in front of the transaction.
  const isActivation = packet.type === PacketType.INFORM_AND_ACTIVATE;
  const record = decodeTxn(isActivation ? packet.data.subarray(designatedLeaderBytes) : packet.data);
  if (record.header.zxid !== packet.zxid) {
    throw new JuteError(`${formatZxid(packet.zxid)} outside, ${formatZxid(record.header.zxid)} inside`, 0);
  }
  if (record.txn.type === 'reconfig') {
    const parsed = parseMembership(record.txn.data?.toString() ?? '');
    if (isFault(parsed)) throw new JuteError(`a reconfiguration: ${parsed.fault}`, 0);
  }
  return record;
}
