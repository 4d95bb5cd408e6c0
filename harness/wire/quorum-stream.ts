// Finds the packets in a learner connection's bytes. Packets carry no length, so their borders show only by
// walking their fields, and the snapshot behind a SNAP packet only by walking all of it. Each walk is a
// generator that says how many bytes of its item it must see before it can go on; it never starts again, so
// the work stays linear however the bytes are cut.

import { PacketType } from './constants.ts';
import { intAt, isExactLong, JuteError, JuteReader, longAt } from './jute.ts';
import type { QuorumPacket } from './quorum-packet.ts';
import { readAuthIds } from './record-codec.ts';
import { snapshotSignature } from './snapshot-codec.ts';

/** Bytes that are no packet. The connection is lost: nothing tells where the next packet would begin. */
export class QuorumStreamError extends Error {
  /** Items that were complete before the bad bytes, in the same chunk. */
  readonly items: readonly QuorumStreamItem[];

  constructor(message: string, items: readonly QuorumStreamItem[]) {
    super(message);
    this.name = 'QuorumStreamError';
    this.items = items;
  }
}

export type QuorumStreamItem =
  | { readonly type: 'packet'; readonly packet: QuorumPacket }
  /** What followed a SNAP packet, whole, its signature included. */
  | { readonly type: 'snapshot'; readonly stream: Buffer };

export interface QuorumStreamLimits {
  /** Longest data field and longest text. A leader's transactions can be larger than a client's frame. */
  readonly maxDataBytes?: number;
  readonly maxSnapshotBytes?: number;
  /** False on the leader's side: learners send no snapshots, so SNAP is a packet like any other there. */
  readonly allowSnapshot?: boolean;
}

const defaultMaxDataBytes = 64 * 1024 * 1024;
const defaultMaxSnapshotBytes = 2 ** 31 - 1;
const maxAuthIdCount = 4_096;
/** Type, zxid, and the lengths of data and authinfo. */
const emptyPacketBytes = 20;

export class QuorumStreamDecoder {
  readonly #limits: Required<QuorumStreamLimits>;
  /** The walked item begins at `start`; bytes beyond `end` are free room. */
  readonly #window = new Window();
  #walk: Generator<number, void, void> | null = null;
  /** Bytes of the item that the walk waits for. */
  #needed = 0;
  #isSnapshotNext = false;
  #failure: string | null = null;

  constructor(limits: QuorumStreamLimits = {}) {
    this.#limits = {
      maxDataBytes: limits.maxDataBytes ?? defaultMaxDataBytes,
      maxSnapshotBytes: limits.maxSnapshotBytes ?? defaultMaxSnapshotBytes,
      allowSnapshot: limits.allowSnapshot ?? true,
    };
  }

  /** Bytes kept for an item that is not complete yet. */
  get bufferedBytes(): number {
    return this.#window.length;
  }

  /** The items that `chunk` completes; data are views of the chunk where a packet lies in it whole. */
  push(chunk: Buffer): QuorumStreamItem[] {
    if (this.#failure !== null) throw new QuorumStreamError(this.#failure, []);
    this.#window.append(chunk);
    let items: QuorumStreamItem[] = [];
    try {
      for (let item = this.#next(); item !== null; item = this.#next()) {
        // Most chunks hold one item, and the first push to an empty array takes room for sixteen.
        if (items.length === 0) items = [item];
        else items.push(item);
      }
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#failure = error.message;
      throw new QuorumStreamError(error.message, items);
    }
    this.#window.settle();
    return items;
  }

  #next(): QuorumStreamItem | null {
    if (this.#walk === null && !this.#isSnapshotNext) {
      const packet = this.#wholePacket();
      if (packet !== null) return this.#packetItem(packet);
    }
    if (this.#walk === null && this.#window.length === 0) return null;
    this.#walk ??= this.#isSnapshotNext
      ? walkSnapshot(this.#window, this.#limits)
      : walkPacket(this.#window, this.#limits);
    while (this.#needed <= this.#window.length) {
      const step = this.#walk.next();
      if (step.done === true) return this.#takeItem();
      this.#needed = step.value;
    }
    return null;
  }

  /** The common case without a walk: all of the packet is there. Null says nothing about the bytes. */
  #wholePacket(): QuorumPacket | null {
    const window = this.#window;
    if (window.length < emptyPacketBytes) return null;
    const dataBytes = window.int(12);
    if (dataBytes < -1 || dataBytes > this.#limits.maxDataBytes) return null;
    const idsAt = 16 + Math.max(dataBytes, 0);
    const end = authinfoEnd(window, idsAt, this.#limits.maxDataBytes);
    const zxid = window.long(4);
    if (end === null || !isExactLong(zxid)) return null;
    const packet = {
      type: window.int(0),
      zxid,
      data: dataBytes === -1 ? null : window.view(16, idsAt),
      authinfo: window.int(idsAt) === -1 ? null : readAuthIds(window.reader(idsAt)),
    };
    window.skip(end);
    return packet;
  }

  #takeItem(): QuorumStreamItem {
    const bytes = this.#window.view(0, this.#needed);
    this.#window.skip(this.#needed);
    this.#walk = null;
    this.#needed = 0;
    if (this.#isSnapshotNext) {
      this.#isSnapshotNext = false;
      return { type: 'snapshot', stream: bytes };
    }
    return this.#packetItem(readPacket(bytes));
  }

  #packetItem(packet: QuorumPacket): QuorumStreamItem {
    this.#isSnapshotNext = packet.type === PacketType.SNAP && this.#limits.allowSnapshot;
    return { type: 'packet', packet };
  }
}

function readPacket(bytes: Buffer): QuorumPacket {
  const reader = new JuteReader(bytes);
  return {
    type: reader.readInt(),
    zxid: reader.readLong(),
    data: reader.readBuffer(),
    authinfo: readAuthIds(reader),
  };
}

/** Where the list of ids that begins at `at` ends; null unless all of it is there and is as it should be. */
function authinfoEnd(window: Window, at: number, maxTextBytes: number): number | null {
  if (window.length < at + 4) return null;
  const idCount = window.int(at);
  if (idCount < -1 || idCount > maxAuthIdCount) return null;
  let end = at + 4;
  for (let text = 0; text < 2 * idCount; text++) {
    if (window.length < end + 4) return null;
    const textBytes = window.int(end);
    if (textBytes < -1 || textBytes > maxTextBytes) return null;
    end += 4 + Math.max(textBytes, 0);
  }
  return window.length < end ? null : end;
}

const nothing = Buffer.alloc(0);

/** Bytes that arrived and belong to no finished item, seen from the start of the present item. */
class Window {
  #bytes: Buffer = nothing;
  #start = 0;
  #end = 0;
  /** False while the bytes are the caller's chunk. */
  #isOwn = true;

  get length(): number {
    return this.#end - this.#start;
  }

  int(at: number): number {
    return intAt(this.#bytes, this.#start + at);
  }

  long(at: number): number {
    return longAt(this.#bytes, this.#start + at);
  }

  text(from: number, to: number): string {
    return this.#bytes.utf8Slice(this.#start + from, this.#start + to);
  }

  append(chunk: Buffer): void {
    if (this.length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    const needed = this.#end + chunk.length;
    if (needed > this.#bytes.length) this.#moveTo(Math.max(this.length + chunk.length, 2 * this.length));
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Bytes of the item. They are never written again. */
  view(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#start + from, this.#start + to);
  }

  reader(at: number): JuteReader {
    return new JuteReader(this.#bytes, this.#start + at, this.#end);
  }

  /** Ends the item; what follows becomes the next one. */
  skip(length: number): void {
    this.#start += length;
  }

  /** Copies what is left of the caller's chunk, which is not ours to keep. */
  settle(): void {
    if (this.length === 0) {
      this.#bytes = nothing;
      this.#start = this.#end = 0;
    } else if (!this.#isOwn) {
      this.#moveTo(2 * this.length);
    }
    this.#isOwn = true;
  }

  #moveTo(room: number): void {
    const moved = Buffer.allocUnsafe(room);
    moved.set(this.#bytes.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#bytes = moved;
  }
}

type Limits = Required<QuorumStreamLimits>;
/** Yields how many bytes of the item must be there; the last number yielded is the item's size. */
type Walk<Result = void> = Generator<number, Result, void>;

function* walkPacket(window: Window, limits: Limits): Walk {
  yield 16;
  const dataBytes = checkLength(window.int(12), { at: 12, what: 'data', max: limits.maxDataBytes });
  let at = 16 + dataBytes;
  yield at + 4;
  const idCount = window.int(at);
  // Without this a lying count would have us hold and walk whatever comes.
  if (idCount > maxAuthIdCount) throw new JuteError(`authinfo of ${idCount} ids`, at);
  at += 4;
  for (let text = 0; text < 2 * idCount; text++) {
    at = yield* walkText(window, { at, what: 'authinfo', max: limits.maxDataBytes });
  }
}

function* walkSnapshot(window: Window, limits: Limits): Walk {
  const max = limits.maxDataBytes;
  const checkSize = (at: number): number => {
    if (at > limits.maxSnapshotBytes)
      throw new JuteError(`a snapshot beyond ${limits.maxSnapshotBytes} bytes`, at);
    return at;
  };
  yield 4;
  let at = checkSize(4 + 12 * checkCount(window.int(0), 0));
  yield at + 4;
  const aclCount = checkCount(window.int(at), at);
  at += 4;
  for (let acl = 0; acl < aclCount; acl++) at = checkSize(yield* walkCachedAcl(window, { at, max }));
  for (;;) {
    yield at + 4;
    const pathBytes = checkLength(window.int(at), { at, what: 'path', max });
    yield at + 4 + pathBytes;
    const isEnd = pathBytes === 1 && window.text(at + 4, at + 5) === '/';
    at += 4 + pathBytes;
    if (isEnd) break;
    yield at + 4;
    at += 4 + checkLength(window.int(at), { at, what: 'znode data', max });
    at = checkSize(at + 68);
  }
  yield* walkSignature(window, at);
}

function* walkCachedAcl(window: Window, { at, max }: { at: number; max: number }): Walk<number> {
  yield at + 12;
  const entryCount = Math.max(window.int(at + 8), 0);
  let next = at + 12;
  for (let entry = 0; entry < entryCount; entry++) {
    next = yield* walkText(window, { at: next + 4, what: 'scheme', max });
    next = yield* walkText(window, { at: next, what: 'id', max });
  }
  return next;
}

function* walkSignature(window: Window, at: number): Walk {
  yield at + 4;
  const length = window.int(at);
  if (length !== snapshotSignature.length) throw new JuteError(`a signature of length ${length}`, at);
  yield at + 4 + length;
  const signature = window.text(at + 4, at + 4 + length);
  if (signature !== snapshotSignature) {
    throw new JuteError(`a snapshot signed "${signature}", expected "${snapshotSignature}"`, at);
  }
}

/** Where the text ends. Its bytes are awaited, so that the last number yielded is always the item's size. */
function* walkText(window: Window, field: Field): Walk<number> {
  yield field.at + 4;
  const end = field.at + 4 + checkLength(window.int(field.at), field);
  yield end;
  return end;
}

interface Field {
  readonly at: number;
  readonly what: string;
  readonly max: number;
}

/** Null, length −1, takes no bytes. */
function checkLength(length: number, field: Field): number {
  if (length >= -1 && length <= field.max) return Math.max(length, 0);
  throw new JuteError(`${field.what} of length ${length}, expected -1 to ${field.max}`, field.at);
}

function checkCount(count: number, at: number): number {
  if (count < 0) throw new JuteError(`a count of ${count} in a snapshot`, at);
  return count;
}
