// Frames: four bytes of length, then that many bytes. Client connections use them in both directions, and
// election connections after the initial message. The decoder refuses a length as soon as its four bytes
// are there, and holds no more than the one frame that has not arrived completely.

import { defaultMaxFrameBytes } from './constants.ts';
import { intAt } from './jute.ts';

/** A length that cannot be. The connection is lost: nothing tells where the next frame would begin. */
export class FrameError extends Error {
  /** Frames that were complete before the bad length, in the same chunk. */
  readonly frames: readonly Buffer[];

  constructor(message: string, frames: readonly Buffer[]) {
    super(message);
    this.name = 'FrameError';
    this.frames = frames;
  }
}

const lengthBytes = 4;
const noFrames: readonly Buffer[] = [];
const nothing = Buffer.alloc(0);

export class FrameDecoder {
  readonly #maxFrameBytes: number;
  readonly #minFrameBytes: number;
  /** Bytes of the frame that is incomplete, its length included; grows with what arrives. */
  #pending: Buffer = nothing;
  #pendingLength = 0;
  #failure: string | null = null;

  constructor(maxFrameBytes = defaultMaxFrameBytes, minFrameBytes = 0) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#minFrameBytes = minFrameBytes;
  }

  /** Bytes kept for a frame that is not complete yet. */
  get bufferedBytes(): number {
    return this.#pendingLength;
  }

  /** The bodies that `chunk` completes; views of the chunk where a frame lies in it whole. */
  push(chunk: Buffer): Buffer[] {
    if (this.#failure !== null) throw new FrameError(this.#failure, noFrames);
    const only = this.#pendingLength === 0 ? this.#onlyFrame(chunk) : null;
    if (only !== null) return [only];
    const frames: Buffer[] = [];
    let at = this.#pendingLength > 0 ? this.#completePending(chunk, frames) : 0;
    while (chunk.length - at >= lengthBytes) {
      const frameEnd = at + lengthBytes + this.#checkLength(intAt(chunk, at), frames);
      if (frameEnd > chunk.length) break;
      frames.push(chunk.subarray(at + lengthBytes, frameEnd));
      at = frameEnd;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
    return frames;
  }

  /** The common case: the chunk is one frame, neither more nor less. Null says nothing about the bytes. */
  #onlyFrame(chunk: Buffer): Buffer | null {
    if (chunk.length < lengthBytes) return null;
    const length = intAt(chunk, 0);
    if (length !== chunk.length - lengthBytes) return null;
    if (length < this.#minFrameBytes || length > this.#maxFrameBytes) return null;
    return chunk.subarray(lengthBytes);
  }

  /** Takes from the chunk what the pending frame still lacks; tells how much that was. */
  #completePending(chunk: Buffer, frames: Buffer[]): number {
    let at = Math.min(chunk.length, Math.max(0, lengthBytes - this.#pendingLength));
    this.#keep(chunk, 0, at);
    if (this.#pendingLength < lengthBytes) return at;
    const frameBytes = lengthBytes + this.#checkLength(intAt(this.#pending, 0), frames);
    const taken = Math.min(chunk.length - at, frameBytes - this.#pendingLength);
    this.#keep(chunk, at, at + taken, frameBytes);
    at += taken;
    if (this.#pendingLength < frameBytes) return at;
    frames.push(this.#pending.subarray(lengthBytes, frameBytes));
    // The frame just handed out is a view of these bytes, so the next one must get its own.
    this.#pending = nothing;
    this.#pendingLength = 0;
    return at;
  }

  /** Room doubles up to the announced size: an announcement alone must not cost its sender's victim memory. */
  #keep(chunk: Buffer, from: number, to: number, frameBytes = Infinity): void {
    const needed = this.#pendingLength + to - from;
    if (needed > this.#pending.length) {
      const room = Math.max(needed, Math.min(frameBytes, this.#pending.length * 2));
      const larger = Buffer.allocUnsafe(room);
      larger.set(this.#pending.subarray(0, this.#pendingLength));
      this.#pending = larger;
    }
    this.#pending.set(chunk.subarray(from, to), this.#pendingLength);
    this.#pendingLength = needed;
  }

  #checkLength(length: number, frames: readonly Buffer[]): number {
    if (length >= this.#minFrameBytes && length <= this.#maxFrameBytes) return length;
    this.#failure = `a frame of length ${length}, expected ${this.#minFrameBytes} to ${this.#maxFrameBytes}`;
    throw new FrameError(this.#failure, frames);
  }
}

/** The body behind its length. Encoders that know they make a frame reserve the four bytes instead. */
export function encodeFrame(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(lengthBytes + body.length);
  frame.writeInt32BE(body.length, 0);
  frame.set(body, lengthBytes);
  return frame;
}
