// Jepsen's own `history.edn`: one map per operation, alone on its line or inside one vector. Entries without
// `:time` get their position as time, so that order alone counts.

import { errorAtLine, showValue } from '../history-error.ts';
import type { Operation } from '../operation.ts';
import type { Edn } from './edn.ts';
import { isEdnMap, isKeyword, readForms, toPlain } from './edn.ts';
import { parseOperationType } from './operation-type.ts';

export function parseJepsenEdn(text: string, file: string): Operation[] {
  const forms = readForms(text, file);
  const fields = forms.map(({ form, line }) => {
    if (!isEdnMap(form)) {
      throw errorAtLine(file, line, `expected an operation as a map, found ${showValue(toPlain(form))}`);
    }
    return form.map;
  });
  const hasTimes = fields.every((map) => typeof map.get('time') === 'number');
  return fields.map((map, index) => {
    const line = forms[index]?.line ?? 0;
    const type = parseOperationType(nameOf(map.get('type')), file, line);
    const f = nameOf(map.get('f'));
    if (f === '') throw errorAtLine(file, line, 'expected :f, the name of the operation');
    const error = map.get('error');
    return {
      index,
      time: hasTimes ? (map.get('time') as number) : index,
      process: parseProcess(map.get('process'), file, line),
      type,
      f,
      value: toPlain(map.get('value') ?? null),
      ...(error === undefined || error === null ? {} : { error: errorText(error) }),
      ...ownFields(map),
    };
  });
}

/** What Ordeal alone records and exports. */
function ownFields(map: ReadonlyMap<string, Edn>): Partial<Operation> {
  const numbers = (['zxid', 'version', 'server'] as const).flatMap((name) => {
    const value = map.get(name);
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  const session = map.get('session');
  return { ...Object.fromEntries(numbers), ...(typeof session === 'string' ? { session } : {}) };
}

function parseProcess(form: Edn | undefined, file: string, line: number): Operation['process'] {
  if (typeof form === 'number' && Number.isInteger(form)) return form;
  if (nameOf(form) === 'nemesis') return 'nemesis';
  throw errorAtLine(
    file,
    line,
    `:process: expected a number or :nemesis, found ${showValue(toPlain(form ?? null))}`,
  );
}

function nameOf(form: Edn | undefined): string {
  if (isKeyword(form)) return form.keyword;
  return typeof form === 'string' ? form : '';
}

function errorText(form: Edn): string {
  const plain = toPlain(form);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
