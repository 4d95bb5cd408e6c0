import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { PacketType } from '../../../harness/wire/constants.ts';
import { JuteError, JuteWriter } from '../../../harness/wire/jute.ts';
import {
  encodeQuorumPacket,
  QuorumStreamDecoder,
  QuorumStreamError,
  type QuorumStreamItem,
  type QuorumStreamLimits,
} from '../../../harness/wire/quorum-codec.ts';
import type { QuorumPacket } from '../../../harness/wire/quorum-packet.ts';
import {
  decodeSnapshotStream,
  encodeSnapshotStream,
  type SnapshotNode,
} from '../../../harness/wire/snapshot-codec.ts';
import { loadConnections } from './vectors.ts';

const connections = loadConnections('quorum-broadcast.json', 'quorum-join.json', 'quorum-misc.json');
const commit: QuorumPacket = { type: PacketType.COMMIT, zxid: 0x1_0000_0001, data: null, authinfo: null };
const snap: QuorumPacket = { type: PacketType.SNAP, zxid: 0x1_0000_0001, data: null, authinfo: null };
const noNodes = encodeSnapshotStream({ sessions: [], acls: [], nodes: [] });

function pushInPieces(stream: Buffer, step: number, limits?: QuorumStreamLimits): QuorumStreamItem[] {
  const decoder = new QuorumStreamDecoder(limits);
  const items: QuorumStreamItem[] = [];
  for (let at = 0; at < stream.length; at += step)
    items.push(...decoder.push(stream.subarray(at, at + step)));
  assert.equal(decoder.bufferedBytes, 0);
  return items;
}

describe('quorum stream decoder', () => {
  for (const dir of ['leader>learner', 'learner>leader']) {
    it(`finds the packets of the vectors however they are cut, ${dir}`, () => {
      let found = 0;
      for (const { label, frames } of connections) {
        const sent = frames.filter((frame) => frame.dir === dir);
        const stream = Buffer.concat(sent.map((frame) => frame.bytes));
        const whole = pushInPieces(stream, stream.length || 1);
        found += whole.length;

        const bytes = whole.map((item) =>
          item.type === 'snapshot' ? item.stream : encodeQuorumPacket(item.packet),
        );
        assert.deepEqual(
          bytes,
          sent.map((frame) => frame.bytes),
          label,
        );
        for (const step of [1, 5, 333]) {
          assert.deepEqual(pushInPieces(stream, step), whole, `${label}, ${step} bytes at a time`);
        }
      }
      assert.equal(found, dir === 'leader>learner' ? 374 : 283);
    });
  }

  it('waits for the rest of an item that is cut short, at every byte', () => {
    for (const { frames } of connections) {
      for (const { bytes, name, where } of frames) {
        if (name === 'snapshot stream after SNAP') continue;
        for (let length = 0; length < bytes.length; length++) {
          const decoder = new QuorumStreamDecoder();
          assert.deepEqual(decoder.push(bytes.subarray(0, length)), [], `${where}, ${length} bytes`);
          assert.equal(decoder.bufferedBytes, length);
        }
      }
    }
  });

  it('hands out the snapshot behind a SNAP packet whole, and goes on with packets', () => {
    const bytes = Buffer.concat([encodeQuorumPacket(snap), noNodes, encodeQuorumPacket(commit)]);

    const items = new QuorumStreamDecoder().push(bytes);

    assert.deepEqual(items, [
      { type: 'packet', packet: snap },
      { type: 'snapshot', stream: noNodes },
      { type: 'packet', packet: commit },
    ]);
  });

  it('takes SNAP for a packet like any other where no snapshot may come', () => {
    const bytes = Buffer.concat([snap, commit].map(encodeQuorumPacket));

    const items = new QuorumStreamDecoder({ allowSnapshot: false }).push(bytes);

    assert.deepEqual(
      items.map((item) => item.type),
      ['packet', 'packet'],
    );
  });

  it('refuses a snapshot with another signature', () => {
    const bytes = Buffer.concat([encodeQuorumPacket(snap), noNodes]);
    bytes.write('BenWasHare', bytes.length - 10);

    assert.throws(() => new QuorumStreamDecoder().push(bytes), /signed "BenWasHare", expected "BenWasHere"/);
    assert.throws(() => decodeSnapshotStream(bytes.subarray(20)), /signed "BenWasHare"/);
  });

  it('refuses a snapshot stream that is cut short, at every byte', () => {
    for (const { frames } of connections) {
      for (const { bytes, name, where } of frames) {
        if (name !== 'snapshot stream after SNAP') continue;
        const decoder = new QuorumStreamDecoder();
        decoder.push(encodeQuorumPacket(snap));
        for (let length = 0; length < bytes.length; length++) {
          const cut = bytes.subarray(0, length);
          assert.throws(() => decodeSnapshotStream(cut), JuteError, `${where}, ${length} bytes`);
          assert.deepEqual(
            decoder.push(bytes.subarray(length, length + 1)).length,
            +(length + 1 === bytes.length),
          );
        }
      }
    }
  });

  it('passes packets of unknown types up', () => {
    const unknown = { type: 77, zxid: 5, data: Buffer.from('x'), authinfo: [{ scheme: 'ip', id: '::1' }] };

    assert.deepEqual(new QuorumStreamDecoder().push(encodeQuorumPacket(unknown)), [
      { type: 'packet', packet: unknown },
    ]);
  });

  it('hands over the items before nonsense with the error, and stays closed', () => {
    const decoder = new QuorumStreamDecoder();
    const bad = encodeQuorumPacket(commit);
    bad.writeInt32BE(-2, 12);

    const thrown = throwsStreamError(() => decoder.push(Buffer.concat([encodeQuorumPacket(commit), bad])));

    assert.deepEqual(thrown.items, [{ type: 'packet', packet: commit }]);
    assert.match(thrown.message, /data of length -2, expected -1 to 67108864 \(at byte 12\)/);
    assert.match(throwsStreamError(() => decoder.push(encodeQuorumPacket(commit))).message, /length -2/);
  });

  it('refuses data beyond the limit as soon as their length is there', () => {
    const writer = new JuteWriter();
    writer.writeInt(PacketType.PROPOSAL);
    writer.writeLong(1);
    writer.writeInt(0x7fffffff);

    assert.match(
      throwsStreamError(() => new QuorumStreamDecoder().push(writer.toBuffer())).message,
      /2147483647/,
    );
  });

  it('refuses authinfo that lies about its count or lengths', () => {
    for (const [count, length] of [
      [0x7fffffff, 0],
      [1, -2],
      [1, 0x7fffffff],
    ] as const) {
      const writer = new JuteWriter();
      writer.writeInt(PacketType.REQUEST);
      writer.writeLong(-1);
      writer.writeInt(-1);
      writer.writeInt(count);
      writer.writeInt(length);

      throwsStreamError(() => new QuorumStreamDecoder().push(writer.toBuffer()));
    }
  });

  for (const [what, fields] of [
    ['a negative count of sessions', [-1]],
    ['a negative count of ACLs', [0, -1]],
    ['more sessions than a snapshot may have', [0x7fffffff]],
    ['a path of negative length', [0, 0, -2]],
    ['a znode of negative length', [0, 0, 0, -2]],
    ['an ACL of negative length', [0, 1, 0, 1, 1, 31, -9]],
  ] as const) {
    it(`refuses a snapshot with ${what}`, () => {
      const writer = new JuteWriter();
      writer.writeBytes(encodeQuorumPacket(snap));
      for (const field of fields) writer.writeInt(field);

      throwsStreamError(() => new QuorumStreamDecoder().push(writer.toBuffer()));
    });
  }

  it('spends linear time on a large packet or snapshot that arrives in small pieces', () => {
    const proposal = { type: PacketType.PROPOSAL, zxid: 1, data: Buffer.alloc(200_000), authinfo: null };
    const makeNode = (): SnapshotNode => ({
      path: '/a',
      data: Buffer.alloc(10),
      aclKey: -1,
      czxid: 1,
      mzxid: 1,
      ctime: 0,
      mtime: 0,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: '0000000000000000',
      pzxid: 1,
    });
    const nodes = Array.from({ length: 5_000 }, makeNode);
    const snapshot = encodeSnapshotStream({ sessions: [], acls: [], nodes });
    const stream = Buffer.concat([encodeQuorumPacket(proposal), encodeQuorumPacket(snap), snapshot]);

    const items = pushInPieces(stream, 1);

    assert.deepEqual(
      items.map((item) => item.type),
      ['packet', 'packet', 'snapshot'],
    );
  });

  it('does not keep the chunk of an item that is cut, nor write into one that it handed out', () => {
    const decoder = new QuorumStreamDecoder();
    const packet = { ...commit, data: Buffer.from('abc') };
    const stream = Buffer.concat([packet, packet, packet].map(encodeQuorumPacket));
    const chunk = Buffer.from(stream.subarray(0, 30));

    const items = decoder.push(chunk);
    const [first] = structuredClone(items);
    chunk.fill(0, 23);
    items.push(...decoder.push(stream.subarray(30, 60)), ...decoder.push(stream.subarray(60)));

    assert.deepEqual(structuredClone(items), [first, first, first]);
  });
});

function throwsStreamError(run: () => unknown): QuorumStreamError {
  try {
    run();
  } catch (error) {
    if (error instanceof QuorumStreamError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'expected a QuorumStreamError' });
}
