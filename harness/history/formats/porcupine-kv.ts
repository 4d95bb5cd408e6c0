// Key-value histories of Porcupine's test data: one EDN map per line with `:f` get, put or append, a `:key`
// and a `:value`. The key joins the value as Jepsen's independent keys do, `[key, value]`; position is time.

import { errorAtLine, showValue } from '../history-error.ts';
import type { Operation } from '../operation.ts';
import { isEdnMap, isKeyword, readForms, toPlain } from './edn.ts';
import { parseOperationType } from './operation-type.ts';

export function parsePorcupineKv(text: string, file: string): Operation[] {
  return readForms(text, file).map(({ form, line }, index) => {
    if (!isEdnMap(form)) {
      throw errorAtLine(file, line, `expected an operation as a map, found ${showValue(toPlain(form))}`);
    }
    const { map } = form;
    const process = map.get('process');
    const key = map.get('key');
    const f = map.get('f');
    const type = map.get('type');
    if (typeof process !== 'number') throw errorAtLine(file, line, 'expected :process, a number');
    if (typeof key !== 'string') throw errorAtLine(file, line, 'expected :key, a string');
    if (!isKeyword(f)) throw errorAtLine(file, line, 'expected :f, a keyword');
    return {
      index,
      time: index,
      process,
      type: parseOperationType(isKeyword(type) ? type.keyword : '', file, line),
      f: f.keyword,
      value: [key, toPlain(map.get('value') ?? null)],
    };
  });
}
