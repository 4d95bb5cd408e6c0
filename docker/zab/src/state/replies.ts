// The reply to a write, from what its transaction did. The request decides the shape: the same transaction
// answers create with a path, and create2 with a path and a Stat.

import assert from 'node:assert/strict';

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

/** `result` is what applying the request's own transaction gave. */
export function replyFor(request: ClientRequest, result: AppliedResult): ReplyContent {
  if (result.type === 'error') return { err: result.err, body: noBody };
  return { err: ErrorCode.OK, body: bodyFor(request, result) };
}

function bodyFor(request: ClientRequest, result: AppliedResult): ReplyBody {
  switch (result.type) {
    case 'created':
      return request.type === 'create'
        ? { type: 'path', path: result.path }
        : { type: 'pathAndStat', path: result.path, stat: result.stat };
    case 'stat':
      return { type: 'stat', stat: result.stat };
    case 'data':
      return { type: 'data', data: result.data, stat: result.stat };
    case 'multi':
      assert(request.type === 'multi', `a ${request.type} was answered by a multi`);
      return { type: 'multi', results: multiResults(request.operations, result.results) };
    default:
      return noBody;
  }
}

function multiResults(
  operations: readonly MultiOperation[],
  results: readonly AppliedResult[],
): readonly MultiResult[] {
  assert.equal(results.length, operations.length, 'a multi has a result for each of its operations');
  return operations.map(({ type }, index) => multiResult(type, results[index] as AppliedResult));
}

function multiResult(type: MultiOperation['type'], result: AppliedResult): MultiResult {
  switch (result.type) {
    case 'error':
      return { type: 'error', err: result.err };
    case 'created':
      // 3.8.0 forgets that a create2 asked for the Stat too; 3.8.2 and later do not.
      return type === 'create'
        ? { type: 'create', path: result.path }
        : { type: 'create2', path: result.path, stat: result.stat };
    case 'stat':
      return { type: 'setData', stat: result.stat };
    default:
      return { type: type === 'check' ? 'check' : 'delete' };
  }
}
