// Memory for many small records outside of the heap. A million znodes with a Buffer and eight boxed numbers each
// are ten million objects that every full collection looks at; here a znode's numbers and data are one slot in a
// page of slots of equal size. A slot that is given back is used for the next record of that size, so a view of
// it is good only until its record changes.

import assert from 'node:assert/strict';

const pageBytes = 64 * 1024;
/** A size's first page has room for so many, so that few records cost little. */
const fewSlots = 8;
/** Slots of up to this size are multiples of 16 bytes; above, at most an eighth is left empty. */
const fineSlotBytes = 1024;

export class RecordPage {
  readonly slotBytes: number;
  readonly bytes: Buffer;
  /** The same memory. Slots are multiples of eight bytes. */
  readonly numbers: Float64Array;
  readonly integers: Int32Array;
  /** Whether `RecordPages` knows that it has room. */
  isListed = true;
  #usedCount = 0;
  /** Slots behind this were never used. */
  #end = 0;
  readonly #given: number[] = [];

  constructor(slotBytes: number, slotCount: number) {
    this.slotBytes = slotBytes;
    this.bytes = Buffer.allocUnsafeSlow(slotBytes * slotCount);
    const { buffer, byteOffset, length } = this.bytes;
    this.numbers = new Float64Array(buffer, byteOffset, length / 8);
    this.integers = new Int32Array(buffer, byteOffset, length / 4);
  }

  get isFull(): boolean {
    return this.#given.length === 0 && this.#end === this.bytes.length;
  }

  get isEmpty(): boolean {
    return this.#usedCount === 0;
  }

  /** Offset of a slot that is the caller's now. */
  take(): number {
    assert(!this.isFull, 'a slot is taken where there is room');
    this.#usedCount += 1;
    const given = this.#given.pop();
    if (given !== undefined) return given;
    const at = this.#end;
    this.#end += this.slotBytes;
    return at;
  }

  giveBack(at: number): void {
    this.#usedCount -= 1;
    this.#given.push(at);
  }
}

export class RecordPages {
  /** By slot size: pages with room. */
  readonly #roomy = new Map<number, RecordPage[]>();

  /** A page with room for a record of this size. */
  pageFor(byteLength: number): RecordPage {
    const slotBytes = slotBytesFor(byteLength);
    const pages = this.#roomy.get(slotBytes);
    if (pages === undefined) {
      const first = new RecordPage(slotBytes, slotBytes > pageBytes / fewSlots ? 1 : fewSlots);
      this.#roomy.set(slotBytes, [first]);
      return first;
    }
    for (let page = pages.at(-1); page !== undefined; page = pages.at(-1)) {
      if (!page.isFull) return page;
      page.isListed = false;
      pages.pop();
    }
    const page = new RecordPage(slotBytes, Math.max(1, Math.floor(pageBytes / slotBytes)));
    pages.push(page);
    return page;
  }

  giveBack(page: RecordPage, at: number): void {
    page.giveBack(at);
    const pages = this.#roomy.get(page.slotBytes);
    assert(pages !== undefined, 'a size of which there is a page is known');
    if (!page.isListed) {
      page.isListed = true;
      pages.push(page);
    }
    // One is kept, for a record that comes and goes; the others' memory is free.
    if (page.isEmpty && pages.length > 1) pages.splice(pages.indexOf(page), 1);
  }
}

export function slotBytesFor(byteLength: number): number {
  if (byteLength <= fineSlotBytes) return (byteLength + 15) & ~15;
  const step = 2 ** (28 - Math.clz32(byteLength - 1));
  return Math.ceil(byteLength / step) * step;
}
