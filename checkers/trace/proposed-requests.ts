// Which request each proposal came from, and what it does: what hashes do not tell. Texts are numbered, and all else
// are plain numbers, since they are kept for as long as a run lasts.

import type { TraceEvent } from '../../harness/history/trace-event.ts';
import { RisingNumbers } from './rising-numbers.ts';

/** Texts by their number, from 0. */
class Numbered {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }
}

/** Of each zxid the last proposal counts. */
export class ProposedRequests {
  readonly sessions = new Numbered();
  readonly txns = new Numbered();
  readonly #sessionOf = new RisingNumbers();
  readonly #cxidOf = new RisingNumbers();
  readonly #txnOf = new RisingNumbers();

  /** A `PROPOSE`. */
  take({ zxid = 0, session = '', cxid = 0, txn = '' }: TraceEvent): void {
    if (session === '') return;
    this.#sessionOf.set(zxid, this.sessions.numberOf(session));
    this.#cxidOf.set(zxid, Math.max(0, cxid));
    if (txn !== '') this.#txnOf.set(zxid, this.txns.numberOf(txn));
  }

  /** The number of the session; undefined where it is not known. */
  sessionOf(zxid: number): number | undefined {
    return this.#sessionOf.get(zxid);
  }

  /** Among the requests of its session; 0 for what servers do in their own name. */
  cxidOf(zxid: number): number {
    return this.#cxidOf.get(zxid) ?? 0;
  }

  /** The number of the transaction's name. */
  txnOf(zxid: number): number | undefined {
    return this.#txnOf.get(zxid);
  }
}
