// Ids of new sessions: the server's id in the top byte, forty bits of its clock, then a count. Ids of one server
// do not repeat unless its clock does, or it makes more than 65,536 sessions per millisecond.

import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import { containerOwner } from './owner.ts';

const wordSpan = 0x1_0000_0000;

export class SessionIdSource {
  #high: number;
  #low: number;

  /** A server that runs alone has id 1. */
  constructor({ sid, nowMs }: { readonly sid: number; readonly nowMs: number }) {
    const ms = Math.floor(nowMs) % 2 ** 40;
    this.#high = (sid % 256) * 2 ** 24 + Math.floor(ms / 2 ** 16);
    this.#low = (ms % 2 ** 16) * 2 ** 16;
  }

  next(): SessionId {
    const id = hex(this.#high) + hex(this.#low);
    this.#low++;
    if (this.#low === wordSpan) {
      this.#low = 0;
      this.#high = (this.#high + 1) % wordSpan;
    }
    // Two ids mean something else in the owner field of a znode.
    return id === noSession || id === containerOwner ? this.next() : id;
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
