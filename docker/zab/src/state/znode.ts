// A znode of the tree and the Stat that clients see of it.

import type { Stat } from '../../../../harness/wire/records.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import type { HashedFields } from './digest-sum.ts';
import { isSessionOwner } from './owner.ts';

export interface ZnodeFields {
  readonly path: string;
  readonly data: Buffer | null;
  readonly aclKey: number;
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  /** Count of children ever created here; Stat shows another number under this name. */
  readonly cversion: number;
  readonly aversion: number;
  /** See `owner.ts`. */
  readonly owner: SessionId;
}

/** Changed by the tree alone, which keeps the sums right. */
export class Znode implements ZnodeFields, HashedFields {
  readonly path: string;
  data: Buffer | null;
  aclKey: number;
  readonly czxid: number;
  mzxid: number;
  pzxid: number;
  readonly ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  readonly owner: SessionId;
  /** Names of the children, null while there was never one. */
  children: Set<string> | null = null;
  readonly pathSum: number | null;
  /** Rises with every znode that is made, so it orders them as the tree's map does. */
  readonly sequence: number;
  contentSum = 0;
  /** What this znode adds to the tree digest now. */
  hash = 0;

  constructor(fields: ZnodeFields, derived: { readonly pathSum: number | null; readonly sequence: number }) {
    this.path = fields.path;
    this.data = fields.data;
    this.aclKey = fields.aclKey;
    this.czxid = fields.czxid;
    this.mzxid = fields.mzxid;
    this.pzxid = fields.pzxid;
    this.ctime = fields.ctime;
    this.mtime = fields.mtime;
    this.version = fields.version;
    this.cversion = fields.cversion;
    this.aversion = fields.aversion;
    this.owner = fields.owner;
    this.pathSum = derived.pathSum;
    this.sequence = derived.sequence;
  }

  get childCount(): number {
    return this.children === null ? 0 : this.children.size;
  }
}

export function statOf(znode: Readonly<Znode>, extendedTypes: boolean): Stat {
  const childCount = znode.childCount;
  return {
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    ctime: znode.ctime,
    mtime: znode.mtime,
    version: znode.version,
    // Creates and deletes of children together: those created, plus those of them that are gone.
    cversion: (2 * znode.cversion - childCount) | 0,
    aversion: znode.aversion,
    ephemeralOwner: isSessionOwner(znode.owner, extendedTypes) ? znode.owner : noSession,
    dataLength: znode.data === null ? 0 : znode.data.length,
    numChildren: childCount,
    pzxid: znode.pzxid,
  };
}
