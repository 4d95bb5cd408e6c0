// Numbers the states and the actions of a model as they are met, so that the search handles small integers, and
// remembers the latest transitions: a step of a model is often dearer than all the rest of a step of the search.

import type { Model } from '../models/model.ts';

/** What a state costs beside its text: an entry of a map, an object, a slot. */
const bytesPerState = 160;

/** A power of two. Transitions that fall on one slot push each other out: a miss costs one step of the model. */
const slots = 1 << 12;

export class StateTable<State, Action> {
  readonly #model: Model<State, Action>;
  readonly #actions: readonly Action[];
  readonly #merge: (state: State) => State;
  readonly #states: State[] = [];
  readonly #numbers = new Map<string | number, number>();
  readonly #from = new Int32Array(slots).fill(-1);
  readonly #by = new Int32Array(slots);
  readonly #to = new Int32Array(slots);
  #bytes = 12 * slots;

  /** The initial state has number 0. */
  constructor(
    model: Model<State, Action>,
    actions: readonly Action[],
    merge: (state: State) => State = (state) => state,
  ) {
    this.#model = model;
    this.#actions = actions;
    this.#merge = merge;
    this.#number(merge(model.initial));
  }

  /** An estimate; the engine does not tell. */
  get bytes(): number {
    return this.#bytes;
  }

  state(number: number): State {
    return this.#states[number] as State;
  }

  /** Number of the state that the action leads to; −1 where it is impossible. */
  step(state: number, action: number): number {
    const slot = (Math.imul(state, 0x9e3779b1) ^ Math.imul(action, 0x85ebca6b)) >>> 20;
    if (this.#from[slot] === state && this.#by[slot] === action) return this.#to[slot] as number;
    const next = this.#ask(state, action);
    this.#from[slot] = state;
    this.#by[slot] = action;
    this.#to[slot] = next;
    return next;
  }

  #ask(number: number, action: number): number {
    const state = this.#states[number] as State;
    const next = this.#model.step(state, this.#actions[action] as Action);
    if (next === undefined) return -1;
    return next === state ? number : this.#number(this.#merge(next));
  }

  #number(state: State): number {
    const key = this.#model.key(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.length;
    this.#states.push(state);
    this.#numbers.set(key, number);
    this.#bytes += bytesPerState + (typeof key === 'string' ? 4 * key.length : 0);
    return number;
  }
}
