// The watches that a session has set and not yet seen fire. The server forgets them with the connection, so
// a client that moves must set them again; an event takes away what it fired, as on the server.

import { EventType } from '../wire/constants.ts';
import type { ClientRequest, WatcherEvent } from '../wire/records.ts';
import type { WatchEvent } from './client.ts';

/** Apache's client splits its lists at about this size, to stay below the server's frame limit. */
const batchBytes = 128 * 1024;

const eventNames = new Map<number, WatchEvent['type']>([
  [EventType.CREATED, 'created'],
  [EventType.DELETED, 'deleted'],
  [EventType.DATA_CHANGED, 'dataChanged'],
  [EventType.CHILDREN_CHANGED, 'childrenChanged'],
]);

type SetWatches = Extract<ClientRequest, { type: 'setWatches' | 'setWatches2' }>;

export class WatchRegistry {
  readonly #data = new Set<string>();
  readonly #exist = new Set<string>();
  readonly #child = new Set<string>();
  readonly #persistent = new Set<string>();
  readonly #recursive = new Set<string>();

  /** A request with a watch was answered; `isMissing` for an exists that found nothing. */
  registered(request: ClientRequest, isMissing: boolean): void {
    if (request.type === 'getData') this.#data.add(request.path);
    else if (request.type === 'exists') (isMissing ? this.#exist : this.#data).add(request.path);
    else if (request.type === 'getChildren2' || request.type === 'getChildren') this.#child.add(request.path);
    else if (request.type === 'addWatch')
      (request.mode === 0 ? this.#persistent : this.#recursive).add(request.path);
  }

  /** Takes away what fired; null for an event that no server sends. */
  fired(event: WatcherEvent): WatchEvent | null {
    const type = eventNames.get(event.type);
    if (type === undefined) return null;
    if (type === 'childrenChanged' || type === 'deleted') this.#child.delete(event.path);
    if (type !== 'childrenChanged') {
      this.#data.delete(event.path);
      this.#exist.delete(event.path);
    }
    return { type, path: event.path };
  }

  /** What sets every watch again; the server fires at once those that a change after `relativeZxid` touched. */
  requests(relativeZxid: number): SetWatches[] {
    // Servers before 3.6 know only the form without persistent watches.
    const hasPersistent = this.#persistent.size + this.#recursive.size > 0;
    const batches: Lists[] = [];
    let room = 0;
    const add = (list: keyof Lists, path: string): void => {
      if (room <= 0) {
        batches.push(noLists());
        room = batchBytes;
      }
      batches.at(-1)?.[list].push(path);
      room -= Buffer.byteLength(path) + 4;
    };
    for (const path of this.#data) add('dataWatches', path);
    for (const path of this.#exist) add('existWatches', path);
    for (const path of this.#child) add('childWatches', path);
    for (const path of this.#persistent) add('persistentWatches', path);
    for (const path of this.#recursive) add('persistentRecursiveWatches', path);
    return batches.map((lists) => {
      if (hasPersistent) return { type: 'setWatches2', relativeZxid, ...lists };
      const { dataWatches, existWatches, childWatches } = lists;
      return { type: 'setWatches', relativeZxid, dataWatches, existWatches, childWatches };
    });
  }
}

type Lists = Record<
  'dataWatches' | 'existWatches' | 'childWatches' | 'persistentWatches' | 'persistentRecursiveWatches',
  string[]
>;

function noLists(): Lists {
  return {
    dataWatches: [],
    existWatches: [],
    childWatches: [],
    persistentWatches: [],
    persistentRecursiveWatches: [],
  };
}
