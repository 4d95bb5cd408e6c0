// What the tree will be once every transaction in flight has been applied: for each path that one of them
// touches, the znode as the latest of them leaves it. A record is dropped when its transaction is applied, because
// then the tree itself says so. The tree digest is kept up to date along with them.

import type { Acl } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { Digest } from '../../../../harness/wire/txn.ts';
import type { DataTree } from './data-tree.ts';
import { contentSumOf, DigestSum, pathSumOf, znodeHash, type HashedFields } from './digest-sum.ts';
import { parentOf, rootPath } from './paths.ts';
import type { Usage } from './quotas.ts';

/** What is known of a znode that is or will be. */
interface ZnodeState extends HashedFields {
  readonly path: string;
  readonly childCount: number;
  readonly dataBytes: number;
  readonly pathSum: number | null;
  readonly hash: number;
}

/** A znode as it will be. Immutable: a further change makes a further record. */
export interface PendingZnode extends ZnodeState {
  readonly acl: readonly Acl[];
}

/** One that is being made. */
type Draft = { -readonly [field in keyof PendingZnode]: PendingZnode[field] };

export interface PendingCreate {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  readonly owner: SessionId;
  readonly parentCversion: number;
}

export interface TxnStamp {
  readonly zxid: number;
  readonly timeMs: number;
}

interface ChangeRecord {
  readonly zxid: number;
  readonly path: string;
  /** Null: deleted. */
  readonly znode: PendingZnode | null;
}

/** Where `rollback` goes back to. */
export interface PendingMark {
  readonly length: number;
  readonly digest: Digest;
}

export class PendingChanges {
  readonly #treeOf: () => DataTree;
  /** In zxid order; the first `#dropped` are applied already. */
  #records: ChangeRecord[] = [];
  #dropped = 0;
  readonly #latest = new Map<string, ChangeRecord>();
  readonly #digest = new DigestSum();

  /** The tree is asked for each time: a snapshot replaces it as a whole. */
  constructor(treeOf: () => DataTree) {
    this.#treeOf = treeOf;
  }

  get length(): number {
    return this.#records.length - this.#dropped;
  }

  /** Forgets what transactions up to `zxid` did: the tree shows it now. */
  dropApplied(zxid: number): void {
    if (this.#records.length === 0) return;
    for (; this.#dropped < this.#records.length; this.#dropped++) {
      const record = this.#records[this.#dropped] as ChangeRecord;
      if (record.zxid > zxid) break;
      if (this.#latest.get(record.path) === record) this.#latest.delete(record.path);
    }
    if (this.#dropped === this.#records.length) this.reset();
    else if (this.#dropped > 1024 && this.#dropped * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  reset(): void {
    if (this.#records.length > 0) this.#records = [];
    this.#dropped = 0;
    // A map that is cleared gets new memory, however empty it was.
    if (this.#latest.size > 0) this.#latest.clear();
  }

  /** Tree digest after everything in flight. */
  get digest(): Digest {
    return this.length === 0 ? this.#treeOf().digest : this.#digest.value;
  }

  mark(): PendingMark {
    return { length: this.#records.length, digest: this.digest };
  }

  /** Takes back every change made since the mark. Nothing may have been dropped in between. */
  rollback(mark: PendingMark): void {
    for (const { path } of this.#records.splice(mark.length)) this.#latest.delete(path);
    // Records before the mark may have been shadowed by the ones that went.
    for (let index = this.#dropped; index < mark.length; index++) {
      const record = this.#records[index] as ChangeRecord;
      this.#latest.set(record.path, record);
    }
    this.#digest.set(mark.digest);
  }

  get(path: string): PendingZnode | undefined {
    const key = path === '' ? rootPath : path;
    const record = this.#latest.get(key);
    if (record !== undefined) return record.znode ?? undefined;
    const tree = this.#treeOf();
    const znode = tree.get(key);
    return znode === undefined ? undefined : draftOf(znode, tree.aclOf(znode));
  }

  /** The paths that closing the session now would have to delete. */
  ephemeralsOf(session: SessionId): string[] {
    const paths = new Set(this.#treeOf().ephemeralsOf(session));
    for (const { path, znode } of this.#latest.values()) {
      if (znode?.owner === session) paths.add(path);
      else paths.delete(path);
    }
    return [...paths];
  }

  /** What is in flight adds to a znode and everything below it. */
  usageBelow(top: string): Usage {
    let count = 0;
    let bytes = 0;
    const tree = this.#treeOf();
    for (const { path, znode } of this.#latest.values()) {
      if (path !== top && !path.startsWith(`${top}/`)) continue;
      const before = tree.get(path);
      count += (znode === null ? 0 : 1) - (before === undefined ? 0 : 1);
      bytes += (znode?.dataBytes ?? 0) - (before?.dataBytes ?? 0);
    }
    return { count, bytes };
  }

  create(change: PendingCreate, parent: PendingZnode, { zxid, timeMs }: TxnStamp): void {
    const raised = draftOf(parent, parent.acl);
    raised.childCount += 1;
    // The tree raises the count of creates and pzxid together and only upwards, see `DataTree.create`.
    if (change.parentCversion > parent.cversion) {
      raised.cversion = change.parentCversion;
      raised.pzxid = zxid;
    }
    this.#put(raised, parent.hash, zxid);
    const pathSum = pathSumOf(change.path);
    const created: Draft = {
      path: change.path,
      acl: change.acl,
      childCount: 0,
      dataBytes: change.data?.length ?? 0,
      pathSum,
      contentSum: contentSumOf(pathSum, change.data),
      hash: 0,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: timeMs,
      mtime: timeMs,
      version: 0,
      cversion: 0,
      aversion: 0,
      owner: change.owner,
    };
    this.#put(created, 0, zxid);
  }

  delete(path: string, { zxid }: TxnStamp): void {
    const parent = this.get(parentOf(path));
    if (parent !== undefined) {
      const left = draftOf(parent, parent.acl);
      left.childCount -= 1;
      left.pzxid = zxid;
      this.#put(left, parent.hash, zxid);
    }
    this.#record({ zxid, path, znode: null }, this.get(path)?.hash ?? 0);
  }

  setData(
    znode: PendingZnode,
    change: { readonly data: Buffer | null; readonly version: number },
    { zxid, timeMs }: TxnStamp,
  ): void {
    const changed = draftOf(znode, znode.acl);
    changed.contentSum = contentSumOf(znode.pathSum, change.data);
    changed.dataBytes = change.data?.length ?? 0;
    changed.version = change.version;
    changed.mzxid = zxid;
    changed.mtime = timeMs;
    this.#put(changed, znode.hash, zxid);
  }

  setAcl(
    znode: PendingZnode,
    change: { readonly acl: readonly Acl[]; readonly version: number },
    { zxid }: TxnStamp,
  ): void {
    const changed = draftOf(znode, change.acl);
    changed.aversion = change.version;
    this.#put(changed, znode.hash, zxid);
  }

  #put(znode: Draft, hashBefore: number, zxid: number): void {
    znode.hash = znodeHash(znode.pathSum, znode);
    this.#record({ zxid, path: znode.path, znode }, hashBefore);
  }

  #record(record: ChangeRecord, hashBefore: number): void {
    // From here on the sum is ours: the tree's own moves on with transactions that are counted in it already.
    if (this.length === 0) this.#digest.set(this.#treeOf().digest);
    this.#digest.subtract(hashBefore);
    if (record.znode !== null) this.#digest.add(record.znode.hash);
    if (this.#records.length === 0) this.#records = [record];
    else this.#records.push(record);
    this.#latest.set(record.path, record);
  }
}

function draftOf(znode: ZnodeState, acl: readonly Acl[]): Draft {
  return {
    path: znode.path,
    acl,
    childCount: znode.childCount,
    dataBytes: znode.dataBytes,
    pathSum: znode.pathSum,
    contentSum: znode.contentSum,
    hash: znode.hash,
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    pzxid: znode.pzxid,
    ctime: znode.ctime,
    mtime: znode.mtime,
    version: znode.version,
    cversion: znode.cversion,
    aversion: znode.aversion,
    owner: znode.owner,
  };
}
