// Values as numbers, so that they fit into columns: equal codes exactly for values of equal JSON text. Whole numbers,
// which is what workloads write, stand for themselves; every other value is kept once and goes by a half.

/** The largest whole number whose neighbour half is exact. */
const largest = 2 ** 51;

export class ValueCodes {
  readonly #codes = new Map<string, number>();

  codeOf(value: unknown): number {
    if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < largest) return value + 0;
    const text = JSON.stringify(value) ?? 'null';
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.#codes.size + 0.5;
      this.#codes.set(text, code);
    }
    return code;
  }
}
