// The memory of visited configurations: an open-addressing hash set of short runs of 32-bit words, kept in two
// typed arrays, so that millions of configurations cost their words and no objects. It refuses to grow
// beyond its budget instead of exhausting the process.

const offsetBits = 0x7fffffff;

export class ConfigurationSet {
  readonly #budgetBytes: number;
  /** Runs one after another: hash, length, words. */
  #arena = new Int32Array(1 << 10);
  #arenaLength = 0;
  /** Offset of a run plus one; 0 is free. The size is a power of two. */
  #slots = new Int32Array(1 << 8);
  #count = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return 4 * (this.#arena.length + this.#slots.length);
  }

  /** Adds the first `length` words. `seen`: they were there already; `full`: the budget does not hold them. */
  add(words: Int32Array, length: number): 'new' | 'seen' | 'full' {
    const hash = hashWords(words, length);
    let slot = this.#find(words, length, hash);
    if (this.#slots[slot] !== 0) return 'seen';
    if (2 * this.#count >= this.#slots.length) {
      if (!this.#growSlots()) return 'full';
      slot = this.#find(words, length, hash);
    }
    if (!this.#reserve(length + 2)) return 'full';
    this.#append(words, length, hash, slot);
    return 'new';
  }

  /** The slot that holds the words, or the free one where they belong. */
  #find(words: Int32Array, length: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const offset = this.#slots[slot] as number;
      if (offset === 0 || this.#holds(offset - 1, words, length, hash)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #holds(offset: number, words: Int32Array, length: number, hash: number): boolean {
    const arena = this.#arena;
    if (arena[offset] !== hash || arena[offset + 1] !== length) return false;
    for (let index = 0; index < length; index++) {
      if (arena[offset + 2 + index] !== words[index]) return false;
    }
    return true;
  }

  #append(words: Int32Array, length: number, hash: number, slot: number): void {
    const offset = this.#arenaLength;
    this.#arena[offset] = hash;
    this.#arena[offset + 1] = length;
    for (let index = 0; index < length; index++) this.#arena[offset + 2 + index] = words[index] as number;
    this.#arenaLength = offset + 2 + length;
    this.#slots[slot] = offset + 1;
    this.#count++;
  }

  /** While an array is copied, the old and the new one exist together: both count. */
  #mayAllocate(words: number): boolean {
    return this.bytes + 4 * words <= this.#budgetBytes;
  }

  #reserve(words: number): boolean {
    const needed = this.#arenaLength + words;
    if (needed <= this.#arena.length) return true;
    const length = Math.max(needed, 2 * this.#arena.length);
    if (length > offsetBits || !this.#mayAllocate(length)) return false;
    const grown = new Int32Array(length);
    grown.set(this.#arena);
    this.#arena = grown;
    return true;
  }

  #growSlots(): boolean {
    const length = 2 * this.#slots.length;
    if (!this.#mayAllocate(length)) return false;
    const old = this.#slots;
    const mask = length - 1;
    this.#slots = new Int32Array(length);
    for (const offset of old) {
      if (offset === 0) continue;
      let slot = (this.#arena[offset - 1] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = offset;
    }
    return true;
  }
}

/** Multiply and rotate per word, with a final mix so that the low bits depend on every word. */
function hashWords(words: Int32Array, length: number): number {
  let hash = length;
  for (let index = 0; index < length; index++) {
    let word = Math.imul(words[index] as number, 0x5bd1e995);
    word ^= word >>> 15;
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) | 0;
}
