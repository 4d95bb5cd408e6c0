// A text under a key: get, put and append, beginning empty. Keys are independent, so each key is judged as
// its own object and the model knows one text only.

import type { Call } from '../../harness/history/pairing.ts';
import { keyOfPair } from './keyed.ts';
import type { Foresight, Model } from './model.ts';
import { ModelError } from './model.ts';

export interface KvAction {
  readonly type: 'get' | 'put' | 'append';
  readonly text: string;
}

export const kv: Model<string, KvAction> = {
  name: 'kv',
  description: 'get, put and append of a text under each of several keys',
  initial: '',
  action(call) {
    if (call.f === 'get') return call.outcome === 'ok' ? { type: 'get', text: completedText(call) } : null;
    if (call.f === 'put' || call.f === 'append') {
      return { type: call.f, text: textOf(call, call.invocation.value) };
    }
    throw new ModelError('kv', call, 'get, put or append');
  },
  isRead: ({ type, text }) => type === 'get' || (type === 'append' && text === ''),
  step(state, { type, text }) {
    if (type === 'get') return text === state ? state : undefined;
    return type === 'put' ? text : state + text;
  },
  key: (state) => state,
  describeState: (state) => `text ${JSON.stringify(state)}`,
  describeAction: ({ type, text }) => `${type} ${JSON.stringify(text)}`,
  keyOf: keyOfPair,
  foresee,
};

/** Appends only lengthen a text, so a get needs one that its own begins with: as it is now, or from a put. */
function foresee(actions: readonly KvAction[]): Foresight<string, KvAction> {
  const puts = new Set(actions.filter(({ type }) => type === 'put').map(({ text }) => text));
  const lengths = [...new Set([...puts].map((text) => text.length))];
  const gets = actions.filter(({ type }) => type === 'get').map(({ text }) => text);
  gets.sort((one, other) => (one < other ? -1 : 1));
  const unread = `${gets.at(-1) ?? ''}\u0000`;
  return {
    needs: ({ type, text }) => (type === 'get' ? beginnings(text).filter((part) => puts.has(part)) : null),
    serves: ({ type, text }) => (type === 'put' ? text : null),
    isWithin: (state, { text }) => text.startsWith(state),
    isBlind: ({ type }) => type === 'put',
    isMemoryless: false,
    merge: (state) => (isBeginning(state) ? state : unread),
  };

  /** Of a text that some get saw. */
  function isBeginning(text: string): boolean {
    let low = 0;
    let high = gets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((gets[middle] as string) < text) low = middle + 1;
      else high = middle;
    }
    return gets[low]?.startsWith(text) === true;
  }

  function beginnings(text: string): string[] {
    return lengths.filter((length) => length <= text.length).map((length) => text.slice(0, length));
  }
}

function completedText(call: Call): string {
  return textOf(call, call.completion?.value);
}

function textOf(call: Call, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ModelError('kv', call, 'a text as value');
}
