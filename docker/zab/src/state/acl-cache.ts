// The distinct ACLs of a tree, by number: znodes and snapshots name an ACL by its number. Numbers are given in
// the order of first use and are never given twice, so equal histories number equally.

import { crc32 } from '../../../../harness/wire/checksums.ts';
import { openAcl, type Acl } from '../../../../harness/wire/records.ts';
import { isOpen } from './acl.ts';

/** Stands for the open ACL and is never in the cache; only the nodes that exist from the start have it. */
export const openAclKey = -1;

interface CachedAcl {
  readonly key: number;
  readonly text: string;
  readonly acl: readonly Acl[];
  /** Hash of the list, for digests of the state. */
  readonly sum: number;
  readonly isOpen: boolean;
  useCount: number;
}

const openText = textOf(openAcl);
const openSum = sumOf(openText);
/** A snapshot may lack a list that its znodes name; until its transaction is replayed nobody gets in. */
const lockedAcl: readonly Acl[] = [{ perms: 0, scheme: 'world', id: 'anyone' }];

export class AclCache {
  readonly #byKey = new Map<number, CachedAcl>();
  readonly #byText = new Map<string, CachedAcl>();
  /** Asked for last: most znodes of most trees have the same list. */
  #last: CachedAcl | undefined;
  #lastKey = 0;

  /** Entries of a snapshot, before any of their uses is counted. */
  restore(key: number, acl: readonly Acl[]): void {
    this.#add(key, textOf(acl), acl);
    this.#lastKey = Math.max(this.#lastKey, key);
  }

  /** The number of the list, with one more use of it. */
  use(acl: readonly Acl[]): number {
    const text = isOpen(acl) ? openText : textOf(acl);
    const cached = this.#byText.get(text) ?? this.#add(++this.#lastKey, text, acl);
    cached.useCount++;
    return cached.key;
  }

  /** Also for a key that the snapshot forgot: then it must not be given to another list. */
  useKey(key: number): void {
    this.#lastKey = Math.max(this.#lastKey, key);
    const cached = this.#byKey.get(key);
    if (cached !== undefined) cached.useCount++;
  }

  release(key: number): void {
    const cached = this.#byKey.get(key);
    if (cached !== undefined && --cached.useCount === 0) this.#remove(cached);
  }

  removeUnused(): void {
    for (const cached of this.#byKey.values()) if (cached.useCount === 0) this.#remove(cached);
  }

  get(key: number): readonly Acl[] {
    return key === openAclKey ? openAcl : (this.#find(key)?.acl ?? lockedAcl);
  }

  /** The list, undefined where it lets everybody do everything. */
  restrictionOf(key: number): readonly Acl[] | undefined {
    if (key === openAclKey) return undefined;
    const cached = this.#find(key);
    if (cached === undefined) return lockedAcl;
    return cached.isOpen ? undefined : cached.acl;
  }

  sumOf(key: number): number {
    return key === openAclKey ? openSum : (this.#byKey.get(key)?.sum ?? 0);
  }

  entries(): { key: number; acl: readonly Acl[] }[] {
    return Array.from(this.#byKey.values(), ({ key, acl }) => ({ key, acl }));
  }

  #find(key: number): CachedAcl | undefined {
    if (this.#last?.key !== key) this.#last = this.#byKey.get(key);
    return this.#last;
  }

  #add(key: number, text: string, acl: readonly Acl[]): CachedAcl {
    const cached: CachedAcl = { key, text, acl, sum: sumOf(text), isOpen: isOpen(acl), useCount: 0 };
    this.#byKey.set(key, cached);
    this.#byText.set(text, cached);
    return cached;
  }

  #remove(cached: CachedAcl): void {
    if (this.#last === cached) this.#last = undefined;
    this.#byKey.delete(cached.key);
    this.#byText.delete(cached.text);
  }
}

function textOf(acl: readonly Acl[]): string {
  return JSON.stringify(acl.map(({ perms, scheme, id }) => [perms, scheme, id]));
}

function sumOf(text: string): number {
  return crc32(Buffer.from(text));
}
