// Watches of the connections of one server. Two tables by path, data and child; a connection has at most one entry
// in each for a path, and an entry may be there for several reasons at once: a one-shot watch, which is spent when
// it fires, and persistent ones, which stay. Finding whom a change concerns takes as long as there are watchers of
// that path, however many others there are; ancestors are looked at only while somebody watches recursively.

import { EventType } from '../../../../harness/wire/constants.ts';
import type { Acl } from '../../../../harness/wire/records.ts';
import type { Change } from '../core/events.ts';
import { PathTable, WatchMode } from './path-table.ts';
import { parentOf } from './paths.ts';

export interface FiredWatch<C> {
  readonly connection: C;
  readonly eventType: EventType;
  readonly path: string;
  /** Who may be told; absent: everybody. */
  readonly acl?: readonly Acl[];
}

/** As addWatch numbers them. */
export type PersistentMode = 0 | 1;

const nobody: readonly never[] = [];

/** `C` is the connection, or whatever stands for it. */
export class WatchTable<C> {
  readonly #data = new PathTable<C>();
  readonly #child = new PathTable<C>();

  addData(path: string, connection: C): void {
    this.#data.add(path, connection, WatchMode.ONE_SHOT);
  }

  addChild(path: string, connection: C): void {
    this.#child.add(path, connection, WatchMode.ONE_SHOT);
  }

  addPersistent(path: string, connection: C, mode: PersistentMode): void {
    const added = mode === 0 ? WatchMode.PERSISTENT : WatchMode.RECURSIVE;
    this.#data.add(path, connection, added);
    this.#child.add(path, connection, added);
  }

  /** Whom to tell of a change, in this order. Their one-shot watches are gone with it. */
  fire({ type, path, acl, parentAcl }: Change): readonly FiredWatch<C>[] {
    if (this.watchCount === 0) return nobody;
    const fired: FiredWatch<C>[] = [];
    const tellOf = (eventType: EventType, connections: Iterable<C> | undefined): void => {
      tell(fired, connections, acl === undefined ? { eventType, path } : { eventType, path, acl });
    };
    switch (type) {
      case 'dataChanged':
        tellOf(EventType.DATA_CHANGED, this.#data.fire(path));
        return fired;
      case 'created':
        tellOf(EventType.CREATED, this.#data.fire(path));
        break;
      case 'deleted': {
        const told = this.#data.fire(path);
        tellOf(EventType.DELETED, told);
        tellOf(EventType.DELETED, without(this.#child.fire(path), told));
        break;
      }
    }
    const parent = parentOf(path);
    const ofParent = { eventType: EventType.CHILDREN_CHANGED, path: parent };
    const told = this.#child.fireChildrenChanged(parent);
    tell(fired, told, parentAcl === undefined ? ofParent : { ...ofParent, acl: parentAcl });
    return fired;
  }

  removeConnection(connection: C): void {
    this.#data.removeConnection(connection);
    this.#child.removeConnection(connection);
  }

  has(table: 'data' | 'child', path: string, connection: C): boolean {
    return this.#table(table).has(path, connection);
  }

  /** Whatever the reason for the entry. Whether there was one. */
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

  /** What each connection watches in the data table, for operators. */
  dataPathsByConnection(): readonly (readonly [C, readonly string[]])[] {
    return this.#data.pathsByConnection();
  }

  dataConnectionsByPath(): readonly (readonly [string, readonly C[]])[] {
    return this.#data.connectionsByPath();
  }

  #table(table: 'data' | 'child'): PathTable<C> {
    return table === 'data' ? this.#data : this.#child;
  }
}

function tell<C>(
  fired: FiredWatch<C>[],
  connections: Iterable<C> | undefined,
  event: Omit<FiredWatch<C>, 'connection'>,
): void {
  if (connections === undefined) return;
  for (const connection of connections) fired.push({ ...event, connection });
}

/** A connection that watched both the data and the children is told once. */
function without<C>(
  connections: ReadonlySet<C> | undefined,
  told: ReadonlySet<C> | undefined,
): Iterable<C> | undefined {
  if (connections === undefined || told === undefined) return connections;
  return [...connections].filter((connection) => !told.has(connection));
}
