// What the search looks up at every step and can know beforehand: how far the calls reach that may be taken
// while one is open, when an indefinite call becomes a candidate, and which indefinite calls are alike.

import type { EntryList, Interval } from './entry-list.ts';

/** While a call is open, only calls that began before its end can have been taken. */
export function findReach(list: EntryList, count: number): Int32Array {
  const callsBefore = new Int32Array(list.callAt.length);
  let calls = 0;
  for (let entry = 1; entry < list.callAt.length; entry++) {
    if ((list.callAt[entry] as number) >= 0) calls++;
    callsBefore[entry] = calls;
  }
  return Int32Array.from(
    { length: count },
    (_, call) => callsBefore[list.entryOfReturn[call] as number] as number,
  );
}

/**
 * The first entry that does not precede the start: the call is a candidate once the first return is not
 * before it.
 */
export function findOpenings(
  starts: readonly number[],
  intervals: readonly Interval[],
  list: EntryList,
): Int32Array {
  const ends = intervals.map((interval, call) => ({
    time: interval.end,
    entry: list.entryOfReturn[call] as number,
  }));
  ends.sort((a, b) => a.entry - b.entry);
  const openings = new Int32Array(starts.length);
  let passed = 0;
  for (const [number, start] of starts.entries()) {
    while (passed < ends.length && (ends[passed]?.time ?? 0) < start) passed++;
    openings[number] = passed < ends.length ? (ends[passed]?.entry ?? 0) : list.callAt.length;
  }
  return openings;
}

export function findTwins(actions: readonly unknown[]): Int32Array {
  const latest = new Map<string, number>();
  return Int32Array.from(actions, (action, number) => {
    const text = JSON.stringify(action);
    const twin = latest.get(text) ?? -1;
    latest.set(text, number);
    return twin;
  });
}
