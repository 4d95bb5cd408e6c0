// Which indefinite calls were spent to come to a place. A place is what is taken of the definite calls and the state;
// who came there with fewer indefinite calls can do all that one can who spent more, so of many ways to one place only
// those count that no other undercuts. Without this, lost calls that nobody needs double the search one by one.

const chunkWords = 1 << 12;
/** Looking further costs more than it saves. */
const mostCompared = 100;
const mostSpent = 64;

export class SpentCalls {
  /** Of each place: its latest record, or 0. */
  readonly #latest: Int32Array[] = [];
  /** Records: the one before, a length, then actions and how many calls of each. None lies across two chunks. */
  readonly #records: Int32Array[] = [];
  /** Free from here on; 0 stands for no record. */
  #end = 1;

  get bytes(): number {
    return 4 * chunkWords * (this.#latest.length + this.#records.length);
  }

  /**
   * Whether somebody was at the place of this number with no more of each action. Otherwise it is remembered:
   * `used` holds the actions of which any are spent, `spent` how many of each action.
   */
  isUndercut(place: number, used: Int32Array, usedCount: number, spent: Int32Array): boolean {
    if (usedCount > mostSpent) return false;
    let record = this.#latestOf(place);
    for (let looks = 0; looks < mostCompared && record !== 0; looks++) {
      const words = this.#records[Math.floor(record / chunkWords)] as Int32Array;
      const at = record % chunkWords;
      if (isWithin(words, at + 2, words[at + 1] as number, spent)) return true;
      record = words[at] as number;
    }
    this.#append(place, used, usedCount, spent);
    return false;
  }

  /** As many chunks as the places that were numbered. */
  #latestOf(place: number): number {
    const chunk = Math.floor(place / chunkWords);
    while (this.#latest.length <= chunk) this.#latest.push(new Int32Array(chunkWords));
    return (this.#latest[chunk] as Int32Array)[place % chunkWords] as number;
  }

  #append(place: number, used: Int32Array, usedCount: number, spent: Int32Array): void {
    const length = 2 + 2 * usedCount;
    if ((this.#end % chunkWords) + length > chunkWords) this.#end = chunkWords * this.#records.length;
    if (this.#end >= chunkWords * this.#records.length) this.#records.push(new Int32Array(chunkWords));
    const words = this.#records[Math.floor(this.#end / chunkWords)] as Int32Array;
    let at = this.#end % chunkWords;
    const latest = this.#latest[Math.floor(place / chunkWords)] as Int32Array;
    words[at++] = latest[place % chunkWords] as number;
    words[at++] = 2 * usedCount;
    for (let index = 0; index < usedCount; index++) {
      const action = used[index] as number;
      words[at++] = action;
      words[at++] = spent[action] as number;
    }
    latest[place % chunkWords] = this.#end;
    this.#end += length;
  }
}

function isWithin(words: Int32Array, from: number, length: number, spent: Int32Array): boolean {
  for (let at = from; at < from + length; at += 2) {
    if ((spent[words[at] as number] as number) < (words[at + 1] as number)) return false;
  }
  return true;
}
