// What servers send to clients after the handshake: ReplyHeader with at most one body, and watch
// notifications, which are replies with xid −1. A reply does not say which operation it answers: the client
// knows it from the order, so decoding a body takes the request's name.

import { OpCode } from './constants.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import { multiEnd, readMultiHeader, writeMultiHeader } from './client-requests.ts';
import { readAcl, readStat, readText, readTexts, writeAcl, writeStat, writeTexts } from './record-codec.ts';
import type { MultiResult, ReplyBody, ReplyHeader, RequestName, WatcherEvent } from './records.ts';

const replyHeaderBytes = 16;
const notificationXid = -1;

/** The body is left out when the header carries an error. */
export function encodeReplyFrame(header: ReplyHeader, body: ReplyBody): Buffer {
  const dataBytes = body.type === 'data' ? (body.data?.length ?? 0) : 0;
  const writer = new JuteWriter(128 + dataBytes);
  writer.writeInt(0);
  writeReplyHeader(writer, header);
  if (header.err === 0) writeReplyBody(writer, body);
  writer.patchInt(0, writer.length - 4);
  return writer.toBuffer();
}

export function decodeReplyHeader(body: Buffer): ReplyHeader {
  const reader = new JuteReader(body);
  return { xid: reader.readInt(), zxid: reader.readLong(), err: reader.readInt() };
}

/** For replies without error only: the others have no body. */
export function decodeReplyBody(
  request: RequestName,
  body: Buffer,
  offset: number = replyHeaderBytes,
): ReplyBody {
  return readReplyBody(request, new JuteReader(body, offset));
}

/** From 3.9.0 on the header holds the zxid of the transaction that caused the event; 3.8 has −1 there. */
export function encodeWatcherEventFrame(event: WatcherEvent, zxid = -1): Buffer {
  const writer = new JuteWriter(64);
  writer.writeInt(0);
  writeReplyHeader(writer, { xid: notificationXid, zxid, err: 0 });
  writer.writeInt(event.type);
  writer.writeInt(event.state);
  writer.writeString(event.path);
  writer.patchInt(0, writer.length - 4);
  return writer.toBuffer();
}

export function decodeWatcherEvent(body: Buffer, offset: number = replyHeaderBytes): WatcherEvent {
  const reader = new JuteReader(body, offset);
  return { type: reader.readInt(), state: reader.readInt(), path: readText(reader) };
}

function writeReplyHeader(writer: JuteWriter, header: ReplyHeader): void {
  writer.writeInt(header.xid);
  writer.writeLong(header.zxid);
  writer.writeInt(header.err);
}

function writeReplyBody(writer: JuteWriter, body: ReplyBody): void {
  switch (body.type) {
    case 'none':
      return;
    case 'path':
    case 'synced':
      return writer.writeString(body.path);
    case 'saslToken':
      return writer.writeBuffer(body.token);
    case 'pathAndStat':
      writer.writeString(body.path);
      return writeStat(writer, body.stat);
    case 'stat':
      return writeStat(writer, body.stat);
    case 'data':
      writer.writeBuffer(body.data);
      return writeStat(writer, body.stat);
    case 'acl':
      writeAcl(writer, body.acl);
      return writeStat(writer, body.stat);
    case 'children':
      return writeTexts(writer, body.children);
    case 'childrenAndStat':
      writeTexts(writer, body.children);
      return writeStat(writer, body.stat);
    case 'count':
      return writer.writeInt(body.count);
    case 'ephemerals':
      return writeTexts(writer, body.paths);
    case 'error':
      return writer.writeInt(body.err);
    case 'clientInfo':
      return writer.writeVector(body.ids, writeClientInfo);
    case 'multi':
      for (const result of body.results) writeMultiResult(writer, result);
      return writeMultiHeader(writer, multiEnd);
  }
}

function readReplyBody(request: RequestName, reader: JuteReader): ReplyBody {
  switch (request) {
    case 'delete':
    case 'check':
    case 'ping':
    case 'closeSession':
    case 'auth':
    case 'setWatches':
    case 'setWatches2':
    case 'checkWatches':
    case 'removeWatches':
      return { type: 'none' };
    case 'create':
      return { type: 'path', path: readText(reader) };
    case 'sync':
      return { type: 'synced', path: reader.readString() };
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return { type: 'pathAndStat', path: readText(reader), stat: readStat(reader) };
    case 'exists':
    case 'setData':
    case 'setACL':
      return { type: 'stat', stat: readStat(reader) };
    case 'getData':
    case 'reconfig':
      return { type: 'data', data: reader.readBuffer(), stat: readStat(reader) };
    case 'getACL':
      return { type: 'acl', acl: readAcl(reader) ?? [], stat: readStat(reader) };
    case 'getChildren':
      return { type: 'children', children: readTexts(reader) };
    case 'getChildren2':
      return { type: 'childrenAndStat', children: readTexts(reader), stat: readStat(reader) };
    case 'getAllChildrenNumber':
      return { type: 'count', count: reader.readInt() };
    case 'getEphemerals':
      return { type: 'ephemerals', paths: readTexts(reader) };
    case 'addWatch':
      return { type: 'error', err: reader.readInt() };
    case 'whoAmI':
      return { type: 'clientInfo', ids: reader.readVector(readClientInfo) ?? [] };
    case 'multi':
    case 'multiRead':
      return { type: 'multi', results: readMultiResults(reader) };
  }
}

interface ClientInfo {
  readonly scheme: string;
  readonly user: string;
}

function writeClientInfo(writer: JuteWriter, info: ClientInfo): void {
  writer.writeString(info.scheme);
  writer.writeString(info.user);
}

function readClientInfo(reader: JuteReader): ClientInfo {
  return { scheme: readText(reader), user: readText(reader) };
}

const resultOpcodes: { readonly [type in MultiResult['type']]: number } = {
  create: OpCode.CREATE,
  create2: OpCode.CREATE2,
  delete: OpCode.DELETE,
  check: OpCode.CHECK,
  setData: OpCode.SET_DATA,
  getData: OpCode.GET_DATA,
  getChildren: OpCode.GET_CHILDREN,
  error: OpCode.ERROR,
};

const resultTypes: ReadonlyMap<number, MultiResult['type']> = new Map(
  Object.entries(resultOpcodes).map(([type, opcode]) => [opcode, type as MultiResult['type']]),
);

function writeMultiResult(writer: JuteWriter, result: MultiResult): void {
  const err = result.type === 'error' ? result.err : 0;
  writeMultiHeader(writer, { type: resultOpcodes[result.type], done: false, err });
  switch (result.type) {
    case 'create':
      return writer.writeString(result.path);
    case 'create2':
      writer.writeString(result.path);
      return writeStat(writer, result.stat);
    case 'delete':
    case 'check':
      return;
    case 'setData':
      return writeStat(writer, result.stat);
    case 'getData':
      writer.writeBuffer(result.data);
      return writeStat(writer, result.stat);
    case 'getChildren':
      return writeTexts(writer, result.children);
    case 'error':
      return writer.writeInt(result.err);
  }
}

function readMultiResults(reader: JuteReader): MultiResult[] {
  const results: MultiResult[] = [];
  for (;;) {
    const at = reader.offset;
    const header = readMultiHeader(reader);
    if (header.done) return results;
    const type = resultTypes.get(header.type);
    if (type === undefined) throw new JuteError(`a result of type ${header.type} inside a multi`, at);
    results.push(readMultiResult(type, reader));
  }
}

function readMultiResult(type: MultiResult['type'], reader: JuteReader): MultiResult {
  switch (type) {
    case 'create':
      return { type, path: readText(reader) };
    case 'create2':
      return { type, path: readText(reader), stat: readStat(reader) };
    case 'delete':
    case 'check':
      return { type };
    case 'setData':
      return { type, stat: readStat(reader) };
    case 'getData':
      return { type, data: reader.readBuffer(), stat: readStat(reader) };
    case 'getChildren':
      return { type, children: readTexts(reader) };
    case 'error':
      return { type, err: reader.readInt() };
  }
}
