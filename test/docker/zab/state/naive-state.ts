// The state as one would write it down from the client protocol's description, one request after the other,
// with nothing in flight: what the real one is compared with. Open ACLs only.

import { CreateFlags, ErrorCode } from '../../../../harness/wire/constants.ts';
import type { ClientRequest, MultiOperation } from '../../../../harness/wire/records.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';

export interface NaiveZnode {
  readonly czxid: number;
  readonly owner: SessionId;
  data: Buffer | null;
  mzxid: number;
  pzxid: number;
  version: number;
  aversion: number;
  createdCount: number;
  /** Creates and deletes of children, which is what Stat shows as cversion. */
  childChangeCount: number;
}

const protectedPaths = ['/', '/zookeeper', '/zookeeper/config', '/zookeeper/quota'];

export class NaiveState {
  znodes = new Map<string, NaiveZnode>([['/', emptyZnode(0, noSession, null)]]);
  readonly sessions = new Set<SessionId>();

  childrenOf(path: string): string[] {
    return [...this.znodes.keys()].filter((each) => each !== '/' && parentPath(each) === path);
  }

  /** An error code, or the codes of all operations of a multi. */
  write(request: ClientRequest, session: SessionId, zxid: number): number | readonly number[] {
    if (!this.sessions.has(session)) return ErrorCode.SESSION_EXPIRED;
    if (request.type === 'multi') return this.#multi(request.operations, session, zxid);
    return this.#single(request, session, zxid);
  }

  closeSession(session: SessionId, zxid: number): number {
    if (!this.sessions.delete(session)) return ErrorCode.SESSION_EXPIRED;
    for (const [path, znode] of this.znodes) if (znode.owner === session) this.#remove(path, zxid);
    return ErrorCode.OK;
  }

  #multi(operations: readonly MultiOperation[], session: SessionId, zxid: number): readonly number[] {
    const before = new Map([...this.znodes].map(([path, znode]) => [path, { ...znode }]));
    const codes = operations.map(() => ErrorCode.RUNTIME_INCONSISTENCY as number);
    for (const [index, operation] of operations.entries()) {
      const code = this.#single(operation, session, zxid);
      if (code !== ErrorCode.OK) {
        this.znodes = before;
        codes.fill(ErrorCode.OK, 0, index);
        codes[index] = code;
        return codes;
      }
    }
    return operations.map(() => ErrorCode.OK);
  }

  #single(request: ClientRequest | MultiOperation, session: SessionId, zxid: number): number {
    switch (request.type) {
      case 'create':
        return this.#create(request, session, zxid);
      case 'delete': {
        const znode = this.znodes.get(request.path);
        if (protectedPaths.includes(request.path)) return ErrorCode.BAD_ARGUMENTS;
        if (znode === undefined) return ErrorCode.NO_NODE;
        if (!matches(request.version, znode.version)) return ErrorCode.BAD_VERSION;
        if (this.childrenOf(request.path).length > 0) return ErrorCode.NOT_EMPTY;
        this.#remove(request.path, zxid);
        return ErrorCode.OK;
      }
      case 'setData': {
        const znode = this.znodes.get(request.path);
        if (znode === undefined) return ErrorCode.NO_NODE;
        if (!matches(request.version, znode.version)) return ErrorCode.BAD_VERSION;
        Object.assign(znode, { data: request.data, version: znode.version + 1, mzxid: zxid });
        return ErrorCode.OK;
      }
      case 'setACL': {
        const znode = this.znodes.get(request.path);
        if (znode === undefined) return ErrorCode.NO_NODE;
        if (!matches(request.version, znode.aversion)) return ErrorCode.BAD_VERSION;
        znode.aversion++;
        return ErrorCode.OK;
      }
      case 'check': {
        const znode = this.znodes.get(request.path);
        if (znode === undefined) return ErrorCode.NO_NODE;
        return matches(request.version, znode.version) ? ErrorCode.OK : ErrorCode.BAD_VERSION;
      }
      default:
        throw new Error(`the model has no ${request.type}`);
    }
  }

  #create(
    { path, data, flags }: { readonly path: string; readonly data: Buffer | null; readonly flags: number },
    session: SessionId,
    zxid: number,
  ): number {
    const parent = this.znodes.get(parentPath(path));
    if (parent === undefined) return ErrorCode.NO_NODE;
    const isSequential =
      flags === CreateFlags.PERSISTENT_SEQUENTIAL || flags === CreateFlags.EPHEMERAL_SEQUENTIAL;
    const isEphemeral = flags === CreateFlags.EPHEMERAL || flags === CreateFlags.EPHEMERAL_SEQUENTIAL;
    const name = isSequential ? path + String(parent.createdCount).padStart(10, '0') : path;
    if (this.znodes.has(name)) return ErrorCode.NODE_EXISTS;
    if (parent.owner !== noSession) return ErrorCode.NO_CHILDREN_FOR_EPHEMERALS;
    parent.createdCount++;
    parent.childChangeCount++;
    parent.pzxid = zxid;
    this.znodes.set(name, emptyZnode(zxid, isEphemeral ? session : noSession, data));
    return ErrorCode.OK;
  }

  #remove(path: string, zxid: number): void {
    this.znodes.delete(path);
    const parent = this.znodes.get(parentPath(path));
    if (parent === undefined) throw new Error(`${path} had no parent`);
    parent.childChangeCount++;
    parent.pzxid = zxid;
  }
}

function emptyZnode(zxid: number, owner: SessionId, data: Buffer | null): NaiveZnode {
  return {
    czxid: zxid,
    owner,
    data,
    mzxid: zxid,
    pzxid: zxid,
    version: 0,
    aversion: 0,
    createdCount: 0,
    childChangeCount: 0,
  };
}

function matches(expected: number, version: number): boolean {
  return expected === -1 || expected === version;
}

function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
