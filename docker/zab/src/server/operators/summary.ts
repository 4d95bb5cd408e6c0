// Count, sum, least and most of a quantity, and how it is distributed. Adding costs a few comparisons and one
// increment: it is done for every request. Values are whole and not negative; up to 63 each has a bucket of its
// own, beyond that sixteen buckets share each power of two, so that a percentile is exact or within 7 %.

const exactCount = 64;
const perPowerBits = 4;
const perPowerCount = 2 ** perPowerBits;
/** 2^6 to 2^30 and beyond. */
const powerCount = 25;
const largest = 2 ** 31 - 1;

export class Summary {
  count = 0;
  sum = 0;
  min = 0;
  max = 0;
  /** Made at the first value: most summaries of most servers never get one. */
  #buckets: Uint32Array | null = null;

  add(value: number): void {
    const whole = value > 0 ? Math.min(Math.floor(value), largest) : 0;
    if (this.count === 0 || whole < this.min) this.min = whole;
    if (whole > this.max) this.max = whole;
    this.count += 1;
    this.sum += whole;
    this.#buckets ??= new Uint32Array(exactCount + powerCount * perPowerCount);
    const index = bucketOf(whole);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The value that this share of all values does not exceed; 0 when there are none. */
  percentile(share: number): number {
    if (this.#buckets === null) return 0;
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (const [index, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(largestOf(index), this.max);
    }
    return this.max;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.min = 0;
    this.max = 0;
    this.#buckets = null;
  }
}

function bucketOf(value: number): number {
  if (value < exactCount) return value;
  const power = 31 - Math.clz32(value);
  const within = (value >>> (power - perPowerBits)) & (perPowerCount - 1);
  return exactCount + (power - 6) * perPowerCount + within;
}

/** The largest value that falls into a bucket. */
function largestOf(index: number): number {
  if (index < exactCount) return index;
  const power = 6 + Math.floor((index - exactCount) / perPowerCount);
  const within = (index - exactCount) % perPowerCount;
  return (perPowerCount + within + 1) * 2 ** (power - perPowerBits) - 1;
}
