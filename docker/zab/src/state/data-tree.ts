// The znodes, with everything that must stay in step with them: parents' counters, the index of ephemerals, the
// ACL cache, the digests. Changes are absolute (final values, not deltas) and harmless when repeated, which is
// what makes it safe to replay a log over a snapshot that already holds some of it.

import { ErrorCode } from '../../../../harness/wire/constants.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import type { Acl, Stat } from '../../../../harness/wire/records.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import type { SnapshotBody, SnapshotNode } from '../../../../harness/wire/snapshot-codec.ts';
import type { Digest } from '../../../../harness/wire/txn.ts';
import { AclCache, openAclKey } from './acl-cache.ts';
import { contentSumOf, DigestSum, pathSumOf, znodeHash } from './digest-sum.ts';
import { isPerishableOwner, isSessionOwner } from './owner.ts';
import { Quotas, type Usage } from './quotas.ts';
import { TreeCut } from './tree-cut.ts';
import { RecordPages } from './record-pages.ts';
import { parentOf, rootPath, systemPaths } from './paths.ts';
import { statOf, Znode, type ZnodeFields } from './znode.ts';

export interface TreeOptions {
  /** Znodes with a time to live; changes what owner fields mean. */
  readonly extendedTypes: boolean;
}

export interface CreateChange {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  readonly owner: SessionId;
  /** −1: one more than the parent has. */
  readonly parentCversion: number;
  readonly zxid: number;
  readonly time: number;
}

export interface SetDataChange {
  readonly path: string;
  readonly data: Buffer | null;
  readonly version: number;
  readonly zxid: number;
  readonly time: number;
}

interface Restrictions {
  readonly acl?: readonly Acl[];
  readonly parentAcl?: readonly Acl[];
}

const quotaPath = '/zookeeper/quota';
const configPath = '/zookeeper/config';
const readOnlyAcl: readonly Acl[] = [{ perms: 1, scheme: 'world', id: 'anyone' }];
const noData = Buffer.alloc(0);
const noRestrictions: Restrictions = {};
const noPaths: ReadonlySet<string> = new Set();

export class DataTree {
  readonly extendedTypes: boolean;
  readonly quotas = new Quotas({
    get: (path) => this.#find(path),
    usageOf: (path) => this.#usageOf(path),
    rewrite: (path, data) => this.#rewrite(path, data),
  });
  readonly #znodes = new Map<string, Znode>();
  readonly #pages = new RecordPages();
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  /** Paths of containers and of znodes with a time to live. */
  readonly #perishables = new Set<string>();
  readonly #acls = new AclCache();
  readonly #digest = new DigestSum();
  /** As the tree digest, over what that leaves out: who has which ACL. */
  readonly #aclDigest = new DigestSum();
  /** Being written out while the tree goes on. */
  #cuts: TreeCut[] = [];
  #lastSequence = 0;
  #dataBytes = 0;
  #ephemeralCount = 0;

  private constructor(options: TreeOptions) {
    this.extendedTypes = options.extendedTypes;
  }

  /** The tree of a server that has never seen a transaction. */
  static empty(options: TreeOptions): DataTree {
    const tree = new DataTree(options);
    tree.#insert(systemFields(rootPath, openAclKey));
    for (const path of systemPaths) tree.#insert(systemFields(path, openAclKey));
    tree.setAcl(configPath, readOnlyAcl, -1);
    return tree;
  }

  /** Throws JuteError where the snapshot is no tree. */
  static fromSnapshot(body: SnapshotBody, options: TreeOptions): DataTree {
    const tree = new DataTree(options);
    for (const { key, acl } of body.acls) tree.#acls.restore(key, acl);
    for (const node of body.nodes) tree.#restore(node);
    if (!tree.#znodes.has(rootPath)) throw new JuteError('a snapshot without a root', 0);
    tree.#acls.removeUnused();
    tree.#restoreQuotas();
    return tree;
  }

  get(path: string): Readonly<Znode> | undefined {
    return this.#find(path);
  }

  stat(znode: Readonly<Znode>): Stat {
    return statOf(znode, this.extendedTypes);
  }

  aclOf(znode: Readonly<Znode>): readonly Acl[] {
    return this.#acls.get(znode.aclKey);
  }

  /** The lists of a znode and of its parent, each only where not everybody may do everything. */
  restrictionsOf(path: string): Restrictions {
    const acl = this.restrictionOf(this.#find(path));
    const parentAcl = path === rootPath ? undefined : this.restrictionOf(this.#find(parentOf(path)));
    if (acl === undefined && parentAcl === undefined) return noRestrictions;
    return { ...(acl === undefined ? {} : { acl }), ...(parentAcl === undefined ? {} : { parentAcl }) };
  }

  /** The list of one znode; undefined where everybody may do everything. */
  restrictionOf(znode: Readonly<Znode> | undefined): readonly Acl[] | undefined {
    return znode === undefined ? undefined : this.#acls.restrictionOf(znode.aclKey);
  }

  isEphemeral(znode: { readonly owner: SessionId }): boolean {
    return isSessionOwner(znode.owner, this.extendedTypes);
  }

  /** In the order of their creation. */
  ephemeralsOf(session: SessionId): ReadonlySet<string> {
    return this.#ephemerals.get(session) ?? noPaths;
  }

  get sessionsWithEphemerals(): Iterable<SessionId> {
    return this.#ephemerals.keys();
  }

  /** Containers, and znodes with a time to live. */
  get perishables(): Iterable<string> {
    return this.#perishables;
  }

  get ephemeralCount(): number {
    return this.#ephemeralCount;
  }

  /** The root counts twice, under both of its names, because Apache ZooKeeper reports it so. */
  get nodeCount(): number {
    return this.#znodes.size + 1;
  }

  /** Length of all paths and data. */
  get approximateDataBytes(): number {
    return this.#dataBytes;
  }

  /** Tree digest, version 2. */
  get digest(): Digest {
    return this.#digest.value;
  }

  hasDigest(digest: Digest): boolean {
    return this.#digest.equals(digest);
  }

  /** Of everything that transactions change here, the ACLs too. */
  addTo(sum: DigestSum): void {
    sum.addSum(this.#digest);
    sum.addSum(this.#aclDigest);
  }

  /** Number of all znodes below a path. */
  descendantCount(path: string): number {
    const root = this.#find(path);
    if (root === undefined) return 0;
    if (root.path === rootPath) return this.#znodes.size - 1;
    let count = -1;
    for (const _ of this.#walk(root)) count++;
    return count;
  }

  /** The new znode, or NO_NODE without a parent, or NODE_EXISTS. */
  create(change: CreateChange): Readonly<Znode> | number {
    const parent = this.#find(parentOf(change.path));
    if (parent === undefined) return ErrorCode.NO_NODE;
    const existing = this.#znodes.get(change.path);
    if (existing === undefined) {
      const znode = this.#insert({
        path: change.path,
        data: change.data,
        aclKey: this.#acls.use(change.acl),
        czxid: change.zxid,
        mzxid: change.zxid,
        pzxid: change.zxid,
        ctime: change.time,
        mtime: change.time,
        version: 0,
        cversion: 0,
        aversion: 0,
        owner: change.owner,
      });
      this.#raiseCversion(parent, change);
      this.quotas.created(znode.path, znode.dataBytes);
      return znode;
    }
    this.#raiseCversion(parent, change);
    // The snapshot under this replay may have been written without the list that this znode names.
    this.#beforeChange(existing);
    this.#replaceAcl(existing, change.acl);
    return ErrorCode.NODE_EXISTS;
  }

  /** False when there is nothing to delete. */
  delete(path: string, zxid: number): boolean {
    const parent = this.#find(parentOf(path));
    if (parent !== undefined && parent.pzxid < zxid) {
      this.#beforeChange(parent);
      parent.pzxid = zxid;
      this.#rehash(parent);
    }
    const znode = this.#znodes.get(path);
    if (znode === undefined || znode.path === rootPath) return false;
    this.#beforeChange(znode);
    parent?.children?.delete(znode);
    const { dataBytes } = znode;
    this.#remove(znode);
    this.quotas.deleted(path, dataBytes);
    return true;
  }

  setData(change: SetDataChange): Readonly<Znode> | undefined {
    const znode = this.#find(change.path);
    if (znode === undefined) return undefined;
    this.#beforeChange(znode);
    const byteDifference = lengthOf(change.data) - znode.dataBytes;
    znode.setData(change.data, this.#pages);
    this.#dataBytes += byteDifference;
    znode.version = change.version;
    znode.mzxid = change.zxid;
    znode.mtime = change.time;
    znode.contentSum = contentSumOf(znode.pathSum, change.data);
    this.#rehash(znode);
    this.quotas.dataChanged(znode.path, byteDifference);
    return znode;
  }

  setAcl(path: string, acl: readonly Acl[], aversion: number): Readonly<Znode> | undefined {
    const znode = this.#find(path);
    if (znode === undefined) return undefined;
    this.#beforeChange(znode);
    this.#replaceAcl(znode, acl);
    znode.aversion = aversion;
    this.#rehash(znode);
    return znode;
  }

  aclEntries(): SnapshotBody['acls'] {
    return this.#acls.entries();
  }

  /** The znodes as they are now, to be taken bit by bit while the tree changes. To be closed. */
  cut(write: (znode: Readonly<Znode>) => void): TreeCut {
    const cut = new TreeCut({
      znodes: this.#znodes.values(),
      lastSequence: this.#lastSequence,
      parentOf: (znode) => (znode.path === rootPath ? undefined : this.#find(parentOf(znode.path))),
      write,
      closed: () => {
        this.#cuts = this.#cuts.filter((other) => other !== cut);
      },
    });
    this.#cuts.push(cut);
    return cut;
  }

  /** Parents before children. */
  *snapshotNodes(): Iterable<SnapshotNode> {
    const root = this.#find(rootPath);
    if (root === undefined) return;
    for (const znode of this.#walk(root)) yield snapshotNodeOf(znode);
  }

  #find(path: string): Znode | undefined {
    return this.#znodes.get(path === '' ? rootPath : path);
  }

  /** A cut that has not come to a znode must see it as it was. */
  #beforeChange(znode: Znode): void {
    if (this.#cuts.length === 0) return;
    for (const cut of this.#cuts) cut.beforeChange(znode);
  }

  /** Depth first, children in the order of their creation, without recursion: trees may be deep. */
  *#walk(root: Znode): Iterable<Znode> {
    const stack = [root];
    for (let znode = stack.pop(); znode !== undefined; znode = stack.pop()) {
      yield znode;
      if (znode.children === null) continue;
      const children = [...znode.children];
      for (let index = children.length - 1; index >= 0; index--) stack.push(children[index] as Znode);
    }
  }

  #usageOf(path: string): Usage {
    const root = this.#find(path);
    let count = 0;
    let bytes = 0;
    for (const { dataBytes } of root === undefined ? [] : this.#walk(root)) {
      count += 1;
      bytes += dataBytes;
    }
    return { count, bytes };
  }

  #rewrite(path: string, data: Buffer): void {
    const znode = this.#find(path);
    if (znode === undefined) return;
    this.#beforeChange(znode);
    this.#dataBytes += data.length - znode.dataBytes;
    // No digest covers what is below /zookeeper.
    znode.setData(data, this.#pages);
  }

  #restoreQuotas(): void {
    const root = this.#find(quotaPath);
    if (root !== undefined) this.quotas.restore(Array.from(this.#walk(root), ({ path }) => path));
  }

  #restore({ ephemeralOwner, ...node }: SnapshotNode): void {
    const path = node.path === '' ? rootPath : node.path;
    if (this.#znodes.has(path)) throw new JuteError(`a snapshot with two nodes "${path}"`, 0);
    if (path !== rootPath && !this.#znodes.has(parentOf(path))) {
      throw new JuteError(`a snapshot with a node "${path}" but no parent before it`, 0);
    }
    this.#acls.useKey(node.aclKey);
    this.#insert({ ...node, path, owner: ephemeralOwner });
  }

  /** The ACL's use is counted by the caller. */
  #insert(fields: ZnodeFields): Znode {
    const { path } = fields;
    const znode = new Znode(
      fields,
      { pathSum: pathSumOf(path), sequence: ++this.#lastSequence },
      this.#pages,
    );
    this.#znodes.set(path, znode);
    znode.contentSum = contentSumOf(znode.pathSum, fields.data);
    this.#rehash(znode);
    this.#addAclHash(znode);
    this.#dataBytes += path.length + znode.dataBytes;
    if (path !== rootPath) this.#addChild(znode);
    if (this.isEphemeral(znode)) this.#addEphemeral(znode);
    else if (isPerishableOwner(znode.owner, this.extendedTypes)) this.#perishables.add(path);
    return znode;
  }

  #addChild(znode: Znode): void {
    const parent = this.#find(parentOf(znode.path));
    if (parent !== undefined) (parent.children ??= new Set()).add(znode);
  }

  #addEphemeral({ owner, path }: Znode): void {
    const paths = this.#ephemerals.get(owner);
    if (paths === undefined) this.#ephemerals.set(owner, new Set([path]));
    else paths.add(path);
    this.#ephemeralCount++;
  }

  /** Children of a removed znode cannot exist: deletes refuse it, and ephemerals take none. */
  #remove(znode: Znode): void {
    const { owner, path } = znode;
    this.#znodes.delete(path);
    this.#digest.subtract(znode.hash);
    this.#subtractAclHash(znode);
    this.#acls.release(znode.aclKey);
    this.#dataBytes -= path.length + znode.dataBytes;
    znode.release(this.#pages);
    if (isPerishableOwner(owner, this.extendedTypes)) this.#perishables.delete(path);
    if (!this.isEphemeral(znode)) return;
    const paths = this.#ephemerals.get(owner);
    paths?.delete(path);
    if (paths?.size === 0) this.#ephemerals.delete(owner);
    this.#ephemeralCount--;
  }

  /** Only upwards: a replayed create may be older than what the snapshot already holds. */
  #raiseCversion(parent: Znode, { parentCversion, zxid }: CreateChange): void {
    const cversion = parentCversion === -1 ? (parent.cversion + 1) | 0 : parentCversion;
    if (cversion <= parent.cversion) return;
    this.#beforeChange(parent);
    parent.cversion = cversion;
    parent.pzxid = zxid;
    this.#rehash(parent);
  }

  #replaceAcl(znode: Znode, acl: readonly Acl[]): void {
    this.#subtractAclHash(znode);
    const before = znode.aclKey;
    znode.aclKey = this.#acls.use(acl);
    this.#addAclHash(znode);
    this.#acls.release(before);
  }

  #rehash(znode: Znode): void {
    const hash = znodeHash(znode.pathSum, znode);
    this.#digest.subtract(znode.hash);
    this.#digest.add(hash);
    znode.hash = hash;
  }

  #addAclHash(znode: Znode): void {
    this.#aclDigest.add(this.#aclHash(znode));
  }

  #subtractAclHash(znode: Znode): void {
    this.#aclDigest.subtract(this.#aclHash(znode));
  }

  #aclHash({ pathSum, aclKey }: Znode): number {
    if (pathSum === null) return 0;
    return Math.imul(pathSum ^ this.#acls.sumOf(aclKey), 0x9e37_79b1);
  }
}

export function snapshotNodeOf(znode: Readonly<Znode>): SnapshotNode {
  const { path, owner } = znode;
  return {
    path: path === rootPath ? '' : path,
    data: znode.data,
    aclKey: znode.aclKey,
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    ctime: znode.ctime,
    mtime: znode.mtime,
    version: znode.version,
    cversion: znode.cversion,
    aversion: znode.aversion,
    ephemeralOwner: owner,
    pzxid: znode.pzxid,
  };
}

function lengthOf(data: Buffer | null): number {
  return data === null ? 0 : data.length;
}

function systemFields(path: string, aclKey: number): ZnodeFields {
  const zeros = { czxid: 0, mzxid: 0, pzxid: 0, ctime: 0, mtime: 0, version: 0, cversion: 0, aversion: 0 };
  return { path, data: noData, aclKey, ...zeros, owner: noSession };
}
