// What a model's foresight means for the calls of one problem: whether a call that waits for something still can
// get it, and which indefinite calls can be of use now. Counts say it without a look at the calls to come.

import type { Foresight } from '../models/model.ts';
import type { SearchProblem } from './search-problem.ts';
import type { StateTable } from './state-table.ts';

export class Outlook<State, Action> {
  readonly #problem: SearchProblem<State, Action>;
  readonly #states: StateTable<State, Action>;
  readonly #foresight: Foresight<State, Action>;
  /** Of each action: the kind of need that it serves or −1; the kinds it waits for or null; its part. */
  readonly #serves: Int32Array;
  readonly #needs: readonly (readonly number[] | null)[];
  readonly #part: Int32Array;
  readonly isBlind: Uint8Array;
  /** Of each definite call that waits: how many calls serve it that began before its end. */
  readonly #servers: Int32Array;
  /** Of each kind: how many calls of it are taken. */
  readonly #taken: Int32Array;
  /** The definite calls that wait, by part, in order. */
  readonly #waiting: ReadonlyMap<number, Int32Array>;
  readonly #callsBefore: Int32Array;
  /** Indices of the indefinite actions that may be of use at any time, and of those that serve a kind. */
  readonly #always: readonly number[];
  readonly #byKind: ReadonlyMap<number, readonly number[]>;

  constructor(
    foresight: Foresight<State, Action>,
    problem: SearchProblem<State, Action>,
    states: StateTable<State, Action>,
  ) {
    this.#foresight = foresight;
    this.#problem = problem;
    this.#states = states;
    const { actions } = problem;
    const kinds = new Map<string, number>();
    this.#serves = Int32Array.from(actions, (action) => {
      const kind = foresight.serves(action);
      if (kind === null) return -1;
      const number = kinds.get(kind) ?? kinds.size;
      kinds.set(kind, number);
      return number;
    });
    // A need that nobody serves has no kind.
    this.#needs = actions.map(
      (action) => foresight.needs(action)?.flatMap((need) => kinds.get(need) ?? []) ?? null,
    );
    this.#part = Int32Array.from(actions, (action) => foresight.part?.(action) ?? 0);
    this.isBlind = Uint8Array.from(actions, (action) => (foresight.isBlind(action) ? 1 : 0));
    this.#taken = new Int32Array(kinds.size);
    this.#servers = this.#countServers(kinds.size);
    this.#waiting = this.#findWaiting();
    this.#callsBefore = countCallsBefore(problem.list.callAt);

    const served = new Set([...problem.indefiniteActions].flatMap((action) => this.#needs[action] ?? []));
    const always: number[] = [];
    const byKind = new Map<number, number[]>();
    for (const [index, action] of problem.indefiniteActions.entries()) {
      const kind = this.#serves[action] as number;
      if (!foresight.isMemoryless || kind < 0 || served.has(kind)) always.push(index);
      else byKind.set(kind, [...(byKind.get(kind) ?? []), index]);
    }
    this.#always = always;
    this.#byKind = byKind;
  }

  take(action: number): void {
    const kind = this.#serves[action] as number;
    if (kind >= 0) this.#taken[kind] = (this.#taken[kind] as number) + 1;
  }

  giveBack(action: number): void {
    const kind = this.#serves[action] as number;
    if (kind >= 0) this.#taken[kind] = (this.#taken[kind] as number) - 1;
  }

  /**
   * Whether a call that waits has no hope left in this state, which `action` has just led to. `taken` is the call
   * of it, or −1, and still in the list. Looks at the open calls and at the next one that will wait.
   */
  isHopeless(state: number, action: number, taken: number, firstReturn: number): boolean {
    const { list, definiteAction } = this.#problem;
    const part = this.#part[action] as number;
    for (let entry = list.next[0] as number; entry !== firstReturn; entry = list.next[entry] as number) {
      const call = list.callAt[entry] as number;
      if (call === taken) continue;
      const waiting = definiteAction[call] as number;
      if (this.#part[waiting] === part && this.#isLost(state, call, waiting)) return true;
    }
    const next = this.#nextWaiting(part, this.#callsBefore[firstReturn] as number);
    return next >= 0 && this.#isLost(state, next, definiteAction[next] as number);
  }

  /** A call that waits for what no call serves and the beginning does not hold; −1 for none. */
  findImpossible(): number {
    return this.#problem.definiteAction.findIndex((action, call) => this.#isLost(0, call, action));
  }

  /** The action serves what the other waits for. */
  helps(action: number, waiting: number): boolean {
    return this.#needs[waiting]?.includes(this.#serves[action] as number) === true;
  }

  /** The first index behind `index` of an indefinite action that can be of use; −1 if there is none. */
  nextUseful(index: number, firstReturn: number): number {
    let next = firstAbove(this.#always, index);
    if (this.#byKind.size === 0) return next;
    const { list, definiteAction } = this.#problem;
    for (let entry = list.next[0] as number; entry !== firstReturn; entry = list.next[entry] as number) {
      const needs = this.#needs[definiteAction[list.callAt[entry] as number] as number];
      for (const kind of needs ?? []) {
        const found = firstAbove(this.#byKind.get(kind) ?? [], index);
        if (found >= 0 && (next < 0 || found < next)) next = found;
      }
    }
    return next;
  }

  #isLost(state: number, call: number, action: number): boolean {
    const needs = this.#needs[action];
    if (needs === null || needs === undefined || this.#problem.isOptional[call] === 1) return false;
    let left = this.#servers[call] as number;
    for (const kind of needs) left -= this.#taken[kind] as number;
    if (left > 0) return false;
    const { actions } = this.#problem;
    return !this.#foresight.isWithin(this.#states.state(state), actions[action] as Action);
  }

  #nextWaiting(part: number, from: number): number {
    const waiting = this.#waiting.get(part);
    if (waiting === undefined) return -1;
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((waiting[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    return waiting[low] ?? -1;
  }

  #countServers(kindCount: number): Int32Array {
    const { starts, ends, indefiniteStarts, definiteAction, indefiniteAction } = this.#problem;
    const startsOf: number[][] = Array.from({ length: kindCount }, () => []);
    const note = (action: number, start: number): void => {
      const kind = this.#serves[action] as number;
      if (kind >= 0) startsOf[kind]?.push(start);
    };
    for (const [call, action] of definiteAction.entries()) note(action, starts[call] as number);
    for (const [number, action] of indefiniteAction.entries()) {
      note(action, indefiniteStarts[number] as number);
    }
    const sorted = startsOf.map((list) => Float64Array.from(list).sort());
    return definiteAction.map((action, call) =>
      (this.#needs[action] ?? []).reduce(
        (sum, kind) => sum + countUpTo(sorted[kind] as Float64Array, ends[call] as number),
        0,
      ),
    );
  }

  #findWaiting(): Map<number, Int32Array> {
    const { definiteAction, isOptional } = this.#problem;
    const found = new Map<number, number[]>();
    for (const [call, action] of definiteAction.entries()) {
      if (this.#needs[action] === null || isOptional[call] === 1) continue;
      const part = this.#part[action] as number;
      const calls = found.get(part);
      if (calls === undefined) found.set(part, [call]);
      else calls.push(call);
    }
    return new Map([...found].map(([part, calls]) => [part, Int32Array.from(calls)]));
  }
}

function countCallsBefore(callAt: Int32Array): Int32Array {
  let calls = 0;
  return callAt.map((call) => (call >= 0 ? calls++ : calls));
}

function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(sorted: readonly number[], bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= bound) low = middle + 1;
    else high = middle;
  }
  return sorted[low] ?? -1;
}
