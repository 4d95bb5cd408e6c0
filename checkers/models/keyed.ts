// Calls about one of several independent objects: the key stands before the value, as in Jepsen.

import type { Call } from '../../harness/history/pairing.ts';
import { describeValue } from '../describe.ts';

/** `[key, value]`, as Jepsen's independent keys are written. */
export function keyOfPair(call: Call): { readonly key: string; readonly call: Call } {
  const pair: unknown = call.invocation.value;
  const key: unknown = Array.isArray(pair) ? pair[0] : pair;
  return { key: typeof key === 'string' ? key : describeValue(key), call: withoutKey(call) };
}

function withoutKey(call: Call): Call {
  const { invocation, completion } = call;
  return {
    ...call,
    invocation: { ...invocation, value: secondOf(invocation.value) },
    completion: completion === null ? null : { ...completion, value: secondOf(completion.value) },
  };
}

function secondOf(pair: unknown): unknown {
  return Array.isArray(pair) && pair.length === 2 ? (pair as readonly unknown[])[1] : pair;
}
