// The reply to a write, from what its transaction did. The request decides the shape: the same transaction
// answers create with a path, and create2 with a path and a Stat. Which transaction belongs to a request is
// known by an xid that the client chose, so the two may not fit together: that is the client's doing, and no
// reason to fail.

import { ErrorCode } from '../../../../harness/wire/constants.ts';
import type {
  ClientRequest,
  MultiOperation,
  MultiResult,
  ReplyBody,
} from '../../../../harness/wire/records.ts';
import type { AppliedResult } from '../core/events.ts';
import type { ReplyContent } from './local-reads.ts';

const noBody: ReplyBody = { type: 'none' };

/** `result` is what applying the request's own transaction gave; null when that cannot be. */
export function replyFor(request: ClientRequest, result: AppliedResult): ReplyContent | null {
  if (result.type === 'error') return { err: result.err, body: noBody };
  const body = bodyFor(request, result);
  return body === null ? null : { err: ErrorCode.OK, body };
}

function bodyFor(request: ClientRequest, result: AppliedResult): ReplyBody | null {
  switch (request.type) {
    case 'create':
      return result.type === 'created' ? { type: 'path', path: result.path } : null;
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return result.type === 'created' ? { type: 'pathAndStat', path: result.path, stat: result.stat } : null;
    case 'setData':
    case 'setACL':
      return result.type === 'stat' ? { type: 'stat', stat: result.stat } : null;
    case 'reconfig':
      return result.type === 'data' ? { type: 'data', data: result.data, stat: result.stat } : null;
    case 'multi':
      return result.type === 'multi' ? multiBody(request.operations, result.results) : null;
    default:
      return result.type === 'none' ? noBody : null;
  }
}

function multiBody(
  operations: readonly MultiOperation[],
  applied: readonly AppliedResult[],
): ReplyBody | null {
  if (applied.length !== operations.length) return null;
  const results: MultiResult[] = [];
  for (const [index, { type }] of operations.entries()) {
    const result = multiResult(type, applied[index] as AppliedResult);
    if (result === null) return null;
    results.push(result);
  }
  return { type: 'multi', results };
}

function multiResult(type: MultiOperation['type'], result: AppliedResult): MultiResult | null {
  if (result.type === 'error') return { type: 'error', err: result.err };
  switch (type) {
    case 'create':
      return result.type === 'created' ? { type: 'create', path: result.path } : null;
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      // 3.8.0 forgets that a create2 asked for the Stat too; 3.8.2 and later do not.
      return result.type === 'created' ? { type: 'create2', path: result.path, stat: result.stat } : null;
    case 'setData':
      return result.type === 'stat' ? { type: 'setData', stat: result.stat } : null;
    case 'check':
    case 'delete':
      return result.type === 'none' ? { type } : null;
    case 'getData':
    case 'getChildren':
      return null;
  }
}
