// Several independent objects searched as one: the state holds the state of each, an action is about one of them.
// It is never needed, as objects are judged one by one, but it shows what a search is worth where the parts of a
// state cannot be told apart, and it is how other checkers are measured.

import type { AnyModel, Foresight, Model } from './model.ts';

interface WholeState {
  /** Number of the state of each part. */
  readonly parts: readonly number[];
}

interface WholeAction {
  readonly part: number;
  readonly action: unknown;
}

/** `model` tells its keys with `keyOf`. */
export function wholeOf(model: AnyModel): Model<WholeState, WholeAction> {
  const keys = new Map<string, number>();
  const states = new Numbered(model);
  const initial = states.number(model.initial);
  const partOf = (whole: WholeState, part: number): unknown => states.at(whole.parts[part] ?? initial);
  return {
    name: model.name,
    description: model.description,
    initial: { parts: [] },
    action(whole) {
      const { key, call } = model.keyOf?.(whole) ?? { key: '', call: whole };
      const action = model.action(call);
      if (action === null) return null;
      const part = keys.get(key) ?? keys.size;
      keys.set(key, part);
      return { part, action };
    },
    isRead: ({ action }) => model.isRead(action),
    step(whole, { part, action }) {
      const state = partOf(whole, part);
      const next = model.step(state, action);
      if (next === undefined || next === state) return next === undefined ? undefined : whole;
      return withPart(whole, part, states.number(next));
    },
    key: ({ parts }) => parts.join(),
    describeState: (whole) =>
      [...keys].map(([key, part]) => `${key}: ${model.describeState(partOf(whole, part))}`).join(', '),
    describeAction: ({ action, part }) => `${[...keys.keys()][part]}: ${model.describeAction(action)}`,
    keyOf: (call) => ({ key: 'all keys', call }),
    ...(model.foresee === undefined ? {} : { foresee }),
  };

  function withPart({ parts }: WholeState, part: number, number: number): WholeState {
    return {
      parts: Array.from({ length: keys.size }, (_, each) =>
        each === part ? number : (parts[each] ?? initial),
      ),
    };
  }

  function foresee(actions: readonly WholeAction[]): Foresight<WholeState, WholeAction> {
    const views = Array.from({ length: keys.size }, (_, part) =>
      model.foresee?.(actions.filter((each) => each.part === part).map(({ action }) => action)),
    );
    return {
      needs: ({ part, action }) => views[part]?.needs(action)?.map((need) => `${part} ${need}`) ?? null,
      serves({ part, action }) {
        const need = views[part]?.serves(action) ?? null;
        return need === null ? null : `${part} ${need}`;
      },
      isWithin: (whole, { part, action }) => views[part]?.isWithin(partOf(whole, part), action) ?? true,
      isBlind: () => false,
      isMemoryless: false,
      part: ({ part }) => part,
      merge: (whole) => ({
        parts: views.map((view, part) => {
          const state = partOf(whole, part);
          return states.number(view?.merge?.(state) ?? state);
        }),
      }),
    };
  }
}

class Numbered {
  readonly #model: AnyModel;
  readonly #states: unknown[] = [];
  readonly #numbers = new Map<string | number, number>();

  constructor(model: AnyModel) {
    this.#model = model;
  }

  number(state: unknown): number {
    const key = this.#model.key(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#states.length);
    return this.#states.push(state) - 1;
  }

  at(number: number): unknown {
    return this.#states[number];
  }
}
