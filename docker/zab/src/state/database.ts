// The replicated state: tree and sessions, moved from zxid to zxid by committed transactions. Applying follows
// the replay rules of the storage format, so a log may be replayed over a snapshot that holds part of it.

import assert from 'node:assert/strict';

import { crc32 } from '../../../../harness/wire/checksums.ts';
import { ErrorCode } from '../../../../harness/wire/constants.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import {
  decodeSnapshotFile,
  decodeSnapshotStream,
  encodeSnapshotFile,
  encodeSnapshotStream,
  type SnapshotBody,
  type SnapshotDigest,
} from '../../../../harness/wire/snapshot-codec.ts';
import type { Txn, TxnHeader, TxnRecord } from '../../../../harness/wire/txn.ts';
import type { Database } from '../core/database.ts';
import type { Applied, AppliedResult, ByteSource, Change } from '../core/events.ts';
import { DataTree, type TreeOptions } from './data-tree.ts';
import { DigestSum } from './digest-sum.ts';
import { SnapshotSlices } from './snapshot-slices.ts';
import { containerOwner, ttlOwner } from './owner.ts';
import type { Znode } from './znode.ts';

export const configPath = '/zookeeper/config';
const noChanges: Change[] = [];
const nothing: AppliedResult = { type: 'none' };

interface ShownConfig {
  readonly text: string;
  readonly version: number;
  readonly timeMs: number;
  /** What a transaction or a leader's snapshot has brought stays, unless this one is newer. */
  readonly keepsNewer?: boolean;
}

/** Who is here to be told what a transaction did: what would be for nobody is not made. */
export interface Audience {
  /** Whether somebody waits for the outcome of a transaction of the session. */
  awaits(session: SessionId): boolean;
  /** Whether somebody watches anything. */
  readonly isWatching: boolean;
}

const everybody: Audience = { awaits: () => true, isWatching: true };

type Creation = Extract<Txn, { parentCversion: number }>;
type SetData = Extract<Txn, { type: 'setData' | 'reconfig' }>;

export class StateDatabase implements Database {
  readonly #options: TreeOptions;
  #tree: DataTree;
  #sessions = new Map<SessionId, number>();
  readonly #sessionDigest = new DigestSum();
  #lastProcessedZxid = 0;
  /** The last real transaction; `#lastProcessedZxid` may stand at the mark of an epoch behind it. */
  #lastTxnZxid = 0;
  #digestMismatchCount = 0;
  #config: ShownConfig | null = null;
  /** Of the transaction that is being applied; most have none or one. */
  #changes: Change[] = noChanges;
  #audience: Audience = everybody;
  /** Of everything, while it is added up. */
  readonly #digest = new DigestSum();

  constructor(options: Partial<TreeOptions> = {}) {
    this.#options = { extendedTypes: false, ...options };
    this.#tree = DataTree.empty(this.#options);
  }

  get tree(): DataTree {
    return this.#tree;
  }

  /** Timeouts, in milliseconds, that the sessions were created with. */
  get sessions(): ReadonlyMap<SessionId, number> {
    return this.#sessions;
  }

  get lastProcessedZxid(): number {
    return this.#lastProcessedZxid;
  }

  /** Transactions and snapshots whose digest was not ours: the trees have gone apart. */
  get digestMismatchCount(): number {
    return this.#digestMismatchCount;
  }

  /** Whoever is here at the time when a transaction is applied; by default everybody might be. */
  setAudience(audience: Audience): void {
    this.#audience = audience;
  }

  apply(record: TxnRecord): Applied {
    const { header, txn, digest } = record;
    const { zxid } = header;
    if (zxid <= this.#lastProcessedZxid) {
      assert.fail(`zxid ${zxid} is applied after ${this.#lastProcessedZxid}`);
    }
    this.#changes = noChanges;
    const result = this.#apply(txn, header);
    this.#lastProcessedZxid = zxid;
    this.#lastTxnZxid = zxid;
    if (digest !== null && !this.#tree.hasDigest(digest)) this.#digestMismatchCount++;
    return { changes: this.#changes, result };
  }

  markEpoch(zxid: number): void {
    assert(zxid > this.#lastProcessedZxid, `epoch mark ${zxid} is set after zxid ${this.#lastProcessedZxid}`);
    this.#lastProcessedZxid = zxid;
  }

  /**
   * The membership is shown as a znode of every server's own; no transaction brings it, and no digest covers it.
   * It stays when a leader's snapshot is installed, which has the leader's own.
   */
  setConfig(config: ShownConfig): void {
    this.#config = config;
    this.#showConfig();
  }

  openStream(): ByteSource {
    return new SnapshotSlices(this.#tree, { ...this.#snapshotHead(), form: { type: 'stream' } });
  }

  /** `encodeSnapshotFile`, in slices of the state as it is now. */
  openSnapshotFile(): ByteSource {
    const digest = this.#snapshotDigest();
    return new SnapshotSlices(this.#tree, { ...this.#snapshotHead(), form: { type: 'file', digest } });
  }

  /** The same state, which then goes its own way. */
  copy(): StateDatabase {
    const copy = new StateDatabase(this.#options);
    copy.#config = this.#config;
    copy.#install(this.#snapshotBody(), this.#lastProcessedZxid);
    copy.#lastTxnZxid = this.#lastTxnZxid;
    return copy;
  }

  encodeEmptyStream(): Buffer {
    return encodeSnapshotStream(new StateDatabase(this.#options).#snapshotBody());
  }

  installStream(stream: Buffer, zxid: number): void {
    this.#install(decodeSnapshotStream(stream), zxid);
  }

  encodeSnapshotFile(): Buffer {
    return encodeSnapshotFile(this.#snapshotBody(), this.#snapshotDigest());
  }

  /** `zxid` is the one in the file's name. Throws JuteError, and changes nothing, when the file is not whole. */
  loadSnapshotFile(file: Buffer, zxid: number): void {
    const { body, digest } = decodeSnapshotFile(file);
    this.#install(body, zxid);
    // A file that was written while transactions went on has a digest of its own zxid, which replay will reach.
    if (digest === null || digest.zxid !== zxid || zxid === 0) return;
    if (!this.#tree.hasDigest(digest.digest)) this.#digestMismatchCount++;
  }

  /** Of everything that transactions change: tree, ACLs, sessions. */
  digest(): string {
    this.#digest.clear();
    this.#tree.addTo(this.#digest);
    this.#digest.addSum(this.#sessionDigest);
    return this.#digest.toString();
  }

  #snapshotDigest(): SnapshotDigest {
    const digest = this.#lastTxnZxid === 0 ? { high: 0, low: 0 } : this.#tree.digest;
    return { zxid: this.#lastTxnZxid, digest };
  }

  #snapshotHead(): Omit<SnapshotBody, 'nodes'> {
    return {
      sessions: Array.from(this.#sessions, ([sessionId, timeoutMs]) => ({ sessionId, timeoutMs })),
      acls: this.#tree.aclEntries(),
    };
  }

  #snapshotBody(): SnapshotBody {
    return { ...this.#snapshotHead(), nodes: this.#tree.snapshotNodes() };
  }

  #install(body: SnapshotBody, zxid: number): void {
    const tree = DataTree.fromSnapshot(body, this.#options);
    const sessions = new Map(body.sessions.map(({ sessionId, timeoutMs }) => [sessionId, timeoutMs]));
    if (sessions.size !== body.sessions.length) throw new JuteError('a snapshot with a session twice', 0);
    this.#tree = tree;
    this.#sessions = new Map();
    this.#sessionDigest.clear();
    for (const [sessionId, timeoutMs] of sessions) this.#addSession(sessionId, timeoutMs);
    this.#lastProcessedZxid = zxid;
    this.#lastTxnZxid = zxid;
    this.#showConfig();
  }

  /** What `/zookeeper/config` says. */
  get configText(): string {
    return this.#tree.get(configPath)?.data?.toString() ?? '';
  }

  #showConfig(): void {
    if (this.#config === null) return;
    const { text, version, timeMs, keepsNewer = false } = this.#config;
    if (keepsNewer && versionOf(this.configText) >= version) return;
    const data = Buffer.from(text);
    this.#tree.setData({ path: configPath, data, version: -1, zxid: version, time: timeMs });
  }

  #apply(txn: Txn, header: TxnHeader): AppliedResult {
    switch (txn.type) {
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL':
        return this.#create(txn, header);
      case 'delete':
      case 'deleteContainer':
        return this.#delete(txn.path, header) ? nothing : failed(ErrorCode.NO_NODE);
      case 'setData':
      case 'reconfig':
        return this.#setData(txn, header);
      case 'setACL': {
        const znode = this.#tree.setAcl(txn.path, txn.acl, txn.version);
        return znode === undefined ? failed(ErrorCode.NO_NODE) : this.#shown(znode, header);
      }
      case 'createSession':
        this.#addSession(header.clientId, txn.timeoutMs);
        return nothing;
      case 'closeSession':
        this.#closeSession(txn.paths, header);
        return nothing;
      case 'multi':
        return { type: 'multi', results: this.#applyMulti(txn.txns, header) };
      case 'check':
        return nothing;
      case 'error':
        return failed(txn.err);
    }
  }

  #create(txn: Creation, header: TxnHeader): AppliedResult {
    const { clientId, zxid, time } = header;
    const znode = this.#tree.create({
      path: txn.path,
      data: txn.data,
      acl: txn.acl,
      owner: ownerOf(txn, clientId),
      parentCversion: txn.parentCversion,
      zxid,
      time,
    });
    if (typeof znode === 'number') return failed(znode);
    if (this.#audience.isWatching) {
      this.#changed({ type: 'created', path: txn.path, ...this.#tree.restrictionsOf(txn.path) });
    }
    if (!this.#audience.awaits(clientId)) return nothing;
    return { type: 'created', path: txn.path, stat: this.#tree.stat(znode) };
  }

  #delete(path: string, { zxid }: TxnHeader): boolean {
    // A deleted znode has no list to ask any more.
    const restrictions = this.#audience.isWatching ? this.#tree.restrictionsOf(path) : null;
    if (!this.#tree.delete(path, zxid)) return false;
    if (restrictions !== null) this.#changed({ type: 'deleted', path, ...restrictions });
    return true;
  }

  #setData(txn: SetData, header: TxnHeader): AppliedResult {
    const { zxid, time } = header;
    const { path, data, version } = txn;
    const znode = this.#tree.setData({ path, data, version, zxid, time });
    if (znode === undefined) return failed(ErrorCode.NO_NODE);
    if (this.#audience.isWatching) {
      // Nobody is told of it who watches the parent alone.
      const acl = this.#tree.restrictionOf(znode);
      this.#changed(acl === undefined ? { type: 'dataChanged', path } : { type: 'dataChanged', path, acl });
    }
    const shown = this.#shown(znode, header);
    // Not the tree's own memory: the reply is made when everything committed with this has been applied.
    return txn.type === 'reconfig' && shown.type === 'stat' ? { ...shown, type: 'data', data } : shown;
  }

  #changed(change: Change): void {
    if (this.#changes === noChanges) this.#changes = [change];
    else this.#changes.push(change);
  }

  #shown(znode: Readonly<Znode>, { clientId }: TxnHeader): AppliedResult {
    return this.#audience.awaits(clientId) ? { type: 'stat', stat: this.#tree.stat(znode) } : nothing;
  }

  #closeSession(paths: readonly string[] | null, header: TxnHeader): void {
    for (const path of paths ?? []) this.#delete(path, header);
    // Servers that do not list the paths leave it to everybody's own index, which is the same everywhere.
    for (const path of this.#tree.ephemeralsOf(header.clientId)) this.#delete(path, header);
    this.#removeSession(header.clientId);
  }

  /** One failed operation fails all: a log keeps those before it as they were asked for. */
  #applyMulti(txns: readonly Txn[], header: TxnHeader): AppliedResult[] {
    const failedIndex = txns.findIndex(({ type }) => type === 'error');
    if (failedIndex === -1) return txns.map((txn) => this.#apply(txn, header));
    return txns.map((txn, index) => {
      if (txn.type === 'error') return failed(txn.err);
      return failed(index < failedIndex ? ErrorCode.OK : ErrorCode.RUNTIME_INCONSISTENCY);
    });
  }

  #addSession(sessionId: SessionId, timeoutMs: number): void {
    this.#removeSession(sessionId);
    this.#sessions.set(sessionId, timeoutMs);
    this.#sessionDigest.add(sessionHash(sessionId, timeoutMs));
  }

  #removeSession(sessionId: SessionId): void {
    const timeoutMs = this.#sessions.get(sessionId);
    if (timeoutMs === undefined) return;
    this.#sessions.delete(sessionId);
    this.#sessionDigest.subtract(sessionHash(sessionId, timeoutMs));
  }
}

function ownerOf(txn: Creation, session: SessionId): SessionId {
  switch (txn.type) {
    case 'createContainer':
      return containerOwner;
    case 'createTTL':
      return ttlOwner(txn.ttl);
    default:
      return txn.ephemeral ? session : noSession;
  }
}

function failed(err: number): AppliedResult {
  return { type: 'error', err };
}

function sessionHash(sessionId: SessionId, timeoutMs: number): number {
  return crc32(Buffer.from(`${sessionId} ${timeoutMs}`));
}

/** Of a membership text; −1 where there is none. */
function versionOf(text: string): number {
  const match = /^version=([0-9a-f]{1,13})$/m.exec(text);
  return match === null ? -1 : Number.parseInt(match[1] ?? '', 16);
}
