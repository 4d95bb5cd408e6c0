// JSON text straight into bytes, for files that get hundreds of thousands of lines: no text is made of a number, and
// no line of its parts, only to be copied into a buffer. What it writes is to the byte what `JSON.stringify` gives.

const firstBytes = 32 * 1024;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
/** The longest whole number has sixteen digits and a sign. */
const mostDigits = 17;
/** The digits of a number below it are had by the arithmetic of small integers. */
const smallLimit = 1e9;
const smallDigits = 9;
/** Longer texts are encoded by the runtime, shorter ones are copied sooner than it could be called. */
const mostCopied = 128;
/** UTF-8 has at most three bytes for each unit of UTF-16. */
const bytesOfUnit = 3;

export class JsonBytes {
  #bytes = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All that was written since the last time: to be used at once, for the next to be written overwrites it. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** Text that is JSON already, or a part of it. */
  text(text: string): void {
    this.#reserve(bytesOfUnit * text.length);
    if (text.length > mostCopied || !this.#copy(text)) {
      this.#length += this.#bytes.write(text, this.#length);
    }
  }

  string(text: string): void {
    this.#reserve(text.length + 2);
    const start = this.#length;
    this.#bytes[this.#length++] = quote;
    if (this.#copy(text) && !hasEscapes(this.#bytes, start + 1, this.#length)) {
      this.#bytes[this.#length++] = quote;
      return;
    }
    this.#length = start;
    this.text(JSON.stringify(text));
  }

  number(number: number): void {
    if (!Number.isSafeInteger(number)) return this.text(JSON.stringify(number));
    this.#reserve(mostDigits);
    if (number < 0) this.#bytes[this.#length++] = minus;
    const size = Math.abs(number);
    if (size < smallLimit) return this.#digits(size, countDigits(size));
    const high = Math.floor(size / smallLimit);
    this.#digits(high, countDigits(high));
    this.#digits(size - high * smallLimit, smallDigits);
  }

  /** Nothing stands as null, as in a list. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        return this.number(value);
      case 'string':
        return this.string(value);
      default:
        if (Array.isArray(value)) this.#list(value);
        else this.text(JSON.stringify(value) ?? 'null');
    }
  }

  #list(values: readonly unknown[]): void {
    this.byte(0x5b);
    for (let place = 0; place < values.length; place++) {
      if (place > 0) this.byte(comma);
      this.value(values[place]);
    }
    this.byte(0x5d);
  }

  /** The last `count` digits of a number below 10^9. There is room for them. */
  #digits(number: number, count: number): void {
    const bytes = this.#bytes;
    let rest = number | 0;
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += count;
  }

  /** False when there is more in it than ASCII; then nothing was written. There is room for it. */
  #copy(text: string): boolean {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let place = 0; place < text.length; place++) {
      const unit = text.charCodeAt(place);
      if (unit > 0x7f) return false;
      bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #reserve(room: number): void {
    const needed = this.#length + room;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function hasEscapes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte === quote || byte === backslash) return true;
  }
  return false;
}

/** Of a whole number below 10^9. */
function countDigits(number: number): number {
  let count = 1;
  for (let limit = 10; number >= limit; limit *= 10) count++;
  return count;
}
