// Snapshots: sessions, ACL cache and znodes. One body serves two forms. A file has a magic, two Adler-32
// seals and, between them, the tree digest. The stream behind a SNAP packet has neither, only a closing
// signature. Facts: storage format, "Snapshot file".

import { adler32 } from './checksums.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import type { SessionTouch } from './quorum-packet.ts';
import { readAcl, writeAcl } from './record-codec.ts';
import type { Acl } from './records.ts';
import type { SessionId } from './session-id.ts';
import { readDigest, writeDigest } from './txn-codec.ts';
import type { Digest } from './txn.ts';

export interface SnapshotNode {
  /** '' for the root. */
  readonly path: string;
  readonly data: Buffer | null;
  /** Key in the ACL cache; −1: everything open to everybody, which the cache never holds. */
  readonly aclKey: number;
  readonly czxid: number;
  readonly mzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  /** Count of children ever created, not the cversion that Stat shows. */
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: SessionId;
  readonly pzxid: number;
}

export interface SnapshotBody {
  readonly sessions: readonly SessionTouch[];
  readonly acls: readonly { readonly key: number; readonly acl: readonly Acl[] }[];
  /** Parents before their children, the root first. */
  readonly nodes: Iterable<SnapshotNode>;
}

/** The tree digest as of the transaction `zxid`; both 0 when there was none yet. */
export interface SnapshotDigest {
  readonly zxid: number;
  readonly digest: Digest;
}

export interface SnapshotFile {
  readonly body: SnapshotBody;
  /** Null in files of servers before 3.6 and of those with digests off. */
  readonly digest: SnapshotDigest | null;
}

/** Ends the stream behind a SNAP packet. */
export const snapshotSignature = 'BenWasHere';

const magic = 0x5a4b534e;
const fileVersion = 2;
const databaseId = -1;
const endPath = '/';
/** A first capacity for writers; they double as they grow. */
const writerBytes = 65_536;

export function writeSnapshotBody(writer: JuteWriter, body: SnapshotBody): void {
  writeSnapshotOpening(writer, body);
  for (const node of body.nodes) writeSnapshotNode(writer, node);
  writeSnapshotEnd(writer);
}

/** What stands before the znodes. */
export function writeSnapshotOpening(writer: JuteWriter, body: Omit<SnapshotBody, 'nodes'>): void {
  writer.writeVector(body.sessions, writeSession);
  writer.writeInt(body.acls.length);
  for (const { key, acl } of body.acls) {
    writer.writeLong(key);
    writeAcl(writer, acl);
  }
}

/** What stands behind the znodes. */
export function writeSnapshotEnd(writer: JuteWriter): void {
  writer.writeString(endPath);
}

/** Data of the nodes are views of the reader's bytes. */
export function readSnapshotBody(reader: JuteReader): SnapshotBody {
  const sessions = readCounted(reader, readSession);
  const acls = readCounted(reader, readCachedAcl);
  const nodes: SnapshotNode[] = [];
  for (;;) {
    const at = reader.offset;
    const path = reader.readString();
    if (path === endPath) return { sessions, acls, nodes };
    if (path === null) throw new JuteError('a znode without a path', at);
    nodes.push(readNode(path, reader));
  }
}

/** What follows a SNAP packet. */
export function encodeSnapshotStream(body: SnapshotBody): Buffer {
  const writer = new JuteWriter(writerBytes);
  writeSnapshotBody(writer, body);
  writer.writeString(snapshotSignature);
  return writer.toBuffer();
}

export function decodeSnapshotStream(stream: Buffer): SnapshotBody {
  const reader = new JuteReader(stream);
  const body = readSnapshotBody(reader);
  const at = reader.offset;
  const signature = reader.readString();
  if (signature !== snapshotSignature) {
    throw new JuteError(`a snapshot stream signed "${signature}", expected "${snapshotSignature}"`, at);
  }
  return body;
}

export function encodeSnapshotFile(body: SnapshotBody, digest: SnapshotDigest | null): Buffer {
  const writer = new JuteWriter(writerBytes);
  writeSnapshotHeader(writer);
  writeSnapshotBody(writer, body);
  writeSnapshotSeals(writer, { from: 0, seed: 1 }, digest);
  return writer.toBuffer();
}

export function writeSnapshotHeader(writer: JuteWriter): void {
  writer.writeInt(magic);
  writer.writeInt(fileVersion);
  writer.writeLong(databaseId);
}

/** Closes a file whose last bytes, from `range.from`, are in the writer; `range.seed` is the sum before them. */
export function writeSnapshotSeals(
  writer: JuteWriter,
  range: SealedRange,
  digest: SnapshotDigest | null,
): void {
  const sumOfBody = writeSeal(writer, range);
  if (digest === null) return;
  // The second sum goes on from the first, and its own bytes begin with the first seal.
  const from = writer.length - sealBytes;
  writer.writeLong(digest.zxid);
  writeDigest(writer, digest.digest);
  writeSeal(writer, { from, seed: sumOfBody });
}

/** Throws JuteError when the file is not whole or a seal does not match. */
export function decodeSnapshotFile(bytes: Buffer): SnapshotFile {
  const reader = new JuteReader(bytes);
  const seen = reader.readInt();
  if (seen !== magic) throw new JuteError(`a snapshot that begins with 0x${(seen >>> 0).toString(16)}`, 0);
  const version = reader.readInt();
  if (version !== fileVersion) throw new JuteError(`a snapshot of version ${version}`, 4);
  reader.readLong();
  const body = readSnapshotBody(reader);
  const sumOfBody = readSeal(reader, { from: 0, seed: 1 });
  if (reader.remaining === 0) return { body, digest: null };
  const from = reader.offset - sealBytes;
  const zxid = reader.readLong();
  const digest = readDigest(reader);
  readSeal(reader, { from, seed: sumOfBody });
  return { body, digest: digest === null ? null : { zxid, digest } };
}

/** A long and the path "/". */
const sealBytes = 13;

export interface SealedRange {
  readonly from: number;
  readonly seed: number;
}

function writeSeal(writer: JuteWriter, range: SealedRange): number {
  const sum = adler32(writer.writtenFrom(range.from), range.seed);
  writer.writeLong(sum);
  writer.writeString(endPath);
  return sum;
}

function readSeal(reader: JuteReader, range: SealedRange): number {
  const at = reader.offset;
  const sum = adler32(reader.bytes.subarray(range.from, at), range.seed);
  const stored = reader.readLong();
  if (stored !== sum) throw new JuteError(`a snapshot sealed with ${stored}, its sum is ${sum}`, at);
  const end = reader.readString();
  if (end !== endPath) throw new JuteError(`a seal that ends with "${end}", expected "${endPath}"`, at);
  return sum;
}

/** Counts in a snapshot have no null form. */
function readCounted<T>(reader: JuteReader, readElement: (reader: JuteReader) => T): T[] {
  const at = reader.offset;
  const elements = reader.readVector(readElement);
  if (elements === null) throw new JuteError('a count of -1 in a snapshot', at);
  return elements;
}

function writeSession(writer: JuteWriter, session: SessionTouch): void {
  writer.writeSessionId(session.sessionId);
  writer.writeInt(session.timeoutMs);
}

function readSession(reader: JuteReader): SessionTouch {
  return { sessionId: reader.readSessionId(), timeoutMs: reader.readInt() };
}

function readCachedAcl(reader: JuteReader) {
  return { key: reader.readLong(), acl: readAcl(reader) ?? [] };
}

export function writeSnapshotNode(writer: JuteWriter, node: SnapshotNode): void {
  writer.writeString(node.path);
  writer.writeBuffer(node.data);
  writer.writeLong(node.aclKey);
  writer.writeLong(node.czxid);
  writer.writeLong(node.mzxid);
  writer.writeLong(node.ctime);
  writer.writeLong(node.mtime);
  writer.writeInt(node.version);
  writer.writeInt(node.cversion);
  writer.writeInt(node.aversion);
  writer.writeSessionId(node.ephemeralOwner);
  writer.writeLong(node.pzxid);
}

function readNode(path: string, reader: JuteReader): SnapshotNode {
  return {
    path,
    data: reader.readBuffer(),
    aclKey: reader.readLong(),
    czxid: reader.readLong(),
    mzxid: reader.readLong(),
    ctime: reader.readLong(),
    mtime: reader.readLong(),
    version: reader.readInt(),
    cversion: reader.readInt(),
    aversion: reader.readInt(),
    ephemeralOwner: reader.readSessionId(),
    pzxid: reader.readLong(),
  };
}
