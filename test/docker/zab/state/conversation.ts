// Plays a recorded conversation of a client with Apache ZooKeeper into our state, at the recorded zxids and
// times, and collects our replies next to the recorded ones.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  decodeReplyBody,
  decodeReplyHeader,
  decodeRequestBody,
  decodeRequestHeader,
  encodeReplyFrame,
} from '../../../../harness/wire/client-codec.ts';
import { decodeConnectResponse } from '../../../../harness/wire/connect-codec.ts';
import { ErrorCode, OpCode } from '../../../../harness/wire/constants.ts';
import { JuteError, JuteWriter } from '../../../../harness/wire/jute.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type { ClientRequest, ReplyBody, ReplyHeader, Stat } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { AppliedResult } from '../../../../docker/zab/src/core/events.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import { executeRead, isRead, type ReplyContent } from '../../../../docker/zab/src/state/local-reads.ts';
import { replyFor } from '../../../../docker/zab/src/state/replies.ts';
import { RequestPreparer } from '../../../../docker/zab/src/state/request-preparer.ts';
import type { VectorConnection, VectorFrame } from '../../../harness/wire/vectors.ts';

const lengthBytes = 4;

interface Exchange {
  readonly where: string;
  readonly xid: number;
  readonly opcode: number;
  readonly body: Buffer;
  /** Null when the body is malformed. */
  readonly request: ClientRequest | null;
  readonly header: ReplyHeader;
  /** The recorded reply, whole. */
  readonly reply: Buffer;
}

export interface Answer {
  readonly where: string;
  readonly xid: number;
  readonly name: string;
  readonly expected: Buffer;
  readonly actual: Buffer;
  readonly record: TxnRecord | null;
}

export class Player {
  readonly database = new StateDatabase({ extendedTypes: true });
  readonly #preparer = new RequestPreparer({ database: this.database });
  readonly #times: ReadonlyMap<number, number>;

  /** `times` of transactions whose replies show none, by zxid. */
  constructor(
    connections: readonly VectorConnection[],
    times: ReadonlyMap<number, number> = new Map<number, number>(),
  ) {
    this.#times = new Map([...timesOf(connections), ...times]);
  }

  /** What sync, auth and watches answer is not the state's business, so those are left out. */
  play(connection: VectorConnection, options: { sessionZxid: number }): Answer[] {
    const [, response] = connection.frames;
    if (response === undefined) throw new Error(`no handshake in ${connection.label}`);
    const { sessionId, timeoutMs } = decodeConnectResponse(response.bytes.subarray(lengthBytes));
    const body = new JuteWriter();
    body.writeInt(timeoutMs);
    const create = { xid: 0, opcode: OpCode.CREATE_SESSION, body: body.toBuffer() };
    this.#commit(create, { sessionId, zxid: options.sessionZxid, ids: [] });
    let ids: readonly AuthId[] = [{ scheme: 'ip', id: '127.0.0.1' }];
    return exchangesOf(connection).flatMap((exchange) => {
      if (exchange.request?.type === 'auth' && exchange.header.err === 0) {
        ids = [digestId(exchange.request.auth ?? Buffer.alloc(0)), ...ids];
      }
      return this.#answer(exchange, sessionId, ids);
    });
  }

  #answer(exchange: Exchange, sessionId: SessionId, ids: readonly AuthId[]): Answer[] {
    const { request, header, where, xid } = exchange;
    let content: ReplyContent;
    let record: TxnRecord | null = null;
    if (request !== null && isRead(request)) {
      content = executeRead(this.database.tree, request, { sessionId, ids });
    } else if (header.zxid > this.database.lastProcessedZxid) {
      const committed = this.#commit(exchange, { sessionId, zxid: header.zxid, ids });
      record = committed.record;
      content =
        request === null
          ? { err: committed.err, body: { type: 'none' } }
          : ownReply(request, committed.applied.result);
    } else {
      return [];
    }
    const actual = encodeReplyFrame({ xid, zxid: header.zxid, err: content.err }, sorted(content.body));
    const name = request?.type ?? 'malformed';
    return [{ where, xid, name, expected: sortedReply(exchange), actual, record }];
  }

  #commit(
    { xid, opcode, body }: { readonly xid: number; readonly opcode: number; readonly body: Buffer },
    to: { readonly sessionId: SessionId; readonly zxid: number; readonly ids: readonly AuthId[] },
  ) {
    const { sessionId, zxid, ids } = to;
    const time = this.#times.get(zxid) ?? 0;
    const request = { sessionId, cxid: xid, opcode, body, authinfo: ids };
    const record = this.#preparer.prepare(request, zxid, time);
    const applied = this.database.apply(record);
    return { record, applied, err: record.txn.type === 'error' ? record.txn.err : ErrorCode.OK };
  }
}

function exchangesOf(connection: VectorConnection): Exchange[] {
  const [, , ...frames] = connection.frames;
  const replies = frames
    .filter(({ dir }) => dir === 'S>C')
    .map((frame) => ({ ...frame, ...headerOf(frame) }));
  return frames
    .filter(({ dir }) => dir === 'C>S')
    .flatMap((frame) => {
      const bytes = frame.bytes.subarray(lengthBytes);
      const { xid, opcode } = decodeRequestHeader(bytes);
      const reply = replies.find((each) => each.header.xid === xid);
      if (reply === undefined) return [];
      return [
        {
          where: frame.where,
          xid,
          opcode,
          body: bytes.subarray(8),
          request: requestOf(opcode, bytes),
          header: reply.header,
          reply: reply.bytes,
        },
      ];
    });
}

function headerOf(frame: VectorFrame): { readonly header: ReplyHeader } {
  return { header: decodeReplyHeader(frame.bytes.subarray(lengthBytes)) };
}

function requestOf(opcode: number, bytes: Buffer): ClientRequest | null {
  try {
    return decodeRequestBody(opcode, bytes);
  } catch (error) {
    if (error instanceof JuteError) return null;
    throw error;
  }
}

function sortedReply({ request, header, reply }: Exchange): Buffer {
  if (request === null || header.err !== 0) return reply;
  return encodeReplyFrame(header, sorted(decodeReplyBody(request.type, reply.subarray(lengthBytes))));
}

/** The order of children and of ephemerals is nobody's promise. */
function sorted(body: ReplyBody): ReplyBody {
  switch (body.type) {
    case 'children':
    case 'childrenAndStat':
      return { ...body, children: body.children.toSorted() };
    case 'ephemerals':
      return { ...body, paths: body.paths.toSorted() };
    case 'multi':
      return {
        ...body,
        results: body.results.map((result) =>
          result.type === 'getChildren' ? { ...result, children: result.children.toSorted() } : result,
        ),
      };
    default:
      return body;
  }
}

function timesOf(connections: readonly VectorConnection[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const connection of connections) {
    for (const { request, header, reply } of exchangesOf(connection)) {
      if (request === null || header.err !== 0) continue;
      for (const stat of statsOf(decodeReplyBody(request.type, reply.subarray(lengthBytes)))) {
        times.set(stat.czxid, stat.ctime);
        times.set(stat.mzxid, stat.mtime);
      }
    }
  }
  return times;
}

function statsOf(body: ReplyBody): Stat[] {
  if (body.type === 'multi') return body.results.flatMap((result) => ('stat' in result ? [result.stat] : []));
  return 'stat' in body ? [body.stat] : [];
}

function digestId(auth: Buffer): AuthId {
  const [user = ''] = auth.toString().split(':');
  return { scheme: 'digest', id: `${user}:${createHash('sha1').update(auth).digest('base64')}` };
}

function ownReply(request: ClientRequest, result: AppliedResult): ReplyContent {
  const reply = replyFor(request, result);
  assert(reply !== null, `the transaction of a ${request.type} answers it`);
  return reply;
}
