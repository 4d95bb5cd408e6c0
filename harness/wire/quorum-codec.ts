// Packets between a learner and its leader, and what their data fields hold. Types that a receiver does not
// know are packets all the same. Finding packets in a byte stream: `quorum-stream.ts`.

import { PacketType } from './constants.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import type { ForwardedRequest, LearnerInfo, QuorumPacket, SessionTouch } from './quorum-packet.ts';
import { writeAuthIds } from './record-codec.ts';
import type { SessionId } from './session-id.ts';

export { QuorumStreamDecoder, QuorumStreamError } from './quorum-stream.ts';
export type { QuorumStreamItem, QuorumStreamLimits } from './quorum-stream.ts';

const emptyPacketBytes = 20;

export function encodeQuorumPacket(packet: QuorumPacket): Buffer {
  const idBytes = packet.authinfo === null ? 0 : 64 * packet.authinfo.length;
  const writer = new JuteWriter(emptyPacketBytes + (packet.data?.length ?? 0) + idBytes);
  writer.writeInt(packet.type);
  writer.writeLong(packet.zxid);
  writer.writeBuffer(packet.data);
  writeAuthIds(writer, packet.authinfo);
  return writer.toBuffer();
}

export function encodeLearnerInfo(info: LearnerInfo): Buffer {
  const writer = new JuteWriter(20);
  writer.writeLong(info.sid);
  writer.writeInt(info.protocolVersion);
  writer.writeLong(info.configVersion);
  return writer.toBuffer();
}

export function decodeLearnerInfo(data: Buffer | null): LearnerInfo {
  const reader = readerOf(data, 'FOLLOWERINFO');
  return {
    sid: reader.readLong(),
    protocolVersion: reader.readInt(),
    configVersion: reader.readLong(),
  };
}

export function encodeLeaderInfoData(protocolVersion: number): Buffer {
  return encodeInt(protocolVersion);
}

export function decodeLeaderInfoData(data: Buffer | null): number {
  return readerOf(data, 'LEADERINFO').readInt();
}

/** COMMITANDACTIVATE, and what stands in front of the transaction in INFORMANDACTIVATE. */
export function encodeDesignatedLeader(sid: number): Buffer {
  const writer = new JuteWriter(8);
  writer.writeLong(sid);
  return writer.toBuffer();
}

export function decodeDesignatedLeader(data: Buffer | null): number {
  return readerOf(data, 'COMMITANDACTIVATE').readLong();
}

/** −1 in place of the current epoch: "already promised this epoch, do not count me". */
export function encodeAckEpochData(currentEpoch: number): Buffer {
  return encodeInt(currentEpoch);
}

export function decodeAckEpochData(data: Buffer | null): number {
  return readerOf(data, 'ACKEPOCH').readInt();
}

export function encodeForwardedRequest(request: ForwardedRequest): QuorumPacket {
  const writer = new JuteWriter(16 + request.body.length);
  writer.writeSessionId(request.sessionId);
  writer.writeInt(request.cxid);
  writer.writeInt(request.opcode);
  writer.writeBytes(request.body);
  return { type: PacketType.REQUEST, zxid: -1, data: writer.toBuffer(), authinfo: request.authinfo };
}

export function decodeForwardedRequest(packet: QuorumPacket): ForwardedRequest {
  const reader = readerOf(packet.data, 'REQUEST');
  return {
    sessionId: reader.readSessionId(),
    cxid: reader.readInt(),
    opcode: reader.readInt(),
    body: reader.bytes.subarray(reader.offset),
    authinfo: packet.authinfo,
  };
}

/** Data of a PING's answer: never null, even when no session was touched. */
export function encodeTouches(touches: Iterable<SessionTouch>): Buffer {
  const writer = new JuteWriter(120);
  for (const touch of touches) {
    writer.writeSessionId(touch.sessionId);
    writer.writeInt(touch.timeoutMs);
  }
  return writer.toBuffer();
}

export function decodeTouches(data: Buffer | null): SessionTouch[] {
  const touches: SessionTouch[] = [];
  if (data === null) return touches;
  const reader = new JuteReader(data);
  while (reader.remaining > 0) {
    touches.push({ sessionId: reader.readSessionId(), timeoutMs: reader.readInt() });
  }
  return touches;
}

/** A learner's question in REVALIDATE. */
export function encodeRevalidate(question: SessionTouch): Buffer {
  return encodeTouches([question]);
}

export function decodeRevalidate(data: Buffer | null): SessionTouch {
  const reader = readerOf(data, 'REVALIDATE');
  return { sessionId: reader.readSessionId(), timeoutMs: reader.readInt() };
}

export interface Revalidated {
  readonly sessionId: SessionId;
  readonly valid: boolean;
}

/** The leader's answer in REVALIDATE. */
export function encodeRevalidated(answer: Revalidated): Buffer {
  const writer = new JuteWriter(9);
  writer.writeSessionId(answer.sessionId);
  writer.writeBoolean(answer.valid);
  return writer.toBuffer();
}

export function decodeRevalidated(data: Buffer | null): Revalidated {
  const reader = readerOf(data, 'REVALIDATE');
  return { sessionId: reader.readSessionId(), valid: reader.readBoolean() };
}

function encodeInt(value: number): Buffer {
  const writer = new JuteWriter(4);
  writer.writeInt(value);
  return writer.toBuffer();
}

function readerOf(data: Buffer | null, packetName: string): JuteReader {
  if (data === null) throw new JuteError(`a ${packetName} packet without data`, 0);
  return new JuteReader(data);
}
