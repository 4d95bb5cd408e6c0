// Randomness from one seed. Each part of a run forks its own stream by name, so that one part drawing more
// numbers does not shift what another part draws. Generator: sfc32, seeded by hashing seed and name.

export class Random {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number | string) {
    this.seed = String(seed);
    const words = hashWords(this.seed);
    this.#a = words[0];
    this.#b = words[1];
    this.#c = words[2];
    this.#counter = 1;
    // Twelve rounds spread the seed's bits over the whole state before the first number is used.
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** An independent stream; the same name gives the same stream again. */
  fork(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** Uniform in [0, 1). */
  float(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Uniform integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  /** Uniform integer in [from, to], both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(ratio: number): boolean {
    return this.float() < ratio;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('a choice from an empty list');
    return choice;
  }

  /** Exponentially distributed with the given mean; for the gaps of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float());
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }
}

/** Three 32-bit words from a text, by FNV-1a with three offsets and a final mix. */
function hashWords(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < text.length; index++) {
    for (let word = 0; word < 3; word++) {
      words[word] = Math.imul((words[word] as number) ^ text.charCodeAt(index), 0x01000193 + 2 * word);
    }
  }
  for (let word = 0; word < 3; word++) {
    let mixed = words[word] as number;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    words[word] = (mixed ^ (mixed >>> 16)) | 0;
  }
  return words;
}
