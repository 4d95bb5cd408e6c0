// Whose the versions are that no acknowledged write made: each was made by one of the writes whose reply was lost.
// Such a write began before anybody was shown what it made, wrote the value that was read there, if any was, and a
// conditional one made the version behind the one it expected. Unless the versions can be dealt out like this, a
// version came from nowhere.

/** A write that may have taken place. */
export interface LostWrite {
  /** Code of the value. */
  readonly value: number;
  /** The highest version that somebody was shown before it began: it made a higher one. */
  readonly above: number;
  /** The one version that it can have made; null: any. */
  readonly only: number | null;
  /** Entry of its invocation. */
  readonly index: number;
}

/** A version without a maker; `value` is NaN where nobody read it. */
export interface Orphan {
  readonly version: number;
  readonly value: number;
}

/** The first version that cannot have a maker, or null; `orphans` rise. */
export function findMakerless(orphans: readonly Orphan[], lost: readonly LostWrite[]): number | null {
  const used = new Set<LostWrite>();
  const seen = orphans.filter(({ value }) => !Number.isNaN(value));
  const makerless = dealSeen(seen, lost, used) ?? Infinity;
  const unseen = orphans.filter(({ value, version }) => Number.isNaN(value) && version < makerless);
  const left = lost.filter((write) => !used.has(write));
  const first = Math.min(makerless, dealUnseen(unseen, left) ?? Infinity);
  return first === Infinity ? null : first;
}

/**
 * Of several writes of one value the one that began last is taken: what began early can have made more of the
 * versions that nobody read.
 */
function dealSeen(seen: readonly Orphan[], lost: readonly LostWrite[], used: Set<LostWrite>): number | null {
  const byValue = Map.groupBy(lost, ({ value }) => value);
  for (const { version, value } of seen) {
    const able = (byValue.get(value) ?? []).filter((write) => !used.has(write) && isAble(write, version));
    const maker = able.find(({ only }) => only !== null) ?? able.toSorted((a, b) => b.above - a.above)[0];
    if (maker === undefined) return version;
    used.add(maker);
  }
  return null;
}

/** A conditional write can have made one version only, so nothing is lost by taking it there. */
function dealUnseen(unseen: readonly Orphan[], left: readonly LostWrite[]): number | null {
  const conditional = Map.groupBy(
    left.filter(({ only }) => only !== null),
    ({ only }) => only,
  );
  const free = left.filter(({ only }) => only === null).sort((a, b) => a.above - b.above);
  let next = 0;
  for (const { version } of unseen) {
    if ((conditional.get(version) ?? []).some((write) => isAble(write, version))) continue;
    const maker = free[next++];
    if (maker === undefined || !isAble(maker, version)) return version;
  }
  return null;
}

function isAble({ above, only }: LostWrite, version: number): boolean {
  return version > above && (only === null || only === version);
}
