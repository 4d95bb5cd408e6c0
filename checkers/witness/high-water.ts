// The highest number that was told strictly before a moment. Equal times count as concurrent, so what is told at a
// moment counts only from the next one on. Times must not fall.

export interface Mark {
  readonly value: number;
  /** Entry of the history that told it; −1: none did. */
  readonly index: number;
}

export class HighWater {
  #before: Mark;
  #at: Mark;
  #time = -1;

  /** `floor`: known from the beginning. */
  constructor(floor: number) {
    this.#before = { value: floor, index: -1 };
    this.#at = this.#before;
  }

  raise(time: number, value: number, index: number): void {
    if (time > this.#time) {
      if (this.#at.value > this.#before.value) this.#before = this.#at;
      this.#time = time;
    }
    if (value > this.#at.value) this.#at = { value, index };
  }

  before(time: number): Mark {
    return time > this.#time && this.#at.value > this.#before.value ? this.#at : this.#before;
  }
}
