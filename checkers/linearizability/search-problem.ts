// The calls of one object, made ready for the search once: sorted, numbered, equal actions told, and all that can
// be known beforehand in typed arrays. Definite calls (those with an end) and indefinite ones are numbered apart,
// both in the order of their starts.

import type { Model } from '../models/model.ts';
import type { Interval } from './entry-list.ts';
import { EntryList } from './entry-list.ts';

/** A call as the search sees it. An end of Infinity: it may take effect at any later time, or never. */
export interface SearchCall<Action> extends Interval {
  readonly action: Action;
  /** It may be left out although it has an end. */
  readonly isOptional?: boolean;
}

export class SearchProblem<State, Action> {
  /** Positions in the list given. */
  readonly definite: Int32Array;
  readonly indefinite: Int32Array;
  /** Distinct actions, and the number of each call's. Optional calls have actions of their own. */
  readonly actions: readonly Action[];
  readonly definiteAction: Int32Array;
  readonly indefiniteAction: Int32Array;
  readonly isRead: Uint8Array;
  readonly isOptional: Uint8Array;
  readonly list: EntryList;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly indefiniteStarts: Float64Array;
  /** Of each definite call: the one with the same action that returns just before it; −1 for the first. */
  readonly earlierTwin: Int32Array;
  /** Of each indefinite call: the first entry after its start. */
  readonly opensAt: Int32Array;
  /** Of each distinct indefinite action: its calls, earliest first, from `firstOf` on in `byAction`. */
  readonly indefiniteActions: Int32Array;
  readonly firstOf: Int32Array;
  readonly byAction: Int32Array;

  constructor(model: Model<State, Action>, calls: readonly SearchCall<Action>[]) {
    const order = sortedByStart(calls);
    const numbers = new ActionNumbers<Action>();
    const actionOf = Int32Array.from(calls, (call) => numbers.number(call));
    this.actions = numbers.actions;
    this.isRead = Uint8Array.from(this.actions, (action) => (model.isRead(action) ? 1 : 0));

    // A read that may be left out, or never ended, binds nothing.
    const binds = (position: number): boolean =>
      this.isRead[actionOf[position] as number] === 0 ||
      (endOf(calls, position) < Infinity && calls[position]?.isOptional !== true);
    const binding = order.filter(binds);
    this.definite = binding.filter((position) => endOf(calls, position) < Infinity);
    this.indefinite = binding.filter((position) => endOf(calls, position) === Infinity);
    this.definiteAction = this.definite.map((position) => actionOf[position] as number);
    this.indefiniteAction = this.indefinite.map((position) => actionOf[position] as number);
    this.isOptional = Uint8Array.from(this.definite, (position) =>
      calls[position]?.isOptional === true ? 1 : 0,
    );
    const starts = Float64Array.from(this.definite, (position) => calls[position]?.start ?? 0);
    const ends = Float64Array.from(this.definite, (position) => endOf(calls, position));
    this.list = new EntryList(starts, ends);

    this.earlierTwin = findTwins(this.definiteAction, this.list);
    this.starts = starts;
    this.ends = ends;
    this.indefiniteStarts = Float64Array.from(this.indefinite, (position) => calls[position]?.start ?? 0);
    this.opensAt = findOpenings(this.indefiniteStarts, ends, this.list);
    const groups = groupByAction(this.indefiniteAction);
    this.indefiniteActions = Int32Array.from(groups.keys());
    this.byAction = Int32Array.from([...groups.values()].flat());
    this.firstOf = new Int32Array(groups.size + 1);
    for (const [index, group] of [...groups.values()].entries()) {
      this.firstOf[index + 1] = (this.firstOf[index] as number) + group.length;
    }
  }
}

/** Equal actions get equal numbers: the search need not try two calls that are alike. */
class ActionNumbers<Action> {
  readonly actions: Action[] = [];
  readonly #numbers = new Map<string, number>();

  number({ action, isOptional }: SearchCall<Action>): number {
    const text = `${isOptional === true ? '?' : ''}${JSON.stringify(action)}`;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.actions.length);
    return this.actions.push(action) - 1;
  }
}

function sortedByStart(calls: readonly Interval[]): Int32Array {
  const order = Int32Array.from(calls, (_, position) => position);
  const isSorted = calls.every(
    (call, position) => position === 0 || (calls[position - 1]?.start ?? 0) <= call.start,
  );
  if (isSorted) return order;
  return order.sort((a, b) => (calls[a]?.start ?? 0) - (calls[b]?.start ?? 0) || a - b);
}

function endOf(calls: readonly Interval[], position: number): number {
  return calls[position]?.end ?? Infinity;
}

function findTwins(actionOf: Int32Array, list: EntryList): Int32Array {
  const twins = new Int32Array(actionOf.length);
  const last = new Map<number, number>();
  for (let entry = 1; entry < list.returnAt.length; entry++) {
    const call = list.returnAt[entry] as number;
    if (call < 0) continue;
    const action = actionOf[call] as number;
    twins[call] = last.get(action) ?? -1;
    last.set(action, call);
  }
  return twins;
}

/** The first entry that does not precede the start: the call is a candidate once the first return is not before it. */
function findOpenings(starts: Float64Array, ends: Float64Array, list: EntryList): Int32Array {
  const openings = new Int32Array(starts.length);
  let entry = 1;
  for (const [number, start] of starts.entries()) {
    while (entry < list.returnAt.length) {
      const call = list.returnAt[entry] as number;
      if (call >= 0 && (ends[call] as number) >= start) break;
      entry++;
    }
    openings[number] = entry;
  }
  return openings;
}

function groupByAction(actionOf: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const [number, action] of actionOf.entries()) {
    const group = groups.get(action);
    if (group === undefined) groups.set(action, [number]);
    else group.push(number);
  }
  return groups;
}
