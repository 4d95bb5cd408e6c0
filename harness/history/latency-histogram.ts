// Latencies by the million in constant memory: buckets that grow with the value, each at most 1/64 wide of what
// it holds, so a percentile is right to 2 %.

const subBucketBits = 6;
const subBuckets = 1 << subBucketBits;
/** Up to 2^31 µs, beyond half an hour. */
const bucketCount = (31 - subBucketBits + 1) * subBuckets;

export class LatencyHistogram {
  readonly #counts = new Uint32Array(bucketCount);
  #count = 0;
  #maxUs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxUs / 1000;
  }

  record(ms: number): void {
    const us = Math.min(Math.max(0, Math.round(ms * 1000)), 2 ** 31 - 1);
    const index = indexOf(us);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  /** The latency that this share of all operations did not exceed; 0 when there was none. */
  percentileMs(share: number): number {
    let left = Math.ceil(this.#count * share);
    if (left === 0) return 0;
    for (let index = 0; index < bucketCount; index++) {
      left -= this.#counts[index] ?? 0;
      if (left <= 0) return Math.min(upperEdgeOf(index), this.#maxUs) / 1000;
    }
    return this.maxMs;
  }
}

/** Values below 2 × 64 have buckets of their own; above, every power of two has 64. */
function indexOf(us: number): number {
  const shift = Math.max(0, 31 - Math.clz32(us) - subBucketBits);
  return (shift << subBucketBits) + (us >>> shift);
}

function upperEdgeOf(index: number): number {
  const shift = Math.max(0, (index >>> subBucketBits) - 1);
  const mantissa = index - (shift << subBucketBits);
  return (mantissa + 1) * 2 ** shift - 1;
}
