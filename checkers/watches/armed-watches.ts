// The watches that one session has armed and not yet seen fire, as its server has them: one entry for a path in each
// of two tables, data and child, which may be there for several reasons at once. A one-shot reason is spent by an
// event, persistent ones stay; whoever watches recursively hears of everything below.

import type { ArmEntry, EventEntry, WatchEventType } from './watch-history.ts';

export interface Expected {
  readonly event: WatchEventType;
  readonly path: string;
}

interface Reasons {
  /** What was armed last: all that a server remembers which keeps one mode for a path. */
  lastMode: 'one-shot' | 'persistent' | 'recursive';
  isOneShot: boolean;
  isPersistent: boolean;
  isRecursive: boolean;
  /** The znode was not there when it was armed: what a client lists as an exist watch. */
  awaitsCreation: boolean;
}

type Table = Map<string, Reasons>;

export class ArmedWatches {
  readonly #data: Table = new Map();
  readonly #child: Table = new Map();

  get isEmpty(): boolean {
    return this.#data.size === 0 && this.#child.size === 0;
  }

  arm({ arms, path }: ArmEntry): void {
    switch (arms) {
      case 'data':
        armOnce(reasonsFor(this.#data, path));
        return;
      case 'exist': {
        const reasons = reasonsFor(this.#data, path);
        armOnce(reasons);
        reasons.awaitsCreation = true;
        return;
      }
      case 'child':
        armOnce(reasonsFor(this.#child, path));
        return;
      case 'persistent':
        for (const table of [this.#data, this.#child]) {
          Object.assign(reasonsFor(table, path), { isPersistent: true, lastMode: 'persistent' });
        }
        return;
      case 'recursive':
        for (const table of [this.#data, this.#child]) {
          Object.assign(reasonsFor(table, path), { isRecursive: true, lastMode: 'recursive' });
        }
        return;
    }
  }

  /** The events that a change must give, in their order. */
  expect({ event, path }: Expected): Expected[] {
    const own = this.covers({ event, path }) ? [{ event, path }] : [];
    if (event === 'dataChanged') return own;
    const ofParent = { event: 'childrenChanged', path: parentOf(path) } as const;
    return this.covers(ofParent) ? [...own, ofParent] : own;
  }

  /** Whether any watch is there that such an event may come of. */
  covers({ event, path }: Expected): boolean {
    switch (event) {
      case 'dataChanged':
      case 'created':
        return this.#data.has(path) || this.#isBelowRecursive(path);
      case 'deleted':
        return this.#data.has(path) || this.#child.has(path) || this.#isBelowRecursive(path);
      case 'childrenChanged': {
        const reasons = this.#child.get(path);
        return reasons !== undefined && (reasons.isOneShot || reasons.isPersistent);
      }
    }
  }

  /** A client that attaches anew lists its watches mode by mode, the recursive ones last. */
  relist(): void {
    for (const table of [this.#data, this.#child]) {
      for (const reasons of table.values()) {
        if (reasons.isPersistent) reasons.lastMode = 'persistent';
        if (reasons.isRecursive) reasons.lastMode = 'recursive';
      }
    }
  }

  /**
   * Whether a server that keeps one mode for each path would not know of any watch for this event, though there is
   * one: Apache ZooKeeper before 3.9.0 (ZOOKEEPER-4466).
   */
  isOvershadowed({ event, path }: Expected): boolean {
    if (!this.covers({ event, path })) return false;
    const [own, ofChildren] = [this.#data.get(path), this.#child.get(path)];
    if (event === 'childrenChanged') return !isKept(ofChildren) || ofChildren?.lastMode === 'recursive';
    if (isKept(own) || (event === 'deleted' && isKept(ofChildren))) return false;
    for (let at = path; at !== '/'; at = parentOf(at)) {
      if (this.#data.get(at)?.lastMode === 'recursive') return false;
    }
    return true;
  }

  /** The event has come. */
  spend({ event, path }: Expected): void {
    if (event !== 'childrenChanged') spendOneShot(this.#data, path);
    if (event === 'childrenChanged' || event === 'deleted') spendOneShot(this.#child, path);
  }

  /** What a client that attaches anew lists as one-shot watches: each is told of at most once. */
  oneShots(): OneShot[] {
    const list = (table: Table, kind: 'data' | 'child'): OneShot[] =>
      [...table].flatMap(([path, { isOneShot, awaitsCreation }]) =>
        isOneShot ? [{ path, kind: awaitsCreation ? 'exist' : kind }] : [],
      );
    return [...list(this.#data, 'data'), ...list(this.#child, 'child')];
  }

  #isBelowRecursive(path: string): boolean {
    for (let at = path; at !== '/'; at = parentOf(at)) {
      if (this.#data.get(at)?.isRecursive === true) return true;
    }
    return false;
  }
}

export interface OneShot {
  readonly path: string;
  readonly kind: 'data' | 'exist' | 'child';
}

/** Whether catching up on this watch may give this event: it tells what is, not what happened. */
export function mayCatchUp({ kind, path }: OneShot, { event, path: told }: EventEntry): boolean {
  if (path !== told) return false;
  if (kind === 'exist') return event === 'created';
  return event === 'deleted' || event === (kind === 'data' ? 'dataChanged' : 'childrenChanged');
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function armOnce(reasons: Reasons): void {
  reasons.isOneShot = true;
  reasons.lastMode = 'one-shot';
}

/** Whether there is a watch of the mode that was armed last. */
function isKept(reasons: Reasons | undefined): boolean {
  return reasons !== undefined && (reasons.lastMode !== 'one-shot' || reasons.isOneShot);
}

function reasonsFor(table: Table, path: string): Reasons {
  const present = table.get(path);
  if (present !== undefined) return present;
  const none: Reasons = {
    lastMode: 'one-shot',
    isOneShot: false,
    isPersistent: false,
    isRecursive: false,
    awaitsCreation: false,
  };
  table.set(path, none);
  return none;
}

function spendOneShot(table: Table, path: string): void {
  const reasons = table.get(path);
  if (reasons === undefined) return;
  reasons.isOneShot = false;
  reasons.awaitsCreation = false;
  if (!reasons.isPersistent && !reasons.isRecursive) table.delete(path);
}
