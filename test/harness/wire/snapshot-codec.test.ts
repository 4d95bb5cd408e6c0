import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { JuteError } from '../../../harness/wire/jute.ts';
import {
  decodeSnapshotFile,
  encodeSnapshotFile,
  encodeSnapshotStream,
  type SnapshotBody,
  type SnapshotNode,
} from '../../../harness/wire/snapshot-codec.ts';
import { assertFields, type Fields, readVectorFile } from './vectors.ts';
import { snapshotShape } from './vector-shape.ts';

const listing = JSON.parse(readVectorFile('storage.json').toString()) as { records: Fields[] };
const snapshots = listing.records
  .filter((record) => String(record['file']).includes('.snapshot.'))
  .map((expected) => ({ expected, file: readVectorFile(String(expected['file'])) }));

const root: SnapshotNode = {
  path: '',
  data: null,
  aclKey: -1,
  czxid: 0,
  mzxid: 0,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 3,
  aversion: 0,
  ephemeralOwner: '0000000000000000',
  pzxid: 7,
};
const body: SnapshotBody = {
  sessions: [{ sessionId: 'ff00000000000001', timeoutMs: 4000 }],
  acls: [{ key: 1, acl: [{ perms: 1, scheme: 'world', id: 'anyone' }] }],
  nodes: [
    root,
    { ...root, path: '/ü', data: Buffer.alloc(0), aclKey: 1, ephemeralOwner: 'ff00000000000001' },
  ],
};
const digest = { zxid: 0x1_0000_0001, digest: { high: 7, low: 0xffff_ffff } };

describe('snapshot codec', () => {
  it('is sealed in the room in which it was written', () => {
    const large = { ...body, nodes: [root, { ...root, path: '/large', data: Buffer.alloc(40_000) }] };
    const { buffer } = encodeSnapshotStream(large);

    assert.equal(encodeSnapshotFile(large, digest).buffer.byteLength, buffer.byteLength);
  });

  it('decodes the files of the vectors as an independent decoder did', () => {
    assert.equal(snapshots.length, 2);
    for (const { expected, file } of snapshots) {
      const { sessions, aclCache } = expected;
      const nodes = (expected['nodes'] as Fields[]).map(
        ({ offset: _offset, nodeDigest: _digest, ...node }) => node,
      );
      const { zxid, treeDigest } = expected['digest'] as Fields;

      const decoded = decodeSnapshotFile(file);

      const where = String(expected['file']);
      assertFields(snapshotShape(decoded.body), { sessions, aclCache, nodes }, where);
      assertFields(
        { zxid: decoded.digest?.zxid, treeDigest: decoded.digest?.digest },
        { zxid, treeDigest },
        where,
      );
    }
  });

  it('encodes them to the same bytes again', () => {
    for (const { expected, file } of snapshots) {
      const decoded = decodeSnapshotFile(file);

      const bytes = encodeSnapshotFile(decoded.body, decoded.digest);

      assert.equal(bytes.toString('hex'), file.toString('hex'), String(expected['file']));
    }
  });

  it('refuses a file that is cut short, at every byte but after the first seal', () => {
    for (const { expected, file } of snapshots) {
      const firstSealEnd = Number(expected['treeEndOffset']) + 13;
      for (let length = 0; length < file.length; length++) {
        const cut = file.subarray(0, length);
        if (length === firstSealEnd) assert.equal(decodeSnapshotFile(cut).digest, null);
        else assert.throws(() => decodeSnapshotFile(cut), JuteError, `${length} bytes`);
      }
    }
  });

  it('notices any changed byte that a seal covers', () => {
    for (const { file } of snapshots) {
      for (let at = 0; at < file.length; at++) {
        // Nobody checks the database id, but the first seal covers it.
        const damaged = Buffer.from(file);
        damaged.writeUInt8((file[at] ?? 0) ^ 0x10, at);
        assert.throws(() => decodeSnapshotFile(damaged), JuteError, `byte ${at}`);
      }
    }
  });

  it('writes null and empty data, sessions beyond 2^53 and any path', () => {
    const decoded = decodeSnapshotFile(encodeSnapshotFile(body, digest));

    assert.deepEqual(decoded, { body, digest });
  });

  it('leaves digest and second seal out when there is no digest', () => {
    const bytes = encodeSnapshotFile(body, null);

    assert.deepEqual(decodeSnapshotFile(bytes), { body, digest: null });
    assert.equal(bytes.length, encodeSnapshotFile(body, digest).length - 33);
  });

  it('takes its znodes one by one', () => {
    function* nodes(): Generator<SnapshotNode> {
      for (let index = 0; index < 2_000; index++)
        yield { ...root, path: `/${index}`, data: Buffer.alloc(50) };
    }

    const decoded = decodeSnapshotFile(encodeSnapshotFile({ sessions: [], acls: [], nodes: nodes() }, null));

    assert.equal([...decoded.body.nodes].length, 2_000);
  });

  it('refuses other files and other versions', () => {
    const bytes = encodeSnapshotFile(body, null);
    assert.throws(() => decodeSnapshotFile(Buffer.from('ZKLG')), /a snapshot that begins with 0x5a4b4c47/);
    bytes.writeInt32BE(3, 4);
    assert.throws(() => decodeSnapshotFile(bytes), /a snapshot of version 3/);
  });

  it('refuses counts that the bytes cannot hold', () => {
    for (const count of [-1, 0x7fffffff]) {
      const bytes = encodeSnapshotFile(body, null);
      bytes.writeInt32BE(count, 16);
      assert.throws(() => decodeSnapshotFile(bytes), JuteError);
    }
  });
});
