// A text under a key: get, put and append, beginning empty. Keys are independent, so each key is judged as
// its own object and the model knows one text only.

import type { Call } from '../../harness/history/pairing.ts';
import type { Model } from './model.ts';
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
};

function completedText(call: Call): string {
  return textOf(call, call.completion?.value);
}

function textOf(call: Call, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ModelError('kv', call, 'a text as value');
}
