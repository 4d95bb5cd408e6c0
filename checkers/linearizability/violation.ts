// What to say of a history that is not linearizable: the call that cannot follow, the longest order before it, the
// states that were possible there, and the core: the fewest calls that contradict each other whatever became of
// the others. All of it is found by searches of their own, with other fingerprints, so the violation is proven
// more than once.

import type { Model } from '../models/model.ts';
import { withoutForesight } from '../models/model.ts';
import type { SearchBudget, SearchCall, SearchResult } from './search.ts';
import { searchLinearization } from './search.ts';

export interface Violation<State> {
  readonly type: 'not-linearizable';
  /** The longest order found; every call that ended before `blocked` did is in it. */
  readonly prefix: readonly number[];
  /** The call that can stand nowhere after the prefix: what came before it has an order, with it there is none. */
  readonly blocked: number;
  /** States that such prefixes end in. */
  readonly states: readonly State[];
  /** False: there are more, or the search for them was cut short. */
  readonly areAllStates: boolean;
  /** Calls that have no order even if each other call took place or did not; null when it was not found in time. */
  readonly core: readonly number[] | null;
  readonly configurations: number;
}

/** Of each search for an explanation. Counted in steps, so that equal histories are explained alike. */
const mostSteps = { firstFailing: 500_000, states: 100_000, core: 20_000 };
/** Trials times calls: what looking for a core may cost in all. */
const mostCallsTried = 2_000_000;
const mostTrials = 300;
const mostStates = 16;

/** Null: the violation is not confirmed, the search had mistaken one configuration for another. */
export function explainViolation<State, Action>(
  model: Model<State, Action>,
  calls: readonly SearchCall<Action>[],
  found: Extract<SearchResult<State>, { type: 'not-linearizable' }>,
  limits: SearchBudget,
): Violation<State> | null {
  const deadlineMs = limits.nowMs() + limits.timeMs;
  const { memoryBytes, nowMs } = limits;
  const budgetOf = (steps: number): SearchBudget => ({
    memoryBytes,
    nowMs,
    steps,
    timeMs: Math.max(0, deadlineMs - limits.nowMs()),
  });
  const cuts = new Prefixes(calls);
  const cut = findFirstFailing(model, cuts, found, () => budgetOf(mostSteps.firstFailing));
  if (cut === null) return null;
  const blocked = cuts.returning(cut);
  const before = describeBefore(model, cuts, { cut, found }, budgetOf(mostSteps.states));
  const core = findCore(model, cuts.upTo(cut), blocked, () => budgetOf(mostSteps.core));
  return { type: 'not-linearizable', ...before, blocked, core, configurations: found.configurations };
}

/** The history as it was at each return: what had not returned is in doubt, what had not begun is not there. */
class Prefixes<Action> {
  readonly #calls: readonly SearchCall<Action>[];
  /** Positions of the calls with an end, in the order of their ends. */
  readonly #byEnd: readonly number[];

  constructor(calls: readonly SearchCall<Action>[]) {
    this.#calls = calls;
    this.#byEnd = [...calls.keys()]
      .filter((position) => (calls[position]?.end ?? Infinity) < Infinity)
      .sort((one, other) => this.#endOf(one) - this.#endOf(other));
  }

  get count(): number {
    return this.#byEnd.length;
  }

  returning(cut: number): number {
    return this.#byEnd[cut] as number;
  }

  cutOf(position: number): number {
    return this.#byEnd.indexOf(position);
  }

  /** The calls begun by the return with this number, with their positions. */
  upTo(cut: number): Positioned<Action>[] {
    const end = cut < 0 ? -Infinity : this.#endOf(this.returning(cut));
    const returned = new Set(this.#byEnd.slice(0, cut + 1));
    return this.#calls.flatMap((call, position) => {
      if (call.start > end) return [];
      return [{ ...call, position, end: returned.has(position) ? call.end : Infinity }];
    });
  }

  #endOf(position: number): number {
    return this.#calls[position]?.end ?? Infinity;
  }
}

interface Positioned<Action> extends SearchCall<Action> {
  readonly position: number;
}

/** Linearizability is closed under prefixes: the first return at which there is no order any more. */
function findFirstFailing<State, Action>(
  model: Model<State, Action>,
  cuts: Prefixes<Action>,
  found: Extract<SearchResult<State>, { type: 'not-linearizable' }>,
  budget: () => SearchBudget,
): number | null {
  const fails = (cut: number): boolean => {
    const { type } = searchLinearization(model, cuts.upTo(cut), budget(), 1);
    return type === 'not-linearizable';
  };
  // Every return before this one was passed by some order.
  let low = Math.max(0, cuts.cutOf(found.blocked));
  let step = 1;
  while (low + step - 1 < cuts.count - 1 && !fails(low + step - 1)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step - 1, cuts.count - 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (fails(middle)) high = middle;
    else low = middle + 1;
  }
  // A search that ran out of time counts as one that found an order, so this may be late, never early.
  const last = searchLinearization(model, cuts.upTo(low), budget(), 1);
  return last.type === 'linearizable' && low === cuts.count - 1 ? null : low;
}

/** Every state in which the call was refused; without foresight, which would turn back before them. */
function describeBefore<State, Action>(
  model: Model<State, Action>,
  cuts: Prefixes<Action>,
  { cut, found }: { cut: number; found: Extract<SearchResult<State>, { type: 'not-linearizable' }> },
  budget: SearchBudget,
): Pick<Violation<State>, 'prefix' | 'states' | 'areAllStates'> {
  const failing = cuts.upTo(cut);
  const result = searchLinearization(withoutForesight(model), failing, budget, 2);
  if (result.type === 'not-linearizable' && failing[result.blocked]?.position === cuts.returning(cut)) {
    const { prefix, states } = result;
    return {
      prefix: positionsOf(prefix, failing),
      states,
      areAllStates: states.length < mostStates,
    };
  }
  const before = cuts.upTo(cut - 1);
  const order = searchLinearization(model, before, budget, 2);
  if (order.type !== 'linearizable') return { prefix: found.prefix, states: [], areAllStates: false };
  const end = order.order.reduce((state: State, place) => {
    const next = model.step(state, before[place]?.action as Action);
    return next === undefined ? state : next;
  }, model.initial);
  return { prefix: positionsOf(order.order, before), states: [end], areAllStates: false };
}

function positionsOf<Action>(places: readonly number[], calls: readonly Positioned<Action>[]): number[] {
  return places.map((place) => calls[place]?.position as number);
}

/**
 * Leaving a call out proves nothing, as another may have been possible through it alone. So what is not in the core
 * becomes optional in its own time, and the core has no order in any of these histories.
 */
function findCore<State, Action>(
  model: Model<State, Action>,
  calls: readonly Positioned<Action>[],
  blocked: number,
  budget: () => SearchBudget,
): number[] | null {
  let trials = Math.min(mostTrials, mostCallsTried / calls.length);
  const fails = (kept: ReadonlySet<number>): boolean => {
    if (trials-- < 1) return false;
    const trial = calls.flatMap((call) => {
      if (kept.has(call.position)) return [call];
      return model.isRead(call.action) ? [] : [{ ...call, isOptional: true }];
    });
    return searchLinearization(model, trial, budget(), 3).type === 'not-linearizable';
  };
  const latest = calls
    .filter(({ end }) => end < Infinity)
    .sort((one, other) => other.end - one.end)
    .map(({ position }) => position)
    .filter((position) => position !== blocked);
  for (let size = 2; ; size *= 4) {
    const kept = [blocked, ...latest.slice(0, size)];
    if (fails(new Set(kept))) return reduce(kept, fails).sort((one, other) => one - other);
    if (size >= latest.length) return null;
  }
}

/** Takes out ever smaller pieces for as long as what is left still fails. */
function reduce(all: readonly number[], fails: (kept: ReadonlySet<number>) => boolean): number[] {
  let kept = [...all];
  for (let size = Math.ceil(kept.length / 2); ; size = Math.ceil(size / 2)) {
    let removed = false;
    for (let from = kept.length - size; from > -size; from -= size) {
      const rest = kept.filter((_, index) => index < from || index >= from + size);
      if (rest.length > 0 && rest.length < kept.length && fails(new Set(rest))) {
        kept = rest;
        removed = true;
      }
    }
    if (size === 1 && !removed) return kept;
  }
}
