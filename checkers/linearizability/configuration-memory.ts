// The memory of visited configurations. A configuration is known by a fingerprint of 128 bits, the exclusive or of
// a key for each call taken and one for the state, so that it costs twenty bytes however long the history is,
// and nothing to keep up to date. Two of a billion configurations share a fingerprint with a probability below
// 10^-20; a violation is proven again on its core, with other fingerprints.
//
// The table is extendible: it grows by splitting one small segment at a time, so that no step ever waits for a
// great copy, and its bytes are those it needs.

const slotsPerSegment = 1 << 10;
/** The fourth is followed by a number: what was added first has 0. */
const wordsPerSlot = 5;
/** Linear probing stays short below this. */
const mostPerSegment = Math.floor(slotsPerSegment * 0.7);
const segmentBytes = slotsPerSegment * wordsPerSlot * 4;
/** With well mixed fingerprints a segment is never split so often; it bounds the directory. */
const deepest = 24;

interface Segment {
  readonly words: Int32Array;
  /** How many leading bits its fingerprints share. */
  readonly depth: number;
  count: number;
}

export class ConfigurationMemory {
  readonly #budgetBytes: number;
  /** Indexed by the leading bits of the first word; a segment stands at each place that leads to it. */
  #directory: Segment[];
  #depth = 0;
  #segmentCount = 1;
  #count = 0;
  #latest = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
    this.#directory = [newSegment(0)];
  }

  get size(): number {
    return this.#count;
  }

  /** Of the fingerprint that was asked for last: how many others were added before it. */
  get latestNumber(): number {
    return this.#latest;
  }

  get bytes(): number {
    return this.#segmentCount * segmentBytes + this.#directory.length * 8;
  }

  /** `seen`: it was there already; `full`: the budget does not hold it. */
  add(first: number, second: number, third: number, fourth: number): 'new' | 'seen' | 'full' {
    // Four zeros mark a free slot.
    const last = (first | second | third | fourth) === 0 ? 1 : fourth;
    for (;;) {
      const segment = this.#segmentOf(first);
      const slot = findSlot(segment.words, first, second, third, last);
      if (slot < 0) {
        this.#latest = segment.words[numberAt(slot)] as number;
        return 'seen';
      }
      if (segment.count < mostPerSegment) {
        write(segment, slot, first, second, third, last);
        this.#latest = this.#count++;
        segment.words[slot + wordsPerSlot - 1] = this.#latest;
        return 'new';
      }
      if (!this.#split(segment, first)) return 'full';
    }
  }

  #segmentOf(first: number): Segment {
    return this.#directory[this.#depth === 0 ? 0 : first >>> (32 - this.#depth)] as Segment;
  }

  #split(segment: Segment, first: number): boolean {
    if (this.bytes + segmentBytes > this.#budgetBytes || segment.depth === deepest) return false;
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#depth++;
    }
    const depth = segment.depth + 1;
    const halves = [newSegment(depth), newSegment(depth)] as const;
    distribute(segment.words, halves);
    const places = 2 ** (this.#depth - depth);
    const start = ((first >>> (32 - depth)) >>> 1) * 2 * places;
    for (let place = 0; place < places; place++) {
      this.#directory[start + place] = halves[0];
      this.#directory[start + places + place] = halves[1];
    }
    this.#segmentCount++;
    return true;
  }
}

function newSegment(depth: number): Segment {
  return { words: new Int32Array(slotsPerSegment * wordsPerSlot), depth, count: 0 };
}

/** The first word of the free slot where the fingerprint belongs; −1 − that of the slot that holds it. */
function findSlot(words: Int32Array, first: number, second: number, third: number, fourth: number): number {
  let slot = second & (slotsPerSegment - 1);
  for (;;) {
    const at = slot * wordsPerSlot;
    if (words[at] === first && words[at + 1] === second && words[at + 2] === third) {
      if (words[at + 3] === fourth) return -1 - at;
    }
    if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0) return at;
    slot = (slot + 1) & (slotsPerSegment - 1);
  }
}

function numberAt(held: number): number {
  return -1 - held + wordsPerSlot - 1;
}

function write(
  segment: Segment,
  at: number,
  first: number,
  second: number,
  third: number,
  fourth: number,
): void {
  const { words } = segment;
  words[at] = first;
  words[at + 1] = second;
  words[at + 2] = third;
  words[at + 3] = fourth;
  segment.count++;
}

function distribute(words: Int32Array, halves: readonly [Segment, Segment]): void {
  const shift = 32 - halves[0].depth;
  for (let at = 0; at < words.length; at += wordsPerSlot) {
    const first = words[at] as number;
    const second = words[at + 1] as number;
    const third = words[at + 2] as number;
    const fourth = words[at + 3] as number;
    if ((first | second | third | fourth) === 0) continue;
    const half = ((first >>> shift) & 1) === 0 ? halves[0] : halves[1];
    const slot = findSlot(half.words, first, second, third, fourth);
    write(half, slot, first, second, third, fourth);
    half.words[slot + wordsPerSlot - 1] = words[at + wordsPerSlot - 1] as number;
  }
}

/**
 * Word `word` of the key of the thing with this number: a mix of both, each bit of which depends on each of
 * theirs. Not a generator that is linear over bits: the exclusive or of its outputs would repeat.
 */
export function fingerprintWord(number: number, word: number, seed: number): number {
  let mixed = Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(word + 1 + 4 * seed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ Math.imul(word + 1, 0x632be5ab), 0x846ca68b);
  mixed = Math.imul(mixed ^ (mixed >>> 16) ^ number, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
