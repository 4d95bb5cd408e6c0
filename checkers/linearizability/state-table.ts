// Numbers the states of a model as they are met, so that the search handles small integers.

import type { Model } from '../models/model.ts';

/** What a state costs beside its text: an entry of a map, an object, a slot. */
const bytesPerState = 160;

export class StateTable<State, Action> {
  readonly #model: Model<State, Action>;
  readonly #states: State[] = [];
  readonly #numbers = new Map<string | number, number>();
  #bytes = 0;

  constructor(model: Model<State, Action>) {
    this.#model = model;
    this.number(model.initial);
  }

  /** An estimate; the engine does not tell. */
  get bytes(): number {
    return this.#bytes;
  }

  state(number: number): State {
    return this.#states[number] as State;
  }

  /** Number of the state that the action leads to; −1 where it is impossible. */
  step(number: number, action: Action): number {
    const state = this.state(number);
    const next = this.#model.step(state, action);
    if (next === undefined) return -1;
    return next === state ? number : this.number(next);
  }

  number(state: State): number {
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
