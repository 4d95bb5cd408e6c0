// Requests that a server answers alone, from its own tree: reads. Which of them leave a watch is told here too;
// leaving it is the caller's business, because watches belong to connections.

import { ErrorCode } from '../../../../harness/wire/constants.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type {
  ClientRequest,
  MultiOperation,
  MultiResult,
  ReplyBody,
} from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import { isAllowed, maskedAcl, Permission } from './acl.ts';
import type { DataTree } from './data-tree.ts';
import { nameOf, rootPath } from './paths.ts';
import type { Znode } from './znode.ts';

type SingleRead = Extract<
  ClientRequest,
  {
    type:
      | 'exists'
      | 'getData'
      | 'getChildren'
      | 'getChildren2'
      | 'getACL'
      | 'getAllChildrenNumber'
      | 'getEphemerals'
      | 'whoAmI';
  }
>;

export type ReadRequest =
  SingleRead | { readonly type: 'multiRead'; readonly operations: readonly MultiOperation[] };

export interface ReadContext {
  readonly sessionId: SessionId;
  readonly ids: readonly AuthId[];
  readonly skipAcl?: boolean;
}

export interface ReplyContent {
  readonly err: number;
  readonly body: ReplyBody;
}

const readTypes: ReadonlySet<ClientRequest['type']> = new Set<ReadRequest['type']>([
  'exists',
  'getData',
  'getChildren',
  'getChildren2',
  'getACL',
  'getAllChildrenNumber',
  'getEphemerals',
  'multiRead',
  'whoAmI',
]);

const maxMultiReadBytes = 64 * 1024 * 1024;

const noBody: ReplyBody = { type: 'none' };

export function isRead(request: ClientRequest): request is ReadRequest {
  return readTypes.has(request.type);
}

export function executeRead(tree: DataTree, request: ReadRequest, context: ReadContext): ReplyContent {
  switch (request.type) {
    case 'exists':
      return exists(tree, request.path, context);
    case 'getEphemerals':
      return ok({ type: 'ephemerals', paths: ephemerals(tree, request.path, context.sessionId) });
    case 'multiRead':
      return multiRead(tree, request.operations, context);
    case 'whoAmI':
      return ok({ type: 'clientInfo', ids: context.ids.map(userOf) });
    case 'getACL':
      return getAcl(tree, request.path, context);
    default:
      return readZnode(tree, request, context);
  }
}

/** The table that a read's watch goes to, null when it leaves none. A missing znode can be waited for. */
export function registersWatch(request: ReadRequest, err: number): 'data' | 'child' | null {
  if (!('watch' in request) || !request.watch) return null;
  switch (request.type) {
    case 'exists':
      return err === ErrorCode.OK || err === ErrorCode.NO_NODE ? 'data' : null;
    case 'getData':
      return err === ErrorCode.OK ? 'data' : null;
    case 'getChildren':
    case 'getChildren2':
      return err === ErrorCode.OK ? 'child' : null;
  }
}

type ZnodeRead = Extract<
  ReadRequest,
  { type: 'getData' | 'getChildren' | 'getChildren2' | 'getAllChildrenNumber' }
>;

/** Reads that need the znode and the right to read it. */
function readZnode(
  tree: DataTree,
  request: { readonly type: ZnodeRead['type']; readonly path: string },
  context: ReadContext,
): ReplyContent {
  const znode = tree.get(request.path);
  if (znode === undefined) return failed(ErrorCode.NO_NODE);
  if (!isReadable(tree, znode, context)) return failed(ErrorCode.NO_AUTH);
  switch (request.type) {
    case 'getData':
      return ok({ type: 'data', data: znode.data, stat: tree.stat(znode) });
    case 'getChildren':
      return ok({ type: 'children', children: childrenOf(znode) });
    case 'getChildren2':
      return ok({ type: 'childrenAndStat', children: childrenOf(znode), stat: tree.stat(znode) });
    case 'getAllChildrenNumber':
      return ok({ type: 'count', count: tree.descendantCount(request.path) });
  }
}

/** A znode that is there needs READ, as from 3.8.4 on; before, anybody could see the Stat of anything. */
function exists(tree: DataTree, path: string, context: ReadContext): ReplyContent {
  if (path.includes('\0')) return failed(ErrorCode.BAD_ARGUMENTS);
  const znode = tree.get(path);
  if (znode === undefined) return failed(ErrorCode.NO_NODE);
  if (!isReadable(tree, znode, context)) return failed(ErrorCode.NO_AUTH);
  return ok({ type: 'stat', stat: tree.stat(znode) });
}

function getAcl(tree: DataTree, path: string, context: ReadContext): ReplyContent {
  const znode = tree.get(path);
  if (znode === undefined) return failed(ErrorCode.NO_NODE);
  if (!mayDo(tree, znode, Permission.READ | Permission.ADMIN, context)) return failed(ErrorCode.NO_AUTH);
  const acl = tree.aclOf(znode);
  const seesAll = mayDo(tree, znode, Permission.ADMIN, context);
  return ok({ type: 'acl', acl: seesAll ? acl : maskedAcl(acl), stat: tree.stat(znode) });
}

/** Few bytes can ask for the same large znode very often; what no client could take in is refused as a whole. */
function multiRead(
  tree: DataTree,
  operations: readonly MultiOperation[],
  context: ReadContext,
): ReplyContent {
  const results: MultiResult[] = [];
  let bytes = 0;
  for (const operation of operations) {
    const result = readInside(tree, operation, context);
    bytes += bytesOf(result);
    if (bytes > maxMultiReadBytes) return failed(ErrorCode.MARSHALLING_ERROR);
    results.push(result);
  }
  return ok({ type: 'multi', results });
}

function bytesOf(result: MultiResult): number {
  if (result.type === 'getData') return result.data?.length ?? 0;
  if (result.type !== 'getChildren') return 0;
  return result.children.reduce((sum, name) => sum + 4 + name.length, 0);
}

function readInside(
  tree: DataTree,
  operation: { readonly type: string; readonly path: string },
  context: ReadContext,
): MultiResult {
  const type = operation.type === 'getData' ? 'getData' : 'getChildren';
  const { err, body } = readZnode(tree, { type, path: operation.path }, context);
  if (body.type === 'data') return { type: 'getData', data: body.data, stat: body.stat };
  if (body.type === 'children') return { type: 'getChildren', children: body.children };
  return { type: 'error', err };
}

function ephemerals(tree: DataTree, prefix: string, session: SessionId): string[] {
  const paths = [...tree.ephemeralsOf(session)];
  const isForAll = prefix.trim() === '' || prefix === rootPath;
  return isForAll ? paths : paths.filter((path) => path.startsWith(prefix));
}

function userOf({ scheme, id }: AuthId): { scheme: string; user: string } {
  return { scheme, user: scheme === 'digest' ? (id.split(':')[0] ?? id) : id };
}

function childrenOf(znode: Readonly<Znode>): string[] {
  return znode.children === null ? [] : Array.from(znode.children, ({ path }) => nameOf(path));
}

function isReadable(tree: DataTree, znode: Readonly<Znode>, context: ReadContext): boolean {
  return mayDo(tree, znode, Permission.READ, context);
}

function mayDo(
  tree: DataTree,
  znode: Readonly<Znode>,
  permissions: number,
  { ids, skipAcl }: ReadContext,
): boolean {
  return skipAcl === true || isAllowed(tree.aclOf(znode), permissions, ids);
}

function ok(body: ReplyBody): ReplyContent {
  return { err: ErrorCode.OK, body };
}

function failed(err: number): ReplyContent {
  return { err, body: noBody };
}
