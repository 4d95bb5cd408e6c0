// Failed operations in words: which operation, on which znode, what went wrong, and whether it may still
// have taken place.

import { ErrorCode } from '../wire/constants.ts';
import type { ClientRequest, MultiOperation, MultiResult } from '../wire/records.ts';
import { ClientError } from './client.ts';
import type { ClientErrorKind } from './client.ts';

/** Java's names are the ones people search for: `NO_NODE` is `NONODE` there. */
const codeNames = new Map<number, string>(
  Object.entries(ErrorCode).map(([name, code]) => [code, name.replaceAll('_', '')]),
);

/** `BADVERSION (-103)`. */
function describeErrorCode(code: number): string {
  return `${codeNames.get(code) ?? 'unknown error'} (${code})`;
}

/** `BADVERSION`; a number where it has no name. */
export function errorName(code: number): string {
  return codeNames.get(code) ?? String(code);
}

function describeRequest(request: ClientRequest | MultiOperation): string {
  const name = request.type === 'getChildren2' ? 'getChildren' : request.type;
  return 'path' in request ? `${name} ${request.path}` : name;
}

/**
 * The server answered with an error code. Those of the API stand for what it did not carry out. Most of the
 * others say that something went wrong on the way, perhaps after the write was decided.
 */
export function refusal(request: ClientRequest, code: number, zxid: number): ClientError {
  const definite = isDefinite(code);
  const doubt = definite ? '' : '; it may have taken place';
  const message = `${describeRequest(request)}: ${describeErrorCode(code)}${doubt}`;
  return new ClientError(message, { kind: 'refused', definite, code, zxid });
}

/** From here down, codes are answers of the API (KeeperException.Code, APIERROR); above are system errors. */
const apiError = -100;
const definiteSystemErrors: ReadonlySet<number> = new Set([
  ErrorCode.UNIMPLEMENTED,
  ErrorCode.BAD_ARGUMENTS,
  ErrorCode.NEW_CONFIG_NO_QUORUM,
  ErrorCode.RECONFIG_IN_PROGRESS,
]);
/** REQUESTTIMEOUT of Apache 3.6 and later: too late for an answer is not too late for the write. */
const requestTimeout = -122;

function isDefinite(code: number): boolean {
  return (code <= apiError && code !== requestTimeout) || definiteSystemErrors.has(code);
}

export function failure(request: ClientRequest, kind: ClientErrorKind, reason: string): ClientError {
  const definite = kind === 'not-connected' || kind === 'session-expired';
  const doubt = definite ? 'it was never sent' : 'it may have taken place';
  return new ClientError(`${describeRequest(request)}: ${kind}, ${reason}; ${doubt}`, { kind, definite });
}

/** The failure of a multi, told by the one operation that caused it; null for a multi that succeeded. */
export function multiRefusal(
  request: Extract<ClientRequest, { type: 'multi' | 'multiRead' }>,
  results: readonly MultiResult[],
  zxid: number,
): ClientError | null {
  for (const [index, result] of results.entries()) {
    // The others report OK (rolled back) or RUNTIMEINCONSISTENCY (never tried).
    if (result.type !== 'error' || result.err === ErrorCode.OK) continue;
    const operation = request.operations[index];
    const which = operation === undefined ? '' : ` (${describeRequest(operation)})`;
    const message = `multi: operation ${index + 1}${which}: ${describeErrorCode(result.err)}`;
    return new ClientError(message, { kind: 'refused', definite: true, code: result.err, zxid });
  }
  return null;
}
