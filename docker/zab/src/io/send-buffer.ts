// What a link sends in one turn, gathered in slabs that are used again and again. Joining the turn's frames in a
// new buffer each time would make garbage outside of the heap as fast as the network takes bytes, and V8 answers
// that with full collections, which look at every znode.

const slabBytes = 64 * 1024;
/** Slabs kept for later: 16 MiB, for all links together. */
const maxFreeSlabs = 256;
/** Longer chunks go out as they are: copying them costs more than it saves. */
const maxCopiedBytes = 16 * 1024;

const freeSlabs: Buffer[] = [];

/** Bytes that go out in one write, and what to call when they are gone. */
export type Send = (bytes: Buffer, gone: () => void) => void;

interface Piece {
  readonly bytes: Buffer;
  /** The slab that the bytes lie in, if it is one of ours. */
  readonly slab: Buffer | null;
}

export class SendBuffer {
  #pieces: Piece[] = [];
  #slab: Buffer | null = null;
  /** Of the slab: what is in use, and where the present piece begins. */
  #slabLength = 0;
  #byteCount = 0;

  get byteCount(): number {
    return this.#byteCount;
  }

  add(chunk: Buffer): void {
    this.#byteCount += chunk.length;
    if (chunk.length > maxCopiedBytes) {
      this.#endSlab();
      this.#pieces.push({ bytes: chunk, slab: null });
      return;
    }
    if (this.#slab !== null && chunk.length > slabBytes - this.#slabLength) this.#endSlab();
    this.#slab ??= freeSlabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
    this.#slab.set(chunk, this.#slabLength);
    this.#slabLength += chunk.length;
  }

  /** Hands everything over, in order; a slab is used again when its bytes are gone. */
  flush(send: Send): void {
    this.#endSlab();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#byteCount = 0;
    for (const { bytes, slab } of pieces) send(bytes, slab === null ? nothing : () => free(slab));
  }

  /** Forgets everything. */
  clear(): void {
    this.flush((_, gone) => gone());
  }

  #endSlab(): void {
    const slab = this.#slab;
    if (slab === null) return;
    this.#pieces.push({ bytes: slab.subarray(0, this.#slabLength), slab });
    this.#slab = null;
    this.#slabLength = 0;
  }
}

function free(slab: Buffer): void {
  if (freeSlabs.length < maxFreeSlabs) freeSlabs.push(slab);
}

function nothing(): void {}
