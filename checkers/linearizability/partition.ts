// Splits the calls of a history by the object that they are about. An object is linearizable exactly when each of
// its independent keys is (Herlihy and Wing's locality), and small searches are the fast ones.

import type { Call } from '../../harness/history/pairing.ts';
import { keyOfPair } from '../models/keyed.ts';
import type { AnyModel } from '../models/model.ts';

/** The calls of each key, without the key; one part alone when the calls carry no keys. */
export function partitionByKey(calls: readonly Call[], model: AnyModel): Map<string, Call[]> {
  if (model.keyOf === undefined && !looksKeyed(calls)) return new Map([[model.name, [...calls]]]);
  const parts = new Map<string, Call[]>();
  for (const whole of calls) {
    const keyed = model.keyOf === undefined ? keyOfPair(whole) : model.keyOf(whole);
    const { key, call } = keyed ?? { key: model.name, call: whole };
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [call]);
    else part.push(call);
  }
  return parts;
}

/**
 * Foreign histories do not say whether they have keys. No object here holds pairs, so a history in which every
 * write and every answered read is about a pair is one of several keys.
 */
function looksKeyed(calls: readonly Call[]): boolean {
  let pairs = 0;
  for (const call of calls) {
    const value = call.f === 'write' ? call.invocation.value : call.completion?.value;
    if (call.f !== 'write' && !(call.f === 'read' && call.outcome === 'ok')) continue;
    if (!Array.isArray(value) || value.length !== 2) return false;
    pairs++;
  }
  return pairs > 0;
}
