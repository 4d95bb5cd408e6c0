// The access lists that one znode had, as far as they are known: each acknowledged change tells its list, its count
// of changes (aversion) and its zxid. Between two that follow each other directly nothing else can have been.

import type { Call } from '../harness/history/pairing.ts';
import { describeZxid, operationsOf } from './describe.ts';
import type { Evidence } from './verdict.ts';

/** By user or `anyone`: letters for read, write, create, delete and admin. */
export type AccessList = Readonly<Record<string, string>>;

/** Before the first change. */
export const initialList: AccessList = { anyone: 'rwcda' };

interface Change {
  readonly aversion: number;
  readonly zxid: number;
  readonly list: AccessList;
  /** Null for the beginning. */
  readonly call: Call | null;
}

interface Known {
  readonly lists: readonly AccessList[];
  readonly change: Call | null;
}

export class AccessLists {
  /** Changes that cannot both be, as findings. */
  readonly conflicts: readonly Omit<Evidence, 'subject'>[];
  /** By zxid. */
  readonly #changes: readonly Change[];
  readonly #byAversion: ReadonlyMap<number, Change>;
  /** Of changes that may have happened, at any time. */
  readonly #doubtful: readonly AccessList[];

  constructor(calls: readonly Call[]) {
    const changes = [
      { aversion: 0, zxid: 0, list: initialList, call: null },
      ...calls.filter(({ f, outcome }) => f === 'set-acl' && outcome === 'ok').map(changeOf),
    ].sort((one, other) => one.zxid - other.zxid);
    this.#changes = changes;
    this.#byAversion = new Map(changes.map((change) => [change.aversion, change]));
    this.#doubtful = calls
      .filter(({ f, outcome }) => f === 'set-acl' && outcome === 'info')
      .map(({ invocation }) => listIn(invocation.value));
    this.conflicts = conflictsIn(changes);
  }

  /** What a Stat with this count is about; null when the change was not acknowledged. */
  at(aversion: number): Known | null {
    const change = this.#byAversion.get(aversion);
    return change === undefined ? null : { lists: [change.list], change: change.call };
  }

  /**
   * What a request with this zxid met. A read may be answered from a little before or after the zxid that it is
   * given, so the neighbours count as well.
   */
  before(zxid: number, f: string): Known | null {
    const next = this.#firstFrom(zxid);
    const last = this.#changes[next - 1];
    if (last === undefined) return null;
    const after = this.#changes[next];
    const isRead = f === 'guarded-read';
    const neighbours = isRead ? [this.#changes[next - 2], after, this.#changes[next + 1]] : [];
    const nearby = neighbours.flatMap((change) => (change === undefined ? [] : [change.list]));
    // One after the other without a gap in the count: no change in doubt came between.
    const isClosed = !isRead && after?.aversion === last.aversion + 1;
    const doubtful = isClosed ? [] : this.#doubtful;
    return { lists: [last.list, ...nearby, ...doubtful], change: last.call };
  }

  /** Those in force before this zxid that were not replaced before that time. */
  since(oldestNs: number, zxid: number): AccessList[] {
    const end = this.#firstFrom(zxid);
    const first = this.#changes.findIndex(({ call }, index) => {
      return index > 0 && (call?.completion?.time ?? 0) >= oldestNs;
    });
    const start = first === -1 ? end - 1 : first - 1;
    return [...this.#changes.slice(Math.max(0, start), end).map(({ list }) => list), ...this.#doubtful];
  }

  /** Index of the first change at or above this zxid. */
  #firstFrom(zxid: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.zxid ?? 0) < zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function isSameList(one: AccessList, other: AccessList): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}

/** `alice rwcda, bob r`. */
export function describeList(list: AccessList): string {
  return Object.entries(list)
    .map(([who, letters]) => `${who} ${letters}`)
    .join(', ');
}

function changeOf(call: Call): Change {
  const { value, zxid = 0 } = call.completion ?? call.invocation;
  const [, { acl, aversion }] = value as readonly [string, { acl: AccessList; aversion: number }];
  return { aversion, zxid, list: acl, call };
}

function listIn(value: unknown): AccessList {
  const [, { acl }] = value as readonly [string, { acl: AccessList }];
  return acl;
}

/** In the order of their zxids the counts rise. */
function conflictsIn(changes: readonly Change[]): Omit<Evidence, 'subject'>[] {
  for (const [index, later] of changes.entries()) {
    const earlier = changes[index - 1];
    if (earlier === undefined || later.call === null || later.aversion > earlier.aversion) continue;
    const before = earlier.call === null ? 'the beginning' : `process ${earlier.call.process}'s change`;
    return [
      {
        sentence: `process ${later.call.process} changed the list with zxid ${describeZxid(later.zxid)} and was told aversion ${later.aversion}, after ${before} with zxid ${describeZxid(earlier.zxid)} had aversion ${earlier.aversion}`,
        operations: [
          ...(earlier.call === null ? [] : operationsOf(earlier.call)),
          ...operationsOf(later.call),
        ],
      },
    ];
  }
  return [];
}
