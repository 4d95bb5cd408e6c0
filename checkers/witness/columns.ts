// Columns of numbers that grow: a few bytes for each entry where an object would take a hundred.

const firstLength = 16;

/** Positions that nothing was written to hold `absent`. */
export class Column {
  #cells: Float64Array;
  readonly #absent: number;
  #length = 0;

  constructor(absent = NaN) {
    this.#absent = absent;
    this.#cells = new Float64Array(firstLength).fill(absent);
  }

  get length(): number {
    return this.#length;
  }

  get(position: number): number {
    return position < this.#length ? (this.#cells[position] as number) : this.#absent;
  }

  set(position: number, value: number): void {
    if (position >= this.#cells.length) this.#grow(position + 1);
    this.#cells[position] = value;
    if (position >= this.#length) this.#length = position + 1;
  }

  push(value: number): void {
    this.set(this.#length, value);
  }

  /** What was written, as it is kept: to be read and not kept. */
  get cells(): Float64Array {
    return this.#cells.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const cells = new Float64Array(Math.max(least, Math.ceil(this.#cells.length * 1.5)));
    cells.set(this.#cells);
    cells.fill(this.#absent, this.#cells.length);
    this.#cells = cells;
  }
}
