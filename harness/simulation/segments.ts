// What is under way on one direction of a link, in a ring of segments that are used again: an object for every
// write was 2 % of all the memory that a slow run takes.

import type { SentMessage } from './message-log.ts';

const firstRoom = 2;

export class Segment {
  /** Null closes the connection. */
  bytes: Buffer | null = null;
  arriveNs = Infinity;
  /** What the bytes complete, where somebody wants to know. */
  messages: readonly SentMessage[] | null = null;
}

/** Stands for the next segment where there is none: it never arrives. */
const noSegment: Readonly<Segment> = new Segment();

export class Segments {
  /** None, or as many as a power of two. */
  #slots: Segment[] = [];
  #first = 0;
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** What arrives next. It is used again after `dropFirst`. */
  get first(): Readonly<Segment> {
    return this.#length === 0 ? noSegment : this.#slotAt(0);
  }

  push(bytes: Buffer | null, arriveNs: number, messages: readonly SentMessage[] | null): void {
    if (this.#length === this.#slots.length) this.#grow();
    const segment = this.#slotAt(this.#length);
    segment.bytes = bytes;
    segment.arriveNs = arriveNs;
    segment.messages = messages;
    this.#length += 1;
  }

  dropFirst(): void {
    const segment = this.#slotAt(0);
    segment.bytes = null;
    segment.messages = null;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    this.#length -= 1;
  }

  clear(): void {
    if (this.#length > 0) this.#slots = [];
    this.#first = 0;
    this.#length = 0;
  }

  #slotAt(index: number): Segment {
    return this.#slots[(this.#first + index) & (this.#slots.length - 1)] as Segment;
  }

  #grow(): void {
    const slots: Segment[] = [];
    for (let index = 0; index < this.#length; index++) slots.push(this.#slotAt(index));
    const room = Math.max(firstRoom, 2 * this.#length);
    while (slots.length < room) slots.push(new Segment());
    this.#slots = slots;
    this.#first = 0;
  }
}
