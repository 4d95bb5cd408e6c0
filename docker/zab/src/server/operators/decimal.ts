/** A number that Apache ZooKeeper shows as a Java double, so that 5 reads `5.0`. */
export class Decimal {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** At most four decimals, as Apache ZooKeeper rounds its averages. */
  toString(): string {
    const rounded = Math.round(this.value * 10_000) / 10_000;
    return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
  }
}
