// A znode of the tree and the Stat that clients see of it.

import type { Stat } from '../../../../harness/wire/records.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import type { HashedFields } from './digest-sum.ts';
import { isSessionOwner } from './owner.ts';
import { isDigested } from './paths.ts';
import { slotBytesFor, type RecordPage, type RecordPages } from './record-pages.ts';

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

/** Where a znode's numbers are in its record; behind them is its data. */
const czxidIndex = 0;
const mzxidIndex = 1;
const pzxidIndex = 2;
const ctimeIndex = 3;
const mtimeIndex = 4;
/** The same record as 32-bit integers, behind the five numbers. */
const versionIndex = 10;
const cversionIndex = 11;
const aversionIndex = 12;
const pathSumIndex = 13;
const contentSumIndex = 14;
const hashIndex = 15;
const headBytes = 64;
/** Up to here copying byte by byte is faster than a call of `set`. */
const fewBytes = 24;
/** `#dataLength` of a znode whose data is null. */
const nullLength = -1;

/** Changed by the tree alone, which keeps the sums right. */
export class Znode implements ZnodeFields, HashedFields {
  readonly path: string;
  aclKey: number;
  readonly owner: SessionId;
  /** In the order of their creation; null while there was never one. */
  children: Set<Znode> | null = null;
  /** Rises with every znode that is made, so it orders them as the tree's map does. */
  readonly sequence: number;
  #page: RecordPage;
  /** Where its record begins, in bytes. */
  #at: number;
  #dataLength: number;

  constructor(
    fields: ZnodeFields,
    derived: { readonly pathSum: number | null; readonly sequence: number },
    pages: RecordPages,
  ) {
    this.path = fields.path;
    this.aclKey = fields.aclKey;
    this.owner = fields.owner;
    this.sequence = derived.sequence;
    this.#page = pages.pageFor(headBytes + lengthOf(fields.data));
    this.#at = this.#page.take();
    this.#dataLength = nullLength;
    this.#writeData(fields.data);
    this.#set(czxidIndex, fields.czxid);
    this.#set(ctimeIndex, fields.ctime);
    this.#setInteger(pathSumIndex, derived.pathSum ?? 0);
    this.version = fields.version;
    this.cversion = fields.cversion;
    this.aversion = fields.aversion;
    this.mzxid = fields.mzxid;
    this.pzxid = fields.pzxid;
    this.mtime = fields.mtime;
    this.contentSum = 0;
    this.hash = 0;
  }

  get childCount(): number {
    return this.children === null ? 0 : this.children.size;
  }

  /** A view of the tree's own memory: to be read before the tree changes again, or copied. */
  get data(): Buffer | null {
    if (this.#dataLength === nullLength) return null;
    const from = this.#at + headBytes;
    return this.#page.bytes.subarray(from, from + this.#dataLength);
  }

  /** 0 for null. */
  get dataBytes(): number {
    return Math.max(0, this.#dataLength);
  }

  /** Copies it: requests and packets hand over views of whole network buffers. */
  setData(data: Buffer | null, pages: RecordPages): void {
    const byteLength = headBytes + lengthOf(data);
    if (slotBytesFor(byteLength) !== this.#page.slotBytes) this.#moveTo(pages.pageFor(byteLength), pages);
    this.#writeData(data);
  }

  /** It is removed, and is not looked at again. */
  release(pages: RecordPages): void {
    pages.giveBack(this.#page, this.#at);
  }

  get czxid(): number {
    return this.#get(czxidIndex);
  }

  get mzxid(): number {
    return this.#get(mzxidIndex);
  }

  set mzxid(value: number) {
    this.#set(mzxidIndex, value);
  }

  get pzxid(): number {
    return this.#get(pzxidIndex);
  }

  set pzxid(value: number) {
    this.#set(pzxidIndex, value);
  }

  get ctime(): number {
    return this.#get(ctimeIndex);
  }

  get mtime(): number {
    return this.#get(mtimeIndex);
  }

  set mtime(value: number) {
    this.#set(mtimeIndex, value);
  }

  get version(): number {
    return this.#integer(versionIndex);
  }

  set version(value: number) {
    this.#setInteger(versionIndex, value);
  }

  get cversion(): number {
    return this.#integer(cversionIndex);
  }

  set cversion(value: number) {
    this.#setInteger(cversionIndex, value);
  }

  get aversion(): number {
    return this.#integer(aversionIndex);
  }

  set aversion(value: number) {
    this.#setInteger(aversionIndex, value);
  }

  get pathSum(): number | null {
    return isDigested(this.path) ? this.#integer(pathSumIndex) : null;
  }

  get contentSum(): number {
    return this.#integer(contentSumIndex);
  }

  set contentSum(value: number) {
    this.#setInteger(contentSumIndex, value);
  }

  /** What this znode adds to the tree digest now. */
  get hash(): number {
    return this.#integer(hashIndex);
  }

  set hash(value: number) {
    this.#setInteger(hashIndex, value);
  }

  #get(index: number): number {
    return this.#page.numbers[(this.#at >>> 3) + index] as number;
  }

  #set(index: number, value: number): void {
    this.#page.numbers[(this.#at >>> 3) + index] = value;
  }

  #integer(index: number): number {
    return this.#page.integers[(this.#at >>> 2) + index] as number;
  }

  #setInteger(index: number, value: number): void {
    this.#page.integers[(this.#at >>> 2) + index] = value;
  }

  #writeData(data: Buffer | null): void {
    this.#dataLength = data === null ? nullLength : data.length;
    if (data === null) return;
    const { bytes } = this.#page;
    const from = this.#at + headBytes;
    if (data.length > fewBytes) bytes.set(data, from);
    else for (let index = 0; index < data.length; index++) bytes[from + index] = data[index] as number;
  }

  #moveTo(page: RecordPage, pages: RecordPages): void {
    const at = page.take();
    page.bytes.set(this.#page.bytes.subarray(this.#at, this.#at + headBytes), at);
    pages.giveBack(this.#page, this.#at);
    this.#page = page;
    this.#at = at;
  }
}

function lengthOf(data: Buffer | null): number {
  return data === null ? 0 : data.length;
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
    dataLength: znode.dataBytes,
    numChildren: childCount,
    pzxid: znode.pzxid,
  };
}
