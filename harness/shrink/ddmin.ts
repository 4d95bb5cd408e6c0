// Delta debugging: the smallest list that still fails, as far as taking out ever smaller chunks finds it.
// Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input"; the complements only, because a
// part of a distributed failure seldom fails by itself.

/** `items` fails; so does the answer. `stillFails` may answer false for want of time: then no more is taken out. */
export async function ddmin<Item>(
  items: readonly Item[],
  stillFails: (kept: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let kept = items;
  if (kept.length > 0 && (await stillFails([]))) return [];
  let chunkCount = 2;
  while (kept.length >= 2) {
    const size = Math.ceil(kept.length / chunkCount);
    let hasShrunk = false;
    // From the end: what comes after a failure is needed least.
    for (let start = Math.floor((kept.length - 1) / size) * size; start >= 0; start -= size) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (rest.length === kept.length || rest.length === 0 || !(await stillFails(rest))) continue;
      kept = rest;
      hasShrunk = true;
    }
    if (size === 1 && !hasShrunk) break;
    chunkCount = hasShrunk
      ? Math.max(2, Math.min(kept.length, chunkCount))
      : Math.min(kept.length, chunkCount * 2);
  }
  return kept;
}
