// The models by name, for `ordeal check --model` and `ordeal list models`.

import type { HistoryFormat } from '../../harness/history/formats/read-history.ts';
import { counter } from './counter.ts';
import { kv } from './kv.ts';
import { lock } from './lock.ts';
import type { AnyModel } from './model.ts';
import { multiRegister } from './multi-register.ts';
import { queue } from './queue.ts';
import { casRegister, register } from './register.ts';
import { set } from './set.ts';
import { znode } from './znode.ts';
import { znodeRegister } from './znode-register.ts';

// States and actions go back only into the model that they came from, so hiding their types is safe.
export const models: readonly AnyModel[] = [
  register,
  casRegister,
  multiRegister,
  kv,
  set,
  queue,
  lock,
  counter,
  znode,
  znodeRegister,
];

export function findModel(name: string): AnyModel | undefined {
  return models.find((model) => model.name === name);
}

/** What a format's histories are usually about. */
export const defaultModels: Readonly<Record<HistoryFormat, string>> = {
  ordeal: 'znode-register',
  'jepsen-edn': 'cas-register',
  'jepsen-log': 'cas-register',
  'porcupine-kv': 'kv',
};
