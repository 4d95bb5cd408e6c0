// Transactions as bytes: TxnHeader, a body that depends on the type, and an optional tree digest. The same
// bytes stand in PROPOSAL and INFORM packets and in the log, so a record keeps them. Data is never copied:
// buffers of a decoded transaction are views of its bytes.

import { OpCode } from './constants.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import { readAcl, readPath, readTexts, writeAcl, writeTexts } from './record-codec.ts';
import type { Digest, Txn, TxnHeader, TxnRecord } from './txn.ts';

const opcodes: { readonly [type in Txn['type']]: number } = {
  create: OpCode.CREATE,
  create2: OpCode.CREATE2,
  createContainer: OpCode.CREATE_CONTAINER,
  createTTL: OpCode.CREATE_TTL,
  delete: OpCode.DELETE,
  deleteContainer: OpCode.DELETE_CONTAINER,
  setData: OpCode.SET_DATA,
  reconfig: OpCode.RECONFIG,
  setACL: OpCode.SET_ACL,
  check: OpCode.CHECK,
  createSession: OpCode.CREATE_SESSION,
  closeSession: OpCode.CLOSE_SESSION,
  error: OpCode.ERROR,
  multi: OpCode.MULTI,
};

const types: ReadonlyMap<number, Txn['type']> = new Map(
  Object.entries(opcodes).map(([type, opcode]) => [opcode, type as Txn['type']]),
);

/** Version of the digest's definition; other versions cannot be compared with ours. */
const digestVersion = 2;
const digestBytes = 12;

export function txnOpcode(txn: { readonly type: Txn['type'] }): number {
  return opcodes[txn.type];
}

export function encodeTxn(header: TxnHeader, txn: Txn, digest: Digest | null): TxnRecord {
  const dataBytes = 'data' in txn ? (txn.data?.length ?? 0) : 0;
  const writer = new JuteWriter(192 + dataBytes);
  writer.writeSessionId(header.clientId);
  writer.writeInt(header.cxid);
  writer.writeLong(header.zxid);
  writer.writeLong(header.time);
  writer.writeInt(opcodes[txn.type]);
  writeTxn(writer, txn);
  if (digest !== null) writeDigest(writer, digest);
  return { header, txn, digest, bytes: writer.toBuffer() };
}

/** Throws JuteError on anything that is not a transaction. */
export function decodeTxn(bytes: Buffer): TxnRecord {
  const reader = new JuteReader(bytes);
  const header: TxnHeader = {
    clientId: reader.readSessionId(),
    cxid: reader.readInt(),
    zxid: reader.readLong(),
    time: reader.readLong(),
  };
  const txn = readTxn(readType(reader), reader);
  return { header, txn, digest: reader.remaining === 0 ? null : readDigest(reader), bytes };
}

/** Null for a digest of another version. */
export function readDigest(reader: JuteReader): Digest | null {
  const version = reader.readInt();
  const digest = { high: reader.readInt() >>> 0, low: reader.readInt() >>> 0 };
  return version === digestVersion ? digest : null;
}

export function writeDigest(writer: JuteWriter, digest: Digest): void {
  writer.writeInt(digestVersion);
  writer.writeInt(digest.high | 0);
  writer.writeInt(digest.low | 0);
}

function writeTxn(writer: JuteWriter, txn: Txn): void {
  switch (txn.type) {
    case 'create':
    case 'create2':
      writeCreate(writer, txn);
      writer.writeBoolean(txn.ephemeral);
      return writer.writeInt(txn.parentCversion);
    case 'createContainer':
      writeCreate(writer, txn);
      return writer.writeInt(txn.parentCversion);
    case 'createTTL':
      writeCreate(writer, txn);
      writer.writeInt(txn.parentCversion);
      return writer.writeLong(txn.ttl);
    case 'delete':
    case 'deleteContainer':
      return writer.writeString(txn.path);
    case 'setData':
    case 'reconfig':
      writer.writeString(txn.path);
      writer.writeBuffer(txn.data);
      return writer.writeInt(txn.version);
    case 'setACL':
      writer.writeString(txn.path);
      writeAcl(writer, txn.acl);
      return writer.writeInt(txn.version);
    case 'check':
      writer.writeString(txn.path);
      return writer.writeInt(txn.version);
    case 'createSession':
      return writer.writeInt(txn.timeoutMs);
    case 'closeSession':
      if (txn.paths !== null) writeTexts(writer, txn.paths);
      return;
    case 'error':
      return writer.writeInt(txn.err);
    case 'multi':
      return writer.writeVector(txn.txns, writeNested);
  }
}

function writeCreate(writer: JuteWriter, txn: Extract<Txn, { parentCversion: number }>): void {
  writer.writeString(txn.path);
  writer.writeBuffer(txn.data);
  writeAcl(writer, txn.acl);
}

/** Type and length-prefixed body. */
function writeNested(writer: JuteWriter, txn: Txn): void {
  writer.writeInt(opcodes[txn.type]);
  const at = writer.length;
  writer.writeInt(0);
  writeTxn(writer, txn);
  writer.patchInt(at, writer.length - at - 4);
}

function readType(reader: JuteReader): Txn['type'] {
  const at = reader.offset;
  const opcode = reader.readInt();
  const type = types.get(opcode);
  if (type === undefined) throw new JuteError(`a transaction of unknown type ${opcode}`, at);
  return type;
}

function readTxn(type: Txn['type'], reader: JuteReader): Txn {
  switch (type) {
    case 'create':
    case 'create2':
      return {
        type,
        ...readCreate(reader),
        ephemeral: reader.readBoolean(),
        // Logs of servers before 3.4 end here.
        parentCversion: type === 'create' && reader.remaining === 0 ? -1 : reader.readInt(),
      };
    case 'createContainer':
      return { type, ...readCreate(reader), parentCversion: reader.readInt() };
    case 'createTTL':
      return { type, ...readCreate(reader), parentCversion: reader.readInt(), ttl: reader.readLong() };
    case 'delete':
    case 'deleteContainer':
      return { type, path: readPath(reader) };
    case 'setData':
    case 'reconfig':
      return { type, path: readPath(reader), data: reader.readBuffer(), version: reader.readInt() };
    case 'setACL':
      return { type, path: readPath(reader), acl: readAcl(reader) ?? [], version: reader.readInt() };
    case 'check':
      return { type, path: readPath(reader), version: reader.readInt() };
    case 'createSession':
      return { type, timeoutMs: reader.readInt() };
    case 'closeSession':
      return { type, paths: hasPaths(reader) ? readTexts(reader) : null };
    case 'error':
      return { type, err: reader.readInt() };
    case 'multi':
      return { type, txns: reader.readVector(readNested) ?? [] };
  }
}

function readCreate(reader: JuteReader) {
  return { path: readPath(reader), data: reader.readBuffer(), acl: readAcl(reader) ?? [] };
}

/**
 * Servers that do not list a closed session's ephemerals write no body, so a digest may follow at once.
 * Twelve bytes that begin with 2 are that digest: two real paths would take more.
 */
function hasPaths(reader: JuteReader): boolean {
  if (reader.remaining === 0) return false;
  if (reader.remaining !== digestBytes) return true;
  return reader.bytes.readInt32BE(reader.offset) !== digestVersion;
}

/** A multi inside a multi is refused: no server makes one, and unbounded depth would end the stack. */
function readNested(reader: JuteReader): Txn {
  const at = reader.offset;
  const type = readType(reader);
  const body = reader.readBuffer();
  if (type === 'multi') throw new JuteError('a multi inside a multi', at);
  if (body === null) throw new JuteError(`a ${type} without a body inside a multi`, at);
  return readTxn(type, new JuteReader(body));
}
