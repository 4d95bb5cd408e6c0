// A rolling hash over everything that happens in the simulated world. Two runs of one seed must end with the
// same hash; where they do not, something outside the seed reached in. Two 32-bit lanes make an accidental
// match unlikely; it is not meant to resist an attacker.

/** Looked at in one message: what differs between runs soon differs in times and counts as well. */
const mostBytes = 32;

export class TraceHash {
  #low = 0x811c9dc5 | 0;
  #high = 0x9e3779b9 | 0;

  mix(value: number): void {
    // `| 0` takes a double modulo 2^32; the upper part of a larger number goes in on its own.
    const low = value | 0;
    const high = (value / 0x1_0000_0000) | 0;
    this.#low = Math.imul(this.#low ^ low, 0x01000193);
    this.#high = Math.imul(this.#high ^ (low + high), 0x85ebca6b) ^ (this.#low >>> 15);
  }

  /** All of a short message, a sample of a long one: this is on the path of every byte sent. */
  mixBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    const step = length <= mostBytes ? 1 : Math.ceil(length / mostBytes);
    let low = this.#low ^ length;
    for (let at = 0; at < length; at += step) low = Math.imul(low ^ (bytes[at] as number), 0x01000193);
    this.#low = low;
    this.#high = Math.imul(this.#high ^ low, 0x85ebca6b) ^ (low >>> 13);
  }

  mixText(text: string): void {
    for (let at = 0; at < text.length; at++) this.mix(text.charCodeAt(at));
  }

  /** Sixteen hex digits. */
  digest(): string {
    return hex32(this.#high) + hex32(this.#low);
  }
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
