// Is there an order of the calls that respects real time and that the model allows? Wing and Gong's search with
// Lowe's linked list and a memory of visited configurations, and four things that keep the search small without
// losing an order:
// - a read that is possible now is taken at once: it changes nothing, so taking it earlier closes no way;
// - indefinite calls stand apart, are tried last and may be left out; of equal ones, the earliest goes first;
// - a configuration is remembered as its state, a window of bits around the first open call, and the bits of
//   the indefinite calls, so its size does not grow with the history;
// - budgets are looked at inside the loop, so that no history can hold the search for long.

import type { Model } from '../models/model.ts';
import { ConfigurationSet } from './configuration-set.ts';
import type { Interval } from './entry-list.ts';
import { EntryList } from './entry-list.ts';
import { findOpenings, findReach, findTwins } from './search-tables.ts';
import { StateTable } from './state-table.ts';

/** A call as the search sees it. */
export interface SearchCall<Action> extends Interval {
  readonly action: Action;
}

export interface SearchBudget {
  readonly timeMs: number;
  readonly memoryBytes: number;
  readonly nowMs: () => number;
}

/** Calls are named by their position in the list that was given. */
export type SearchResult<State> =
  | { readonly type: 'linearizable'; readonly order: readonly number[]; readonly configurations: number }
  | {
      readonly type: 'not-linearizable';
      /** The longest order found; every call that ended before `blocked` did is in it. */
      readonly prefix: readonly number[];
      /** The call that can stand nowhere after the prefix. */
      readonly blocked: number;
      /** The states that such prefixes end in, at most sixteen. */
      readonly states: readonly State[];
      readonly configurations: number;
    }
  | {
      readonly type: 'unknown';
      readonly ranOut: 'time' | 'memory';
      /** How far it came. */
      readonly prefix: readonly number[];
      readonly configurations: number;
    };

export function searchLinearization<State, Action>(
  model: Model<State, Action>,
  calls: readonly SearchCall<Action>[],
  budget: SearchBudget,
): SearchResult<State> {
  return new Search(model, calls, budget).run();
}

const stepsBetweenTimeChecks = 128;
const maxStatesReported = 16;

/** Where the next candidate is looked for: an entry of the list, or −1 − position of an indefinite call. */
type Cursor = number;

class Search<State, Action> {
  readonly #budget: SearchBudget;
  readonly #deadlineMs: number;
  readonly #states: StateTable<State, Action>;
  readonly #seen: ConfigurationSet;

  /** Positions, in the list given, of the definite and the indefinite calls, each sorted by start. */
  readonly #definite: Int32Array;
  readonly #indefinite: Int32Array;
  readonly #definiteActions: Action[];
  readonly #indefiniteActions: Action[];
  readonly #isRead: Uint8Array;
  readonly #list: EntryList;
  /** Of each indefinite call: the first entry after its start, and its equal just before it or −1. */
  readonly #opensAt: Int32Array;
  readonly #twin: Int32Array;
  /** Of each definite call: one past the last call that can be taken while this one is the first open one. */
  readonly #reach: Int32Array;

  readonly #takenDefinite: Int32Array;
  readonly #takenIndefinite: Int32Array;
  readonly #words: Int32Array;

  /** What was taken, in order: call number, or −1 − number of an indefinite call. */
  readonly #trail: Int32Array;
  #trailLength = 0;
  /** One frame per branching call: where it was found, the state before it, the trail's length before it. */
  readonly #frameCursor: Int32Array;
  readonly #frameState: Int32Array;
  readonly #frameTrail: Int32Array;
  #depth = 0;

  #state = 0;
  /** The first return in the list: what is not taken before it can never be taken. */
  #firstReturn = 0;
  #steps = 0;

  #best = -1;
  #bestStates: number[] = [];
  #bestTrail: Int32Array | null = null;

  constructor(model: Model<State, Action>, calls: readonly SearchCall<Action>[], budget: SearchBudget) {
    this.#budget = budget;
    this.#deadlineMs = budget.nowMs() + budget.timeMs;
    this.#states = new StateTable(model);
    this.#seen = new ConfigurationSet(budget.memoryBytes);

    const order = calls.map((_, position) => position);
    order.sort((a, b) => at(calls, a).start - at(calls, b).start || a - b);
    const definite = order.filter((position) => at(calls, position).end < Infinity);
    // A read that never ended binds nothing.
    const indefinite = order.filter(
      (position) => at(calls, position).end === Infinity && !model.isRead(at(calls, position).action),
    );
    this.#definite = Int32Array.from(definite);
    this.#indefinite = Int32Array.from(indefinite);
    this.#definiteActions = definite.map((position) => at(calls, position).action);
    this.#indefiniteActions = indefinite.map((position) => at(calls, position).action);
    this.#isRead = Uint8Array.from(this.#definiteActions, (action) => (model.isRead(action) ? 1 : 0));

    const intervals = definite.map((position) => at(calls, position));
    this.#list = new EntryList(intervals);
    this.#reach = findReach(this.#list, definite.length);
    this.#opensAt = findOpenings(
      indefinite.map((position) => at(calls, position).start),
      intervals,
      this.#list,
    );
    this.#twin = findTwins(this.#indefiniteActions);

    this.#takenDefinite = new Int32Array((definite.length >>> 5) + 1);
    this.#takenIndefinite = new Int32Array((indefinite.length + 31) >>> 5);
    this.#words = new Int32Array(this.#takenDefinite.length + this.#takenIndefinite.length + 2);
    const total = definite.length + indefinite.length;
    this.#trail = new Int32Array(total);
    this.#frameCursor = new Int32Array(total + 1);
    this.#frameState = new Int32Array(total + 1);
    this.#frameTrail = new Int32Array(total + 1);
  }

  run(): SearchResult<State> {
    this.#settle();
    this.#noteProgress();
    let cursor: Cursor = this.#firstCursor();
    for (;;) {
      if (this.#list.isEmpty) return this.#linearizable();
      const ranOut = this.#ranOut();
      if (ranOut !== null) return this.#unknown(ranOut);

      const taken = this.#takeFrom(cursor);
      if (taken) {
        const memory = this.#remember();
        if (memory === 'full') return this.#unknown('memory');
        if (memory === 'new') {
          this.#noteProgress();
          cursor = this.#firstCursor();
          continue;
        }
      } else {
        this.#keepBest();
        if (this.#depth === 0) return this.#notLinearizable();
      }
      cursor = this.#cursorAfter(this.#undo());
    }
  }

  #firstCursor(): Cursor {
    return this.#list.next[0] as number;
  }

  /** The cursor behind a candidate that was undone. The list is as it was when the candidate was found. */
  #cursorAfter(cursor: Cursor): Cursor {
    return cursor < 0 ? cursor - 1 : (this.#list.next[cursor] as number);
  }

  /** Takes the first possible candidate at or behind the cursor, and the reads that it makes possible. */
  #takeFrom(start: Cursor): boolean {
    let cursor = start;
    for (; cursor >= 0 && cursor !== this.#firstReturn; cursor = this.#list.next[cursor] as number) {
      const call = this.#list.callAt[cursor] as number;
      if (this.#isRead[call] === 1) continue;
      const next = this.#states.step(this.#state, this.#definiteActions[call] as Action);
      if (next >= 0) {
        this.#push(cursor, next);
        this.#takeDefinite(call);
        this.#settle();
        return true;
      }
    }
    const from = cursor < 0 ? -1 - cursor : 0;
    for (let number = from; number < this.#indefinite.length; number++) {
      if ((this.#opensAt[number] as number) > this.#firstReturn) return false;
      if (!this.#mayTakeIndefinite(number)) continue;
      const next = this.#states.step(this.#state, this.#indefiniteActions[number] as Action);
      // An indefinite call that changes nothing can as well be left out.
      if (next >= 0 && next !== this.#state) {
        this.#push(-1 - number, next);
        this.#takeIndefinite(number);
        this.#settle();
        return true;
      }
    }
    return false;
  }

  #mayTakeIndefinite(number: number): boolean {
    if (hasBit(this.#takenIndefinite, number)) return false;
    const twin = this.#twin[number] as number;
    return twin < 0 || hasBit(this.#takenIndefinite, twin);
  }

  /** Takes every read that is possible in the present state, and finds the first return left. */
  #settle(): void {
    let kept = 0;
    let entry = this.#list.next[kept] as number;
    for (;;) {
      const call = this.#list.callAt[entry] as number;
      if (call < 0) break;
      if (this.#isPossibleRead(call)) this.#takeDefinite(call);
      else kept = entry;
      entry = this.#list.next[kept] as number;
    }
    this.#firstReturn = entry;
  }

  #isPossibleRead(call: number): boolean {
    if (this.#isRead[call] !== 1) return false;
    return this.#states.step(this.#state, this.#definiteActions[call] as Action) >= 0;
  }

  #push(cursor: Cursor, next: number): void {
    this.#frameCursor[this.#depth] = cursor;
    this.#frameState[this.#depth] = this.#state;
    this.#frameTrail[this.#depth] = this.#trailLength;
    this.#depth++;
    this.#state = next;
  }

  #takeDefinite(call: number): void {
    this.#list.lift(call);
    flipBit(this.#takenDefinite, call);
    this.#trail[this.#trailLength++] = call;
  }

  #takeIndefinite(number: number): void {
    flipBit(this.#takenIndefinite, number);
    this.#trail[this.#trailLength++] = -1 - number;
  }

  /** Undoes the latest frame and returns where its candidate was found. */
  #undo(): Cursor {
    this.#depth--;
    const length = this.#frameTrail[this.#depth] as number;
    while (this.#trailLength > length) {
      const taken = this.#trail[--this.#trailLength] as number;
      if (taken < 0) {
        flipBit(this.#takenIndefinite, -1 - taken);
      } else {
        flipBit(this.#takenDefinite, taken);
        this.#list.unlift(taken);
      }
    }
    this.#state = this.#frameState[this.#depth] as number;
    this.#firstReturn = this.#findFirstReturn();
    return this.#frameCursor[this.#depth] as Cursor;
  }

  #findFirstReturn(): number {
    let entry = this.#list.next[0] as number;
    while ((this.#list.callAt[entry] as number) >= 0) entry = this.#list.next[entry] as number;
    return entry;
  }

  /**
   * Calls before the first open one are all taken, calls behind its reach are all open: so the bits in
   * between, the bits of the indefinite calls, the first open call and the state are the configuration.
   */
  #remember(): 'new' | 'seen' | 'full' {
    if (this.#list.isEmpty) return 'new';
    const words = this.#words;
    let length = 0;
    words[length++] = this.#state;
    const first = this.#list.callAt[this.#list.next[0] as number] as number;
    words[length++] = first;
    for (const word of this.#takenIndefinite) words[length++] = word;
    const lastWord = ((this.#reach[first] as number) - 1) >>> 5;
    for (let word = first >>> 5; word <= lastWord; word++) {
      words[length++] = this.#takenDefinite[word] as number;
    }
    return this.#seen.add(words, length);
  }

  #noteProgress(): void {
    if (this.#firstReturn > this.#best) {
      this.#best = this.#firstReturn;
      this.#bestStates = [];
      this.#bestTrail = null;
    }
    if (
      this.#firstReturn === this.#best &&
      this.#bestStates.length < maxStatesReported &&
      !this.#bestStates.includes(this.#state)
    ) {
      this.#bestStates.push(this.#state);
    }
  }

  /** Copies the trail at a dead end only: going forward, the best trail is the present one. */
  #keepBest(): void {
    if (this.#firstReturn === this.#best && this.#bestTrail === null) {
      this.#bestTrail = this.#trail.slice(0, this.#trailLength);
    }
  }

  #ranOut(): 'time' | 'memory' | null {
    if (this.#steps++ % stepsBetweenTimeChecks !== 0) return null;
    if (this.#budget.nowMs() > this.#deadlineMs) return 'time';
    return this.#seen.bytes + this.#states.bytes > this.#budget.memoryBytes ? 'memory' : null;
  }

  #linearizable(): SearchResult<State> {
    return {
      type: 'linearizable',
      order: this.#namesOf(this.#trail.subarray(0, this.#trailLength)),
      configurations: this.#seen.size,
    };
  }

  #notLinearizable(): SearchResult<State> {
    return {
      type: 'not-linearizable',
      prefix: this.#namesOf(this.#bestTrail ?? new Int32Array(0)),
      blocked: this.#definite[this.#callReturningAt(this.#best)] as number,
      states: this.#bestStates.map((number) => this.#states.state(number)),
      configurations: this.#seen.size,
    };
  }

  #unknown(ranOut: 'time' | 'memory'): SearchResult<State> {
    const trail = this.#bestTrail ?? this.#trail.subarray(0, this.#trailLength);
    return { type: 'unknown', ranOut, prefix: this.#namesOf(trail), configurations: this.#seen.size };
  }

  #namesOf(trail: Int32Array): number[] {
    return Array.from(trail, (taken) =>
      taken < 0 ? (this.#indefinite[-1 - taken] as number) : (this.#definite[taken] as number),
    );
  }

  #callReturningAt(entry: number): number {
    return this.#list.entryOfReturn.indexOf(entry);
  }
}

function at<T>(items: readonly T[], index: number): T {
  return items[index] as T;
}

function hasBit(words: Int32Array, bit: number): boolean {
  return (((words[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1;
}

function flipBit(words: Int32Array, bit: number): void {
  words[bit >>> 5] = (words[bit >>> 5] as number) ^ (1 << (bit & 31));
}
