// The definition of linearizability, word for word and without a thought for speed: some order of the calls, those
// in doubt at will.

import type { SearchCall } from '../../../checkers/linearizability/search.ts';
import type { AnyModel } from '../../../checkers/models/model.ts';

type AnyCall = SearchCall<unknown>;

export function isLinearizable(
  model: AnyModel,
  calls: readonly AnyCall[],
  state: unknown = model.initial,
): boolean {
  if (calls.every(mayBeMissing)) return true;
  return calls.some((call) => {
    // Whoever ended before this one began would come too late after it.
    const late = calls.filter(({ end }) => end < call.start);
    if (!late.every(mayBeMissing)) return false;
    const next = model.step(state, call.action);
    const rest = calls.filter((other) => other !== call && !late.includes(other));
    return next !== undefined && isLinearizable(model, rest, next);
  });
}

function mayBeMissing({ end, isOptional }: AnyCall): boolean {
  return end === Infinity || isOptional === true;
}
