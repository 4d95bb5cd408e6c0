// Decoded values in the shape in which the vector files write them: their names of fields, nested ids.

import { decodeRequestBody, opcodeOf } from '../../../harness/wire/client-codec.ts';
import type {
  Acl,
  ClientRequest,
  MultiOperation,
  MultiResult,
  ReplyBody,
} from '../../../harness/wire/records.ts';
import type { SnapshotBody, SnapshotNode } from '../../../harness/wire/snapshot-codec.ts';
import { txnOpcode } from '../../../harness/wire/txn-codec.ts';
import type { Txn, TxnRecord } from '../../../harness/wire/txn.ts';
import type { Fields } from './vectors.ts';

const multiEnd = { type: -1, done: true, err: -1 };

/** The vectors' `acl` lists ids inside entries. */
function aclShape(acl: readonly Acl[] | null): unknown {
  return acl?.map(({ perms, scheme, id }) => ({ perms, id: { scheme, id } })) ?? null;
}

/** Null for requests without a body. */
export function requestShape(request: ClientRequest): unknown {
  const { type: _type, ...fields } = request;
  switch (request.type) {
    case 'ping':
    case 'closeSession':
    case 'whoAmI':
      return null;
    case 'multi':
    case 'multiRead':
      return [...request.operations.map(operationShape), multiEnd];
    case 'getEphemerals':
      return { prefixPath: request.path };
    case 'checkWatches':
    case 'removeWatches':
      return { path: request.path, type: request.watcherType };
    case 'auth':
      return { type: request.authType, scheme: request.scheme, auth: request.auth };
    default:
      return 'acl' in request ? { ...fields, acl: aclShape(request.acl) } : fields;
  }
}

function operationShape(operation: MultiOperation): Fields {
  const isRead = operation.type === 'getData' || operation.type === 'getChildren';
  return {
    type: opcodeOf(operation),
    done: false,
    err: -1,
    op: operation.type,
    request: isRead ? { path: operation.path, watch: false } : requestShape(operation),
  };
}

export function replyShape(body: ReplyBody): unknown {
  const { type: _type, ...fields } = body;
  switch (body.type) {
    case 'none':
      return null;
    case 'acl':
      return { acl: aclShape(body.acl), stat: body.stat };
    case 'count':
      return { totalNumber: body.count };
    case 'ephemerals':
      return { ephemerals: body.paths };
    case 'clientInfo':
      return { clientInfo: body.ids.map(({ scheme, user }) => ({ authScheme: scheme, user })) };
    case 'multi':
      return [...body.results.map(resultShape), multiEnd];
    default:
      return fields;
  }
}

function resultShape(result: MultiResult): Fields {
  const { type, ...fields } = result;
  const err = result.type === 'error' ? result.err : 0;
  const hasBody = type !== 'delete' && type !== 'check';
  return {
    type: type === 'error' ? -1 : opcodeOf({ type }),
    done: false,
    err,
    op: type,
    result: hasBody ? fields : null,
  };
}

export function txnShape(record: TxnRecord): Fields {
  const type = txnOpcode(record.txn);
  return {
    header: { ...record.header, type, typeName: record.txn.type },
    txn: txnBodyShape(record.txn),
    ...(record.digest === null ? {} : { digest: { version: 2, treeDigest: record.digest } }),
  };
}

function txnBodyShape(txn: Txn): unknown {
  const { type: _type, ...fields } = txn;
  switch (txn.type) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL': {
      const { parentCversion, ...others } = fields as Extract<Txn, { parentCversion: number }>;
      return { ...others, acl: aclShape(txn.acl), parentCVersion: parentCversion };
    }
    case 'setACL':
      return { ...fields, acl: aclShape(txn.acl) };
    case 'createSession':
      return { timeOut: txn.timeoutMs };
    case 'closeSession':
      return { paths2Delete: txn.paths };
    case 'multi':
      return {
        txns: txn.txns.map((sub) => ({
          type: txnOpcode(sub),
          typeName: sub.type,
          txn: txnBodyShape(sub),
        })),
      };
    default:
      return fields;
  }
}

export function snapshotShape(body: SnapshotBody): Fields {
  return {
    sessions: body.sessions.map(({ sessionId, timeoutMs }) => ({ id: sessionId, timeout: timeoutMs })),
    aclCache: body.acls.map(({ key, acl }) => ({ id: key, acl: aclShape(acl) })),
    nodes: [...body.nodes].map(nodeShape),
  };
}

function nodeShape({ path, data, aclKey, ...stat }: SnapshotNode): Fields {
  return { path, data, acl: aclKey, stat };
}

/** Decodes and re-shapes in one go, for bodies inside other packets. */
export function requestBodyShape(opcode: number, body: Buffer): unknown {
  return requestShape(decodeRequestBody(opcode, body, 0));
}
