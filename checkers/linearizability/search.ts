// Is there an order of the calls that respects real time and that the model allows? Wing and Gong's search with
// Lowe's linked list and a memory of visited configurations, and what keeps the search small without losing an
// order:
// - a read that is possible now is taken at once: it changes nothing, so taking it earlier closes no way;
// - of calls that are alike, the one that must come first is tried alone: any order can swap the two;
// - indefinite calls stand apart, are tried last and may be left out; one that nothing depends on is left out;
// - of two ways to one place, the one that spent more indefinite calls is not followed;
// - where the model has foresight, a state in which an open call can never become possible is left at once;
// - a configuration is remembered by a fingerprint that every step keeps up to date;
// - budgets are looked at inside a step, so that no history can hold the search for long.

import type { Model } from '../models/model.ts';
import { ConfigurationMemory, fingerprintWord } from './configuration-memory.ts';
import { Outlook } from './outlook.ts';
import type { SearchCall } from './search-problem.ts';
import { SearchProblem } from './search-problem.ts';
import { SpentCalls } from './spent-calls.ts';
import { StateTable } from './state-table.ts';

export type { SearchCall } from './search-problem.ts';

export interface SearchBudget {
  readonly timeMs: number;
  readonly memoryBytes: number;
  readonly nowMs: () => number;
  /** Steps after which the search gives up as if out of time, on every machine at the same place. */
  readonly steps?: number;
  /** Hears, now and then, how many calls have an order so far. */
  readonly noteOrdered?: (count: number) => void;
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

/** `seed` chooses the fingerprints: another one proves a verdict again on its own. */
export function searchLinearization<State, Action>(
  model: Model<State, Action>,
  calls: readonly SearchCall<Action>[],
  budget: SearchBudget,
  seed = 0,
): SearchResult<State> {
  return new Search(model, calls, budget, seed).run();
}

/** Between two looks at the budgets: fewer where a step of the model is slow. */
const steps = { first: 64, most: 64 };
const slowMs = 4;
const maxStatesReported = 16;
const mostTwinLooks = 64;

/**
 * Where the next candidate is looked for: an entry of the list, −1 − index of an indefinite action, or the way
 * out of an optional call, which is to leave it out.
 */
type Cursor = number;

class Search<State, Action> {
  readonly #budget: SearchBudget;
  readonly #deadlineMs: number;
  readonly #problem: SearchProblem<State, Action>;
  readonly #states: StateTable<State, Action>;
  readonly #outlook: Outlook<State, Action> | null;
  readonly #seen: ConfigurationMemory;
  /** Configurations without their indefinite calls, and with which of those one came there; null where there are none. */
  readonly #places: ConfigurationMemory | null;
  readonly #spent = new SpentCalls();
  readonly #seed: number;
  /** Entries at or above this are of the second pass. */
  readonly #others: Cursor;
  readonly #omit: Cursor;

  readonly #isTaken: Uint8Array;
  /** Of each indefinite action, by index: how many of its calls are taken. Alike, they go earliest first. */
  readonly #takenOf: Int32Array;
  /** The indefinite actions of which any is taken, in the order of their first. */
  readonly #used: Int32Array;
  #usedCount = 0;

  /** Marks the actions of the open calls, when they are asked for. */
  readonly #openMark: Float64Array;
  #mark = 0;

  /**
   * What was taken, in order: call number, or −1 − index of an indefinite action. A call that was left out stands
   * with the count of the definite calls added.
   */
  readonly #trail: Int32Array;
  #trailLength = 0;
  /** One frame per branching call: where it was found, the state before it, the trail's length before it. */
  readonly #frameCursor: Int32Array;
  readonly #frameState: Int32Array;
  readonly #frameTrail: Int32Array;
  #depth = 0;

  #state = 0;
  /** Fingerprints of the definite and of the indefinite calls that are taken. */
  readonly #definiteWords = new Int32Array(4);
  readonly #indefiniteWords = new Int32Array(4);
  /** The first return in the list: what is not taken before it can never be taken. */
  #firstReturn = 0;
  #stepsLeft = steps.first;
  #stepsPerLook = steps.first;
  #steps = 0;
  #lookedMs: number;

  #best = -1;
  #bestStates: number[] = [];
  /** The trail of the best, as far as `#bestLength`; up to `#bestShared` it is the present one as well. */
  readonly #bestTrail: Int32Array;
  #bestLength = 0;
  #bestShared = 0;
  #isBestKept = false;

  constructor(
    model: Model<State, Action>,
    calls: readonly SearchCall<Action>[],
    budget: SearchBudget,
    seed: number,
  ) {
    this.#budget = budget;
    this.#lookedMs = budget.nowMs();
    this.#deadlineMs = this.#lookedMs + budget.timeMs;
    this.#seed = seed;
    this.#problem = new SearchProblem(model, calls);
    const { actions } = this.#problem;
    const foresight = model.foresee?.(actions);
    this.#states = new StateTable(model, actions, foresight?.merge?.bind(foresight));
    this.#outlook = foresight === undefined ? null : new Outlook(foresight, this.#problem, this.#states);
    this.#seen = new ConfigurationMemory(budget.memoryBytes);
    this.#places = this.#problem.indefinite.length === 0 ? null : new ConfigurationMemory(budget.memoryBytes);

    const { definite, indefinite, indefiniteActions } = this.#problem;
    this.#others = 2 * definite.length + 1;
    this.#omit = 2 * this.#others;
    this.#isTaken = new Uint8Array(definite.length);
    this.#takenOf = new Int32Array(indefiniteActions.length);
    this.#used = new Int32Array(indefiniteActions.length);
    this.#openMark = new Float64Array(this.#problem.actions.length);
    const total = definite.length + indefinite.length;
    this.#trail = new Int32Array(total);
    this.#bestTrail = new Int32Array(total);
    this.#frameCursor = new Int32Array(total + 1);
    this.#frameState = new Int32Array(total + 1);
    this.#frameTrail = new Int32Array(total + 1);
  }

  run(): SearchResult<State> {
    try {
      return this.#search();
    } catch (error) {
      if (error instanceof BudgetSpent) return this.#unknown(error.what);
      throw error;
    }
  }

  #search(): SearchResult<State> {
    const { list } = this.#problem;
    this.#settle();
    this.#noteProgress();
    if ((this.#outlook?.findImpossible() ?? -1) >= 0) {
      this.#keepBest();
      return this.#notLinearizable();
    }
    let cursor: Cursor = list.next[0] as number;
    for (;;) {
      if (list.isEmpty) return this.#linearizable();
      if (this.#takeFrom(cursor)) {
        if (this.#isNew()) {
          this.#noteProgress();
          cursor = list.next[0] as number;
          continue;
        }
      } else {
        this.#keepBest();
        if (this.#depth === 0) return this.#notLinearizable();
      }
      cursor = this.#cursorAfter(this.#undo());
    }
  }

  /** The cursor behind a candidate that was undone. The list is as it was when the candidate was found. */
  #cursorAfter(cursor: Cursor): Cursor {
    if (cursor < 0) return cursor - 1;
    if (cursor === this.#omit) return cursor + 1;
    const { next } = this.#problem.list;
    if (cursor < this.#others) return next[cursor] as number;
    return this.#others + (next[cursor - this.#others] as number);
  }

  /** Takes the first possible candidate at or behind the cursor, and the reads that it makes possible. */
  #takeFrom(cursor: Cursor): boolean {
    if (cursor > this.#omit) return false;
    if (cursor === this.#omit) return this.#leaveOut();
    if (cursor < 0) return this.#takeIndefiniteFrom(-1 - cursor) || this.#leaveOut();
    const first = this.#problem.list.next[0] as number;
    const isUrgent = this.#findUrgent();
    if (cursor < this.#others && this.#takeDefiniteFrom(cursor, 0, isUrgent)) return true;
    const from = cursor < this.#others ? first : cursor - this.#others;
    if (this.#takeDefiniteFrom(from, this.#others, (call) => !isUrgent(call))) return true;
    return this.#takeIndefiniteFrom(0) || this.#leaveOut();
  }

  /** What the call that must be taken next waits for, or itself where it is possible: this is tried first. */
  #findUrgent(): (call: number) => boolean {
    const { list, definiteAction } = this.#problem;
    const due = list.returnAt[this.#firstReturn] as number;
    const action = definiteAction[due] as number;
    if (this.#step(action) >= 0) return (call) => call === due;
    return (call) => this.#outlook?.helps(definiteAction[call] as number, action) === true;
  }

  #takeDefiniteFrom(start: number, pass: number, isMeant: (call: number) => boolean): boolean {
    const { list, definiteAction, isRead } = this.#problem;
    const mayBeBlind = !this.#endsIdle();
    for (let entry = start; entry !== this.#firstReturn; entry = list.next[entry] as number) {
      const call = list.callAt[entry] as number;
      const action = definiteAction[call] as number;
      if (isRead[action] === 1 || !isMeant(call) || this.#hasEarlierTwin(call)) continue;
      if (!mayBeBlind && this.#outlook?.isBlind[action] === 1) continue;
      const next = this.#step(action);
      if (this.#isDeadEnd(next, action, call)) continue;
      this.#push(pass + entry, next);
      this.#take(call);
      this.#settle();
      return true;
    }
    return false;
  }

  #takeIndefiniteFrom(from: number): boolean {
    const { indefiniteActions } = this.#problem;
    if (from >= indefiniteActions.length) return false;
    const mayBeBlind = !this.#endsIdle();
    this.#markOpenActions();
    for (let index = this.#nextUseful(from - 1); index >= 0; index = this.#nextUseful(index)) {
      const action = indefiniteActions[index] as number;
      if (!this.#isCandidate(index, action) || (!mayBeBlind && this.#outlook?.isBlind[action] === 1))
        continue;
      const next = this.#step(action);
      // An indefinite call that changes nothing can as well be left out.
      if (next === this.#state || this.#isDeadEnd(next, action, -1)) continue;
      this.#push(-1 - index, next);
      this.#takeIndefinite(index);
      this.#settle();
      return true;
    }
    return false;
  }

  /** An optional call whose return comes first may be passed over. */
  #leaveOut(): boolean {
    const call = this.#problem.list.returnAt[this.#firstReturn] as number;
    if (this.#problem.isOptional[call] !== 1) return false;
    this.#push(this.#omit, this.#state);
    this.#take(call);
    this.#trail[this.#trailLength - 1] = call + this.#isTaken.length;
    this.#settle();
    return true;
  }

  #nextUseful(index: number): number {
    if (this.#outlook !== null) return this.#outlook.nextUseful(index, this.#firstReturn);
    return index + 1 < this.#takenOf.length ? index + 1 : -1;
  }

  /** The next call of the indefinite action has begun, and no open call with an end is like it: that one goes first. */
  #isCandidate(index: number, action: number): boolean {
    const { firstOf, opensAt } = this.#problem;
    const left =
      (firstOf[index + 1] as number) - (firstOf[index] as number) - (this.#takenOf[index] as number);
    if (left === 0 || this.#openMark[action] === this.#mark) return false;
    return (opensAt[this.#nextOf(index)] as number) <= this.#firstReturn;
  }

  #markOpenActions(): void {
    const { list, definiteAction } = this.#problem;
    this.#mark++;
    for (
      let entry = list.next[0] as number;
      entry !== this.#firstReturn;
      entry = list.next[entry] as number
    ) {
      this.#openMark[definiteAction[list.callAt[entry] as number] as number] = this.#mark;
    }
  }

  /** Of open calls that are alike, the one that returns first goes first. Looking further costs more than it saves. */
  #hasEarlierTwin(call: number): boolean {
    const { earlierTwin, list } = this.#problem;
    let twin = earlierTwin[call] as number;
    for (let looks = 0; looks < mostTwinLooks && twin >= 0; looks++) {
      // What returned before the first return is taken, and so is all that returned before that.
      if ((list.entryOfReturn[twin] as number) < this.#firstReturn) return false;
      if (this.#isTaken[twin] === 0 && (list.entryOfCall[twin] as number) < this.#firstReturn) return true;
      twin = earlierTwin[twin] as number;
    }
    return false;
  }

  #isDeadEnd(next: number, action: number, call: number): boolean {
    if (next < 0) return true;
    if (this.#outlook === null) return false;
    this.#outlook.take(action);
    const isHopeless = this.#outlook.isHopeless(next, action, call, this.#firstReturn);
    this.#outlook.giveBack(action);
    return isHopeless;
  }

  /** The latest call taken is indefinite and no read has seen it: what does not depend on it makes it idle. */
  #endsIdle(): boolean {
    return this.#trailLength > 0 && (this.#trail[this.#trailLength - 1] as number) < 0;
  }

  /** Takes every read that is possible in the present state, and finds the first return left. */
  #settle(): void {
    const { list, definiteAction, isRead } = this.#problem;
    let kept = 0;
    let entry = list.next[kept] as number;
    for (;;) {
      const call = list.callAt[entry] as number;
      if (call < 0) break;
      const action = definiteAction[call] as number;
      if (isRead[action] === 1 && this.#step(action) >= 0) this.#take(call);
      else kept = entry;
      entry = list.next[kept] as number;
    }
    this.#firstReturn = entry;
  }

  #step(action: number): number {
    if (--this.#stepsLeft === 0) this.#lookAtBudgets();
    return this.#states.step(this.#state, action);
  }

  #push(cursor: Cursor, next: number): void {
    this.#frameCursor[this.#depth] = cursor;
    this.#frameState[this.#depth] = this.#state;
    this.#frameTrail[this.#depth] = this.#trailLength;
    this.#depth++;
    this.#state = next;
  }

  #take(call: number): void {
    this.#problem.list.lift(call);
    this.#outlook?.take(this.#problem.definiteAction[call] as number);
    this.#isTaken[call] = 1;
    flip(this.#definiteWords, call, this.#seed);
    this.#trail[this.#trailLength++] = call;
  }

  #takeIndefinite(index: number): void {
    this.#outlook?.take(this.#problem.indefiniteActions[index] as number);
    flip(this.#indefiniteWords, this.#isTaken.length + this.#nextOf(index), this.#seed);
    if (this.#takenOf[index] === 0) this.#used[this.#usedCount++] = index;
    this.#takenOf[index] = (this.#takenOf[index] as number) + 1;
    this.#trail[this.#trailLength++] = -1 - index;
  }

  /** Undoes the latest frame and returns where its candidate was found. */
  #undo(): Cursor {
    this.#depth--;
    const length = this.#frameTrail[this.#depth] as number;
    while (this.#trailLength > length) {
      const taken = this.#trail[--this.#trailLength] as number;
      if (taken < 0) this.#putBackIndefinite(-1 - taken);
      else this.#putBack(taken % this.#isTaken.length);
    }
    this.#bestShared = Math.min(this.#bestShared, this.#trailLength);
    this.#state = this.#frameState[this.#depth] as number;
    this.#firstReturn = this.#findFirstReturn();
    return this.#frameCursor[this.#depth] as Cursor;
  }

  #putBack(call: number): void {
    this.#problem.list.unlift(call);
    this.#outlook?.giveBack(this.#problem.definiteAction[call] as number);
    this.#isTaken[call] = 0;
    flip(this.#definiteWords, call, this.#seed);
  }

  #putBackIndefinite(index: number): void {
    this.#outlook?.giveBack(this.#problem.indefiniteActions[index] as number);
    this.#takenOf[index] = (this.#takenOf[index] as number) - 1;
    // What is undone is the latest, so an action that is used no more was the last to be used.
    if (this.#takenOf[index] === 0) this.#usedCount--;
    flip(this.#indefiniteWords, this.#isTaken.length + this.#nextOf(index), this.#seed);
  }

  /** Number of the next call of an indefinite action. */
  #nextOf(index: number): number {
    const { firstOf, byAction } = this.#problem;
    return byAction[(firstOf[index] as number) + (this.#takenOf[index] as number)] as number;
  }

  #findFirstReturn(): number {
    const { list } = this.#problem;
    let entry = list.next[0] as number;
    while ((list.callAt[entry] as number) >= 0) entry = list.next[entry] as number;
    return entry;
  }

  /** Whether the configuration was not visited before: what is taken, the state, and whether a taken call is idle. */
  #isNew(): boolean {
    if (this.#problem.list.isEmpty) return true;
    const state = -2 - 2 * this.#state - (this.#endsIdle() ? 1 : 0);
    const place = this.#definiteWords;
    const spent = this.#indefiniteWords;
    const seed = this.#seed;
    const first = (place[0] as number) ^ fingerprintWord(state, 0, seed);
    const second = (place[1] as number) ^ fingerprintWord(state, 1, seed);
    const third = (place[2] as number) ^ fingerprintWord(state, 2, seed);
    const fourth = (place[3] as number) ^ fingerprintWord(state, 3, seed);
    const added = this.#seen.add(
      first ^ (spent[0] as number),
      second ^ (spent[1] as number),
      third ^ (spent[2] as number),
      fourth ^ (spent[3] as number),
    );
    if (added === 'full') throw new BudgetSpent('memory');
    if (added === 'seen' || this.#places === null) return added === 'new';
    if (this.#places.add(first, second, third, fourth) === 'full') throw new BudgetSpent('memory');
    const { latestNumber } = this.#places;
    return !this.#spent.isUndercut(latestNumber, this.#used, this.#usedCount, this.#takenOf);
  }

  #noteProgress(): void {
    if (this.#firstReturn > this.#best) {
      this.#best = this.#firstReturn;
      this.#bestStates = [];
      this.#isBestKept = false;
    }
    if (
      this.#firstReturn === this.#best &&
      this.#bestStates.length < maxStatesReported &&
      !this.#bestStates.includes(this.#state)
    ) {
      this.#bestStates.push(this.#state);
    }
  }

  /** At a dead end only: going forward, the best trail is the present one. Copies what has changed since the last. */
  #keepBest(): void {
    if (this.#firstReturn !== this.#best || this.#isBestKept) return;
    this.#bestTrail.set(this.#trail.subarray(this.#bestShared, this.#trailLength), this.#bestShared);
    this.#bestLength = this.#trailLength;
    this.#bestShared = this.#trailLength;
    this.#isBestKept = true;
  }

  #lookAtBudgets(): void {
    this.#steps += this.#stepsPerLook;
    this.#budget.noteOrdered?.(this.#trailLength);
    if (this.#steps > (this.#budget.steps ?? Infinity)) throw new BudgetSpent('time');
    const nowMs = this.#budget.nowMs();
    if (nowMs > this.#deadlineMs) throw new BudgetSpent('time');
    const bytes = this.#seen.bytes + (this.#places?.bytes ?? 0) + this.#spent.bytes + this.#states.bytes;
    if (bytes > this.#budget.memoryBytes) throw new BudgetSpent('memory');
    const isSlow = nowMs - this.#lookedMs > slowMs;
    this.#stepsPerLook = isSlow
      ? (this.#stepsPerLook >>> 2) | 1
      : Math.min(steps.most, 2 * this.#stepsPerLook);
    this.#stepsLeft = this.#stepsPerLook;
    this.#lookedMs = nowMs;
  }

  #linearizable(): SearchResult<State> {
    return {
      type: 'linearizable',
      order: this.#namesOf(this.#trail.subarray(0, this.#trailLength)),
      configurations: this.#seen.size,
    };
  }

  #notLinearizable(): SearchResult<State> {
    const { definite, list } = this.#problem;
    return {
      type: 'not-linearizable',
      prefix: this.#namesOf(this.#bestTrail.subarray(0, this.#bestLength)),
      blocked: definite[list.returnAt[this.#best] as number] as number,
      states: this.#bestStates.map((number) => this.#states.state(number)),
      configurations: this.#seen.size,
    };
  }

  #unknown(ranOut: 'time' | 'memory'): SearchResult<State> {
    const trail = this.#isBestKept
      ? this.#bestTrail.subarray(0, this.#bestLength)
      : this.#trail.subarray(0, this.#trailLength);
    return { type: 'unknown', ranOut, prefix: this.#namesOf(trail), configurations: this.#seen.size };
  }

  #namesOf(trail: Int32Array): number[] {
    const { definite, indefinite, byAction, firstOf } = this.#problem;
    const next = firstOf.slice();
    return [...trail].flatMap((taken) => {
      if (taken >= 0) return definite[taken] ?? [];
      const place = next[-1 - taken] as number;
      next[-1 - taken] = place + 1;
      return indefinite[byAction[place] as number] as number;
    });
  }
}

function flip(words: Int32Array, number: number, seed: number): void {
  for (let word = 0; word < 4; word++) {
    words[word] = (words[word] as number) ^ fingerprintWord(number, word, seed);
  }
}

class BudgetSpent extends Error {
  readonly what: 'time' | 'memory';

  constructor(what: 'time' | 'memory') {
    super(`the search ran out of ${what}`);
    this.what = what;
  }
}
