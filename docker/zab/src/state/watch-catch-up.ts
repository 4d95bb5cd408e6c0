// What setWatches gives a client that comes back: events for what it missed since the last zxid it saw, and the
// watches that are still waiting. Facts: client protocol, "Watches".

import { EventType } from '../../../../harness/wire/constants.ts';
import type { DataTree } from './data-tree.ts';

export interface WatchLists {
  /** The last zxid that the client saw. */
  readonly relativeZxid: number;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}

export interface CatchUp {
  /** To be sent before the reply, in this order. */
  readonly events: readonly { readonly eventType: EventType; readonly path: string }[];
  readonly dataWatches: readonly string[];
  readonly childWatches: readonly string[];
}

export function catchUpWatches(tree: DataTree, lists: WatchLists): CatchUp {
  const events: { eventType: EventType; path: string }[] = [];
  const dataWatches: string[] = [];
  const childWatches: string[] = [];
  for (const path of lists.dataWatches) {
    const znode = tree.get(path);
    if (znode === undefined) events.push({ eventType: EventType.DELETED, path });
    else if (znode.mzxid > lists.relativeZxid) events.push({ eventType: EventType.DATA_CHANGED, path });
    else dataWatches.push(path);
  }
  for (const path of lists.existWatches) {
    // The client waited for a znode that was not there.
    if (tree.get(path) === undefined) dataWatches.push(path);
    else events.push({ eventType: EventType.CREATED, path });
  }
  for (const path of lists.childWatches) {
    const znode = tree.get(path);
    if (znode === undefined) events.push({ eventType: EventType.DELETED, path });
    else if (znode.pzxid > lists.relativeZxid) events.push({ eventType: EventType.CHILDREN_CHANGED, path });
    else childWatches.push(path);
  }
  return { events, dataWatches, childWatches };
}
