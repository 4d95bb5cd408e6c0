import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { requestNameOf } from '../../../harness/wire/client-codec.ts';
import { decodeCreateSessionBody, encodeCreateSessionBody } from '../../../harness/wire/connect-codec.ts';
import { OpCode, PacketType } from '../../../harness/wire/constants.ts';
import { JuteError, JuteReader } from '../../../harness/wire/jute.ts';
import {
  decodeAckEpochData,
  decodeForwardedRequest,
  decodeLeaderInfoData,
  decodeLearnerInfo,
  decodeRevalidate,
  decodeRevalidated,
  decodeTouches,
  encodeAckEpochData,
  encodeForwardedRequest,
  encodeLeaderInfoData,
  encodeLearnerInfo,
  encodeQuorumPacket,
  encodeRevalidate,
  encodeRevalidated,
  encodeTouches,
  QuorumStreamDecoder,
} from '../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../harness/wire/quorum-packet.ts';
import { decodeSnapshotStream, encodeSnapshotStream } from '../../../harness/wire/snapshot-codec.ts';
import { decodeTxn, encodeTxn } from '../../../harness/wire/txn-codec.ts';
import { assertFields, loadConnections, type VectorFrame } from './vectors.ts';
import { requestBodyShape, snapshotShape, txnShape } from './vector-shape.ts';

const connections = loadConnections('quorum-broadcast.json', 'quorum-join.json', 'quorum-misc.json');
const frames = connections.flatMap((connection) => connection.frames);
const streams = frames.filter((frame) => frame.name === 'snapshot stream after SNAP');
const packets = frames.filter((frame) => !streams.includes(frame));

function decodePacket(frame: VectorFrame): QuorumPacket {
  const [item, ...others] = new QuorumStreamDecoder().push(frame.bytes);
  assert.equal(others.length, 0, frame.where);
  assert.ok(item?.type === 'packet', frame.where);
  return item.packet;
}

/** The data field decoded by its packet's type, in the vectors' shape. */
function dataShape(packet: QuorumPacket, dir: string): unknown {
  const data = packet.data;
  if (data === null) return null;
  switch (packet.type) {
    case PacketType.FOLLOWERINFO:
    case PacketType.OBSERVERINFO: {
      const { sid, ...info } = decodeLearnerInfo(data);
      return { LearnerInfo: { serverid: sid, ...info, left: 0 } };
    }
    case PacketType.LEADERINFO:
      return { protocolVersion: decodeLeaderInfoData(data) };
    case PacketType.ACKEPOCH:
      return { currentEpoch: decodeAckEpochData(data) };
    case PacketType.PING:
      return {
        touched: decodeTouches(data).map(({ sessionId, timeoutMs }) => ({ sessionId, timeout: timeoutMs })),
      };
    case PacketType.REVALIDATE: {
      if (dir === 'leader>learner') return decodeRevalidated(data);
      const { sessionId, timeoutMs } = decodeRevalidate(data);
      return { sessionId, timeout: timeoutMs };
    }
    case PacketType.REQUEST:
      return forwardedShape(packet);
    case PacketType.PROPOSAL:
    case PacketType.INFORM:
      return txnShape(decodeTxn(data));
    case PacketType.COMMIT_AND_ACTIVATE:
      return { designatedLeader: new JuteReader(data).readLong() };
    case PacketType.INFORM_AND_ACTIVATE:
      return {
        designatedLeader: new JuteReader(data).readLong(),
        ...txnShape(decodeTxn(data.subarray(8))),
      };
    default:
      return data;
  }
}

function forwardedShape(packet: QuorumPacket): unknown {
  const { sessionId, cxid, opcode, body } = decodeForwardedRequest(packet);
  const isCreateSession = opcode === OpCode.CREATE_SESSION;
  return {
    sessionId,
    cxid,
    type: opcode,
    typeName: isCreateSession ? 'createSession' : requestNameOf(opcode),
    body: isCreateSession ? { timeOut: decodeCreateSessionBody(body) } : requestBodyShape(opcode, body),
  };
}

/** The data field decoded and encoded again. */
function encodeData({ type, data, ...packet }: QuorumPacket, dir: string): Buffer | null {
  if (data === null) return null;
  switch (type) {
    case PacketType.FOLLOWERINFO:
    case PacketType.OBSERVERINFO:
      return encodeLearnerInfo(decodeLearnerInfo(data));
    case PacketType.LEADERINFO:
      return encodeLeaderInfoData(decodeLeaderInfoData(data));
    case PacketType.ACKEPOCH:
      return encodeAckEpochData(decodeAckEpochData(data));
    case PacketType.PING:
      return encodeTouches(decodeTouches(data));
    case PacketType.REVALIDATE:
      return dir === 'leader>learner'
        ? encodeRevalidated(decodeRevalidated(data))
        : encodeRevalidate(decodeRevalidate(data));
    case PacketType.REQUEST:
      return encodeForwardedRequest(decodeForwardedRequest({ type, data, ...packet })).data;
    case PacketType.PROPOSAL:
    case PacketType.INFORM: {
      const { header, txn, digest } = decodeTxn(data);
      return encodeTxn(header, txn, digest).bytes;
    }
    default:
      return data;
  }
}

describe('quorum codec', () => {
  it('has found every packet of the vectors', () => {
    assert.equal(packets.length, 653);
    assert.equal(streams.length, 4);
    assert.deepEqual(
      Object.values(PacketType).filter((type) => !packets.some(({ bytes }) => bytes.readInt32BE(0) === type)),
      [],
      'packet types without a vector',
    );
  });

  it('decodes what an independent decoder found', () => {
    for (const frame of packets) {
      const packet = decodePacket(frame);

      assertFields({ ...packet, data: dataShape(packet, frame.dir) }, frame.decoded, frame.where);
    }
  });

  it('encodes to the same bytes again', () => {
    for (const frame of packets) {
      const packet = decodePacket(frame);

      const bytes = encodeQuorumPacket({ ...packet, data: encodeData(packet, frame.dir) });

      assert.equal(bytes.toString('hex'), frame.bytes.toString('hex'), frame.where);
    }
  });

  it('decodes and encodes the streams behind SNAP packets', () => {
    for (const { bytes, decoded, where } of streams) {
      const body = decodeSnapshotStream(bytes);

      assertFields({ snapshot: snapshotShape(body), signature: 'BenWasHere' }, decoded, where);
      assert.deepEqual(encodeSnapshotStream(body), bytes, where);
    }
  });

  it('refuses data that are cut short, at every byte', () => {
    for (const frame of packets) {
      const packet = decodePacket(frame);
      const { data } = packet;
      // Texts have no structure, and transactions have optional parts: they are cut below.
      if (data === null || packet.type === PacketType.NEWLEADER || isTxn(packet.type)) continue;
      const isList = packet.type === PacketType.PING;
      for (let length = 0; length < data.length; length++) {
        if (isList && length % 12 === 0) continue;
        const cut = { ...packet, data: data.subarray(0, length) };
        assert.throws(() => dataShape(cut, frame.dir), JuteError, `${frame.where}, ${length} bytes`);
      }
    }
  });

  it('refuses transactions that are cut short, except where their optional parts end', () => {
    let cuts = 0;
    for (const frame of packets) {
      const { type, data } = decodePacket(frame);
      if (data === null || (type !== PacketType.PROPOSAL && type !== PacketType.INFORM)) continue;
      const { txn, digest } = decodeTxn(data);
      const optionalEnds = new Set([digest === null ? -1 : data.length - 12]);
      if (txn.type === 'create') optionalEnds.add(data.length - 12 - 4);
      if (txn.type === 'closeSession') optionalEnds.add(32);
      // The count of two paths and eight bytes more look like a digest behind no list at all.
      if (txn.type === 'closeSession' && txn.paths?.length === 2) optionalEnds.add(32 + 12);
      for (let length = 0; length < data.length; length++) {
        if (optionalEnds.has(length)) continue;
        assert.throws(
          () => decodeTxn(data.subarray(0, length)),
          JuteError,
          `${frame.where}, ${length} bytes`,
        );
        cuts++;
      }
    }
    assert.ok(cuts > 5_000, `only ${cuts} cuts`);
  });

  function isTxn(type: number): boolean {
    const types: number[] = [PacketType.PROPOSAL, PacketType.INFORM, PacketType.INFORM_AND_ACTIVATE];
    return types.includes(type);
  }

  it('refuses packets whose data are missing', () => {
    for (const decode of [
      decodeLearnerInfo,
      decodeLeaderInfoData,
      decodeAckEpochData,
      decodeRevalidate,
      decodeRevalidated,
    ]) {
      assert.throws(() => decode(null), /packet without data/);
    }
    const request = { type: PacketType.REQUEST, zxid: -1, data: null, authinfo: null };
    assert.throws(() => decodeForwardedRequest(request), /a REQUEST packet without data/);
  });

  it('reads a ping without data as one that touched nothing', () => {
    assert.deepEqual(decodeTouches(null), []);
    assert.equal(encodeTouches([]).length, 0);
  });

  it('carries the timeout of a session that is to be created', () => {
    assert.equal(decodeCreateSessionBody(encodeCreateSessionBody(30_000)), 30_000);
  });
});
