// The definition of linearizability, word for word and without a thought for speed: some order of the calls, those
// in doubt at will. What failed once is not tried again, or long histories would take for ever.

import type { SearchCall } from '../../../checkers/linearizability/search.ts';
import type { AnyModel } from '../../../checkers/models/model.ts';

type AnyCall = SearchCall<unknown>;

export function isLinearizable(model: AnyModel, calls: readonly AnyCall[]): boolean {
  const failed = new Set<string>();

  const hasOrder = (left: readonly AnyCall[], state: unknown): boolean => {
    if (left.every(mayBeMissing)) return true;
    const place = `${left.map((call) => calls.indexOf(call)).join()} ${model.key(state)}`;
    if (failed.has(place)) return false;
    const found = left.some((call) => {
      // Whoever ended before this one began would come too late after it.
      const late = left.filter(({ end }) => end < call.start);
      if (!late.every(mayBeMissing)) return false;
      const next = model.step(state, call.action);
      const rest = left.filter((other) => other !== call && !late.includes(other));
      return next !== undefined && hasOrder(rest, next);
    });
    if (!found) failed.add(place);
    return found;
  };

  return hasOrder(calls, model.initial);
}

function mayBeMissing({ end, isOptional }: AnyCall): boolean {
  return end === Infinity || isOptional === true;
}
