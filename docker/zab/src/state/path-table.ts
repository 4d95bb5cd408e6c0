// Who watches which path, and why: one of the two tables of `watches.ts`. Everything that concerns one connection
// takes as long as that connection has watches, everything that concerns one path as long as it has watchers.

import { parentOf, rootPath } from './paths.ts';

/** Bits: each reason for an entry stands and falls alone. */
export const WatchMode = { ONE_SHOT: 1, PERSISTENT: 2, RECURSIVE: 4 } as const;
type WatchMode = (typeof WatchMode)[keyof typeof WatchMode];

export class PathTable<C> {
  /** The bits of every watcher of a path. */
  readonly #byPath = new Map<string, Map<C, number>>();
  readonly #byConnection = new Map<C, Set<string>>();
  /** Those of `#byPath` that watch recursively, so that a climb meets nobody else. */
  readonly #recursive = new Map<string, Set<C>>();
  #watchCount = 0;

  /** Entries, however many reasons each has. */
  get watchCount(): number {
    return this.#watchCount;
  }

  get pathCount(): number {
    return this.#byPath.size;
  }

  get connectionCount(): number {
    return this.#byConnection.size;
  }

  /** For operators, as `connectionsByPath`. */
  pathsByConnection(): (readonly [C, readonly string[]])[] {
    return Array.from(this.#byConnection, ([connection, paths]) => [connection, [...paths]] as const);
  }

  connectionsByPath(): (readonly [string, readonly C[]])[] {
    return Array.from(this.#byPath, ([path, watchers]) => [path, [...watchers.keys()]] as const);
  }

  has(path: string, connection: C): boolean {
    return this.#byPath.get(path)?.has(connection) ?? false;
  }

  /**
   * Beside what is there already. In 3.8.0 a one-shot watch takes the place of a persistent one, which then ends
   * with the first event (ZOOKEEPER-4466); from 3.9.0 on it does not.
   */
  add(path: string, connection: C, mode: WatchMode): void {
    const watchers = this.#byPath.get(path);
    const before = watchers?.get(connection) ?? 0;
    if (watchers === undefined) this.#byPath.set(path, new Map([[connection, mode]]));
    else watchers.set(connection, before | mode);
    if (mode === WatchMode.RECURSIVE) addTo(this.#recursive, path, connection);
    if (before !== 0) return;
    addTo(this.#byConnection, connection, path);
    this.#watchCount++;
  }

  remove(path: string, connection: C): boolean {
    if (!this.has(path, connection)) return false;
    this.#removeWatcher(path, connection);
    removeFrom(this.#byConnection, connection, path);
    return true;
  }

  removeConnection(connection: C): void {
    const paths = this.#byConnection.get(connection);
    if (paths === undefined) return;
    this.#byConnection.delete(connection);
    for (const path of paths) this.#removeWatcher(path, connection);
  }

  /** Who is told of an event at `path`, undefined when nobody is. */
  fire(path: string): ReadonlySet<C> | undefined {
    const watchers = this.#byPath.get(path);
    if (watchers === undefined) return this.#recursive.size === 0 ? undefined : this.#addRecursive(path);
    const told = new Set(watchers.keys());
    this.#spendOneShots(path, watchers);
    return this.#recursive.size === 0 ? told : this.#addRecursive(path, told);
  }

  /** As `fire`; who watches recursively hears of the child itself instead. */
  fireChildrenChanged(path: string): ReadonlySet<C> | undefined {
    const watchers = this.#byPath.get(path);
    if (watchers === undefined) return undefined;
    const told = new Set<C>();
    for (const [connection, modes] of watchers) if (modes !== WatchMode.RECURSIVE) told.add(connection);
    this.#spendOneShots(path, watchers);
    return told;
  }

  #addRecursive(path: string, told = new Set<C>()): ReadonlySet<C> {
    for (let at = path; at !== rootPath;) {
      at = parentOf(at);
      for (const connection of this.#recursive.get(at) ?? []) told.add(connection);
    }
    return told;
  }

  #spendOneShots(path: string, watchers: Map<C, number>): void {
    for (const [connection, modes] of watchers) {
      if (modes === WatchMode.ONE_SHOT) this.remove(path, connection);
      else watchers.set(connection, modes & ~WatchMode.ONE_SHOT);
    }
  }

  #removeWatcher(path: string, connection: C): void {
    const watchers = this.#byPath.get(path);
    watchers?.delete(connection);
    if (watchers?.size === 0) this.#byPath.delete(path);
    if (this.#recursive.size > 0) removeFrom(this.#recursive, path, connection);
    this.#watchCount--;
  }
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
