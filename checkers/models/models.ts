// The models by name, for `ordeal check --model` and `ordeal list models`.

import type { HistoryFormat } from '../../harness/history/formats/read-history.ts';
import { kv } from './kv.ts';
import type { Model } from './model.ts';
import { casRegister, register } from './register.ts';
import { znodeRegister } from './znode-register.ts';

/** A model whose states and actions only the model itself looks at. */
export type AnyModel = Model<unknown, unknown>;

// States and actions go back only into the model that they came from, so hiding their types is safe.
export const models: readonly AnyModel[] = [register, casRegister, kv, znodeRegister];

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
