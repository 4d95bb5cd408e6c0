// Requests of clients: RequestHeader and one body per operation, and the operations inside a multi.
// Bytes after the last field of a body are ignored, as Apache ZooKeeper ignores them.

import { OpCode } from './constants.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import { readAcl, readPath, readText, readTexts, writeAcl, writeTexts } from './record-codec.ts';
import type {
  CreateRequest,
  CreateTtlRequest,
  ClientRequest,
  MultiOperation,
  RequestName,
} from './records.ts';

/** An opcode that no client may send: the server answers UNIMPLEMENTED and closes the connection. */
export class UnknownOpcodeError extends Error {
  readonly opcode: number;

  constructor(opcode: number) {
    super(`an unknown opcode: ${opcode}`);
    this.name = 'UnknownOpcodeError';
    this.opcode = opcode;
  }
}

export interface RequestHeader {
  readonly xid: number;
  readonly opcode: number;
}

const requestHeaderBytes = 8;

const opcodes: { readonly [name in RequestName]: number } = {
  create: OpCode.CREATE,
  create2: OpCode.CREATE2,
  createContainer: OpCode.CREATE_CONTAINER,
  createTTL: OpCode.CREATE_TTL,
  delete: OpCode.DELETE,
  exists: OpCode.EXISTS,
  getData: OpCode.GET_DATA,
  setData: OpCode.SET_DATA,
  getACL: OpCode.GET_ACL,
  setACL: OpCode.SET_ACL,
  getChildren: OpCode.GET_CHILDREN,
  getChildren2: OpCode.GET_CHILDREN2,
  sync: OpCode.SYNC,
  ping: OpCode.PING,
  check: OpCode.CHECK,
  multi: OpCode.MULTI,
  multiRead: OpCode.MULTI_READ,
  reconfig: OpCode.RECONFIG,
  checkWatches: OpCode.CHECK_WATCHES,
  removeWatches: OpCode.REMOVE_WATCHES,
  auth: OpCode.AUTH,
  setWatches: OpCode.SET_WATCHES,
  setWatches2: OpCode.SET_WATCHES2,
  addWatch: OpCode.ADD_WATCH,
  getEphemerals: OpCode.GET_EPHEMERALS,
  getAllChildrenNumber: OpCode.GET_ALL_CHILDREN_NUMBER,
  whoAmI: OpCode.WHO_AM_I,
  closeSession: OpCode.CLOSE_SESSION,
};

const requestNames: ReadonlyMap<number, RequestName> = new Map(
  Object.entries(opcodes).map(([name, opcode]) => [opcode, name as RequestName]),
);

export function opcodeOf(request: { readonly type: RequestName }): number {
  return opcodes[request.type];
}

/** Null for opcodes that clients may not send. */
export function requestNameOf(opcode: number): RequestName | null {
  return requestNames.get(opcode) ?? null;
}

export function encodeRequestFrame(xid: number, request: ClientRequest): Buffer {
  const writer = new JuteWriter(roomFor(request));
  writer.writeInt(0);
  writer.writeInt(xid);
  writer.writeInt(opcodes[request.type]);
  writeRequest(writer, request);
  writer.patchInt(0, writer.length - 4);
  return writer.toBuffer();
}

/** The body alone, as REQUEST packets carry it between servers. */
export function encodeRequestBody(request: ClientRequest): Buffer {
  const writer = new JuteWriter(roomFor(request));
  writeRequest(writer, request);
  return writer.toBuffer();
}

export function decodeRequestHeader(body: Buffer): RequestHeader {
  const reader = new JuteReader(body);
  return { xid: reader.readInt(), opcode: reader.readInt() };
}

/** Throws JuteError on a malformed body and UnknownOpcodeError on an opcode that is not a client's. */
export function decodeRequestBody(
  opcode: number,
  body: Buffer,
  offset: number = requestHeaderBytes,
): ClientRequest {
  const type = requestNames.get(opcode);
  if (type === undefined) throw new UnknownOpcodeError(opcode);
  return readRequest(type, new JuteReader(body, offset));
}

/** A first capacity that spares most requests a second allocation. */
function roomFor(request: ClientRequest): number {
  const dataBytes = 'data' in request ? (request.data?.length ?? 0) : 0;
  return 160 + dataBytes;
}

function writeRequest(writer: JuteWriter, request: ClientRequest): void {
  switch (request.type) {
    case 'ping':
    case 'closeSession':
    case 'whoAmI':
      return;
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      writer.writeString(request.path);
      return writer.writeBoolean(request.watch);
    case 'getACL':
    case 'getAllChildrenNumber':
    case 'getEphemerals':
    case 'sync':
      return writer.writeString(request.path);
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'check':
      return writeWrite(writer, request);
    case 'setACL':
      writer.writeString(request.path);
      writeAcl(writer, request.acl);
      return writer.writeInt(request.version);
    case 'multi':
    case 'multiRead':
      return writeMulti(writer, request.operations);
    case 'reconfig':
      writer.writeString(request.joiningServers);
      writer.writeString(request.leavingServers);
      writer.writeString(request.newMembers);
      return writer.writeLong(request.curConfigId);
    case 'checkWatches':
    case 'removeWatches':
      writer.writeString(request.path);
      return writer.writeInt(request.watcherType);
    case 'addWatch':
      writer.writeString(request.path);
      return writer.writeInt(request.mode);
    case 'setWatches':
    case 'setWatches2':
      return writeSetWatches(writer, request);
    case 'auth':
      writer.writeInt(request.authType);
      writer.writeString(request.scheme);
      return writer.writeBuffer(request.auth);
  }
}

function readRequest(type: RequestName, reader: JuteReader): ClientRequest {
  switch (type) {
    case 'ping':
    case 'closeSession':
    case 'whoAmI':
      return { type };
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      return { type, path: readPath(reader), watch: reader.readBoolean() };
    case 'getACL':
    case 'getAllChildrenNumber':
      return { type, path: readPath(reader) };
    // Null stands for "all" in getEphemerals, and sync gives back what it was given.
    case 'getEphemerals':
      return { type, path: readText(reader) };
    case 'sync':
      return { type, path: reader.readString() };
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'check':
      return readWrite(type, reader);
    case 'setACL':
      return { type, path: readPath(reader), acl: readAcl(reader), version: reader.readInt() };
    case 'multi':
    case 'multiRead':
      return { type, operations: readMulti(type, reader) };
    case 'reconfig':
      return {
        type,
        joiningServers: reader.readString(),
        leavingServers: reader.readString(),
        newMembers: reader.readString(),
        curConfigId: reader.readSaturatedLong(),
      };
    case 'checkWatches':
    case 'removeWatches':
      return { type, path: readPath(reader), watcherType: reader.readInt() };
    case 'addWatch':
      return { type, path: readPath(reader), mode: reader.readInt() };
    case 'setWatches':
    case 'setWatches2':
      return readSetWatches(type, reader);
    case 'auth':
      return {
        type,
        authType: reader.readInt(),
        scheme: readText(reader),
        auth: reader.readBuffer(),
      };
  }
}

/** The operations that may stand alone and inside a multi, with the same record in both places. */
type WriteOperation = Exclude<MultiOperation, { type: 'getData' | 'getChildren' }>;

function writeWrite(writer: JuteWriter, operation: WriteOperation): void {
  writer.writeString(operation.path);
  switch (operation.type) {
    case 'create':
    case 'create2':
    case 'createContainer':
      return writeCreate(writer, operation);
    case 'createTTL':
      writeCreate(writer, operation);
      return writer.writeLong(operation.ttl);
    case 'setData':
      writer.writeBuffer(operation.data);
      return writer.writeInt(operation.version);
    case 'delete':
    case 'check':
      return writer.writeInt(operation.version);
  }
}

function writeCreate(writer: JuteWriter, request: CreateRequest | CreateTtlRequest): void {
  writer.writeBuffer(request.data);
  writeAcl(writer, request.acl);
  writer.writeInt(request.flags);
}

function readWrite(type: WriteOperation['type'], reader: JuteReader): WriteOperation {
  const path = readPath(reader);
  switch (type) {
    case 'create':
    case 'create2':
    case 'createContainer':
      return { type, path, data: reader.readBuffer(), acl: readAcl(reader), flags: reader.readInt() };
    case 'createTTL':
      return {
        type,
        path,
        data: reader.readBuffer(),
        acl: readAcl(reader),
        flags: reader.readInt(),
        ttl: reader.readSaturatedLong(),
      };
    case 'setData':
      return { type, path, data: reader.readBuffer(), version: reader.readInt() };
    case 'delete':
    case 'check':
      return { type, path, version: reader.readInt() };
  }
}

function writeMulti(writer: JuteWriter, operations: readonly MultiOperation[]): void {
  for (const operation of operations) {
    writeMultiHeader(writer, { type: opcodes[operation.type], done: false, err: -1 });
    if (operation.type === 'getData' || operation.type === 'getChildren') {
      writer.writeString(operation.path);
      writer.writeBoolean(false);
    } else {
      writeWrite(writer, operation);
    }
  }
  writeMultiHeader(writer, multiEnd);
}

/** An operation of the other kind is a fault of the encoding, as in Apache ZooKeeper, not of the operation. */
function readMulti(kind: 'multi' | 'multiRead', reader: JuteReader): MultiOperation[] {
  const operations: MultiOperation[] = [];
  for (;;) {
    const at = reader.offset;
    const header = readMultiHeader(reader);
    if (header.done) return operations;
    const type = requestNames.get(header.type);
    if (kind === 'multi' && isWrite(type)) {
      operations.push(readWrite(type, reader));
    } else if (kind === 'multiRead' && (type === 'getData' || type === 'getChildren')) {
      operations.push({ type, path: readPath(reader) });
      // A watch cannot be asked for inside a multiRead: the flag is there, and ignored.
      reader.readBoolean();
    } else {
      throw new JuteError(`an operation of type ${header.type} inside a ${kind}`, at);
    }
  }
}

function isWrite(type: RequestName | undefined): type is WriteOperation['type'] {
  switch (type) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'check':
      return true;
    default:
      return false;
  }
}

/** What stands before each operation of a multi and before each of its results. */
export interface MultiHeader {
  readonly type: number;
  readonly done: boolean;
  readonly err: number;
}

export const multiEnd: MultiHeader = { type: -1, done: true, err: -1 };

export function writeMultiHeader(writer: JuteWriter, header: MultiHeader): void {
  writer.writeInt(header.type);
  writer.writeBoolean(header.done);
  writer.writeInt(header.err);
}

export function readMultiHeader(reader: JuteReader): MultiHeader {
  return { type: reader.readInt(), done: reader.readBoolean(), err: reader.readInt() };
}

type SetWatches = Extract<ClientRequest, { type: 'setWatches' | 'setWatches2' }>;

function writeSetWatches(writer: JuteWriter, request: SetWatches): void {
  writer.writeLong(request.relativeZxid);
  writeTexts(writer, request.dataWatches);
  writeTexts(writer, request.existWatches);
  writeTexts(writer, request.childWatches);
  if (request.type === 'setWatches') return;
  writeTexts(writer, request.persistentWatches);
  writeTexts(writer, request.persistentRecursiveWatches);
}

function readSetWatches(type: SetWatches['type'], reader: JuteReader): SetWatches {
  const watches = {
    relativeZxid: reader.readSaturatedLong(),
    dataWatches: readTexts(reader),
    existWatches: readTexts(reader),
    childWatches: readTexts(reader),
  };
  if (type === 'setWatches') return { type, ...watches };
  return {
    type,
    ...watches,
    persistentWatches: readTexts(reader),
    persistentRecursiveWatches: readTexts(reader),
  };
}
