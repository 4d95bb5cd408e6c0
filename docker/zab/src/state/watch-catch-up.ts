// What setWatches gives a client that comes back: events for what it missed since the last zxid it saw, and the
// watches that are still waiting. Facts: client protocol, "Watches".

import { EventType } from '../../../../harness/wire/constants.ts';
import type { Acl } from '../../../../harness/wire/records.ts';
import type { DataTree } from './data-tree.ts';

export interface WatchLists {
  /** The last zxid that the client saw. */
  readonly relativeZxid: number;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}

interface CatchUpEvent {
  readonly eventType: EventType;
  readonly path: string;
  /** Who may be told; absent: everybody. */
  readonly acl?: readonly Acl[];
}

export interface CatchUp {
  /** To be sent before the reply, in this order. */
  readonly events: readonly CatchUpEvent[];
  readonly dataWatches: readonly string[];
  readonly childWatches: readonly string[];
}

export function catchUpWatches(tree: DataTree, lists: WatchLists): CatchUp {
  const events: CatchUpEvent[] = [];
  const tell = (eventType: EventType, path: string): void => {
    const { acl } = tree.restrictionsOf(path);
    events.push(acl === undefined ? { eventType, path } : { eventType, path, acl });
  };
  const dataWatches: string[] = [];
  const childWatches: string[] = [];
  for (const path of lists.dataWatches) {
    const znode = tree.get(path);
    if (znode === undefined) tell(EventType.DELETED, path);
    else if (znode.mzxid > lists.relativeZxid) tell(EventType.DATA_CHANGED, path);
    else dataWatches.push(path);
  }
  for (const path of lists.existWatches) {
    // The client waited for a znode that was not there.
    if (tree.get(path) === undefined) dataWatches.push(path);
    else tell(EventType.CREATED, path);
  }
  for (const path of lists.childWatches) {
    const znode = tree.get(path);
    if (znode === undefined) tell(EventType.DELETED, path);
    else if (znode.pzxid > lists.relativeZxid) tell(EventType.CHILDREN_CHANGED, path);
    else childWatches.push(path);
  }
  return { events, dataWatches, childWatches };
}
