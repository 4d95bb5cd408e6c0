// One-shot watches of the connections of one server. Two tables by path, data and child; a connection is in each
// set at most once, and is out of it when its watch has fired. Finding whom a change concerns takes as long as
// there are watchers of that path, however many others there are.

import { EventType } from '../../../../harness/wire/constants.ts';
import type { Change } from '../core/events.ts';
import { parentOf } from './paths.ts';

export interface FiredWatch<C> {
  readonly connection: C;
  readonly eventType: EventType;
  readonly path: string;
}

/** `C` is the connection, or whatever stands for it. */
export class WatchTable<C> {
  readonly #data = new PathTable<C>();
  readonly #child = new PathTable<C>();

  addData(path: string, connection: C): void {
    this.#data.add(path, connection);
  }

  addChild(path: string, connection: C): void {
    this.#child.add(path, connection);
  }

  /** Whom to tell of a change, in this order. Their watches are gone with it. */
  fire({ type, path }: Change): readonly FiredWatch<C>[] {
    const fired: FiredWatch<C>[] = [];
    switch (type) {
      case 'dataChanged':
        tell(fired, this.#data.take(path), EventType.DATA_CHANGED, path);
        return fired;
      case 'created':
        tell(fired, this.#data.take(path), EventType.CREATED, path);
        break;
      case 'deleted':
        this.#fireDeleted(fired, path);
        break;
    }
    const parent = parentOf(path);
    tell(fired, this.#child.take(parent), EventType.CHILDREN_CHANGED, parent);
    return fired;
  }

  /** A connection that watched both the data and the children is told once. */
  #fireDeleted(fired: FiredWatch<C>[], path: string): void {
    const told = this.#data.take(path);
    tell(fired, told, EventType.DELETED, path);
    const watchers = this.#child.take(path);
    if (watchers === undefined) return;
    const others = told === undefined ? watchers : [...watchers].filter((each) => !told.has(each));
    tell(fired, others, EventType.DELETED, path);
  }

  removeConnection(connection: C): void {
    this.#data.removeConnection(connection);
    this.#child.removeConnection(connection);
  }

  has(table: 'data' | 'child', path: string, connection: C): boolean {
    return this.#table(table).has(path, connection);
  }

  /** Whether there was one. */
  remove(table: 'data' | 'child', path: string, connection: C): boolean {
    return this.#table(table).remove(path, connection);
  }

  get watchCount(): number {
    return this.#data.watchCount + this.#child.watchCount;
  }

  /** Of the data table alone, as the four-letter words of Apache ZooKeeper count. */
  get dataWatches(): { readonly connections: number; readonly paths: number; readonly watches: number } {
    const { connectionCount, pathCount, watchCount } = this.#data;
    return { connections: connectionCount, paths: pathCount, watches: watchCount };
  }

  #table(table: 'data' | 'child'): PathTable<C> {
    return table === 'data' ? this.#data : this.#child;
  }
}

function tell<C>(
  fired: FiredWatch<C>[],
  connections: Iterable<C> | undefined,
  eventType: EventType,
  path: string,
): void {
  if (connections === undefined) return;
  for (const connection of connections) fired.push({ connection, eventType, path });
}

/** Who watches a path, and what a connection watches. */
class PathTable<C> {
  readonly #byPath = new Map<string, Set<C>>();
  readonly #byConnection = new Map<C, Set<string>>();
  #watchCount = 0;

  get watchCount(): number {
    return this.#watchCount;
  }

  get pathCount(): number {
    return this.#byPath.size;
  }

  get connectionCount(): number {
    return this.#byConnection.size;
  }

  has(path: string, connection: C): boolean {
    return this.#byPath.get(path)?.has(connection) ?? false;
  }

  add(path: string, connection: C): void {
    if (this.has(path, connection)) return;
    addTo(this.#byPath, path, connection);
    addTo(this.#byConnection, connection, path);
    this.#watchCount++;
  }

  remove(path: string, connection: C): boolean {
    if (!this.has(path, connection)) return false;
    removeFrom(this.#byPath, path, connection);
    removeFrom(this.#byConnection, connection, path);
    this.#watchCount--;
    return true;
  }

  take(path: string): ReadonlySet<C> | undefined {
    const connections = this.#byPath.get(path);
    if (connections === undefined) return undefined;
    this.#byPath.delete(path);
    for (const connection of connections) removeFrom(this.#byConnection, connection, path);
    this.#watchCount -= connections.size;
    return connections;
  }

  removeConnection(connection: C): void {
    const paths = this.#byConnection.get(connection);
    if (paths === undefined) return;
    this.#byConnection.delete(connection);
    for (const path of paths) removeFrom(this.#byPath, path, connection);
    this.#watchCount -= paths.size;
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
