// The key that somebody who mistyped most likely meant.

const prefixOfJava = 'zookeeper.';

/** Null where no known key is near enough to be a help. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  // Written with the name of the Java property, which zoo.cfg takes without the prefix.
  const plain = key.startsWith(prefixOfJava) ? key.slice(prefixOfJava.length) : key;
  const most = Math.max(2, Math.floor(plain.length / 4));
  let nearest: string | null = null;
  let least = most + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - plain.length) >= least) continue;
    const distance = editDistance(plain.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Insertions, deletions and replacements (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
