// What was asked to be written under one path and what came of it: a few dozen bytes for each write, whatever
// became of the history.

import { Column } from './witness/columns.ts';
import { ValueCodes } from './witness/value-codes.ts';

export interface Writing {
  readonly outcome: 'ok' | 'fail' | 'info';
  readonly value: unknown;
  /** The version that it made, where that is known. */
  readonly version: number | undefined;
  /** Entry of its invocation. */
  readonly entry: number;
}

const outcomes = { ok: 0, fail: 1, info: 2 } as const;

export class WrittenValues {
  acknowledged = 0;
  /** The acknowledged write that ended last. */
  lastAcknowledged = -1;
  readonly #codes: ValueCodes;
  readonly #values = new Column();
  readonly #versions = new Column();
  readonly #entries = new Column();
  readonly #outcomes = new Column();

  constructor(codes = new ValueCodes()) {
    this.#codes = codes;
  }

  add({ outcome, value, version, entry }: Writing): void {
    if (outcome === 'ok') {
      this.acknowledged++;
      this.lastAcknowledged = entry;
    }
    this.#values.push(this.#codes.codeOf(value));
    this.#versions.push(version ?? NaN);
    this.#entries.push(entry);
    this.#outcomes.push(outcomes[outcome]);
  }

  /** Entry of an acknowledged write that a server has lost which ends with this value at this version; null: none. */
  findLost(end: { readonly value: unknown; readonly version: number }): number | null {
    const value = this.#codes.codeOf(end.value);
    for (let place = 0; place < this.#versions.length; place++) {
      const version = this.#versions.get(place);
      // Most are behind the end, and what is not known is never above it.
      if (!(version >= end.version) || this.#outcomes.get(place) !== outcomes.ok) continue;
      if (version > end.version || this.#values.get(place) !== value) return this.#entries.get(place);
    }
    return null;
  }

  /** Whether the value may have been written, and else the entry of the last write of it that was refused. */
  originOf(value: unknown): { readonly isPossible: boolean; readonly refused: number | null } {
    const code = this.#codes.codeOf(value);
    let refused: number | null = null;
    for (let place = 0; place < this.#values.length; place++) {
      if (this.#values.get(place) !== code) continue;
      if (this.#outcomes.get(place) !== outcomes.fail) return { isPossible: true, refused: null };
      refused = this.#entries.get(place);
    }
    return { isPossible: false, refused };
  }

  /** Entries of writes with this outcome whose value the predicate takes, by its code. */
  select(outcome: 'ok' | 'fail', accepts: (code: number) => boolean, most: number): Selected[] {
    const found: Selected[] = [];
    for (let place = 0; place < this.#values.length; place++) {
      const code = this.#values.get(place);
      if (this.#outcomes.get(place) !== outcomes[outcome] || !accepts(code)) continue;
      found.push({ code, entry: this.#entries.get(place) });
      if (found.length === most) break;
    }
    return found;
  }

  /** Codes of all values that were asked for. */
  codes(): ReadonlySet<number> {
    return new Set(this.#values.cells);
  }

  codeOf(value: unknown): number {
    return this.#codes.codeOf(value);
  }
}

export interface Selected {
  readonly code: number;
  readonly entry: number;
}
