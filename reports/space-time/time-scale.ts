// From time to place on a diagram where a millisecond may matter as much as a second: the width between two
// neighbouring moments grows with the logarithm of the time between them, so idle stretches take little room.

export interface TimeScale {
  x(ns: number): number;
  /** Moments worth a label, far enough from one another. */
  readonly ticks: readonly number[];
}

const leastWeight = 0.35;
const unitNs = 2e5;

export function makeTimeScale(
  moments: readonly number[],
  { left, right, tickWidth }: { readonly left: number; readonly right: number; readonly tickWidth: number },
): TimeScale {
  const times = [...new Set(moments)].sort((a, b) => a - b);
  const places = [0];
  for (let index = 1; index < times.length; index++) {
    const gapNs = (times[index] as number) - (times[index - 1] as number);
    const weight = Math.min(leastWeight, gapNs / unitNs) + Math.log10(1 + gapNs / unitNs);
    places.push((places.at(-1) as number) + weight);
  }
  const total = places.at(-1) || 1;
  const placeAt = (index: number): number => left + ((places[index] ?? 0) / total) * (right - left);
  const x = (ns: number): number => {
    let low = 0;
    let high = times.length - 1;
    if (ns <= (times[0] ?? 0)) return left;
    if (ns >= (times[high] ?? 0)) return placeAt(high);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((times[middle] as number) <= ns) low = middle;
      else high = middle;
    }
    const [before, after] = [times[low] as number, times[high] as number];
    return placeAt(low) + ((ns - before) / (after - before)) * (placeAt(high) - placeAt(low));
  };
  const ticks: number[] = [];
  for (const time of times) {
    const last = ticks.at(-1);
    if (last === undefined || x(time) - x(last) >= tickWidth) ticks.push(time);
  }
  return { x, ticks };
}
