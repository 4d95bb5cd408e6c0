// The operations that Jepsen prints to its log: `INFO  jepsen.util - 3	:invoke	:write	4`, or `… jepsen.util: 3 …` by
// later versions. Other lines are the rest of the log and are passed over. The lines carry no usable clock, so position is time.

import { HistoryError } from '../history-error.ts';
import type { Operation } from '../operation.ts';
import { isKeyword, readForms, toPlain } from './edn.ts';
import { parseOperationType } from './operation-type.ts';

const operationLine =
  /jepsen\.util(?: -|:) (:?[\w-]+)[ \t]+:(invoke|ok|fail|info)[ \t]+:([^\s]+)[ \t]*([^\t\n]*)(?:\t(.*))?$/;

export function parseJepsenLog(text: string, file: string): Operation[] {
  const history: Operation[] = [];
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    const found = operationLine.exec(content.trimEnd());
    if (found === null) continue;
    const [, process = '', type = '', f = '', value = 'nil', error] = found;
    const index = history.length;
    history.push({
      index,
      time: index,
      process: /^\d+$/.test(process) ? Number(process) : 'nemesis',
      type: parseOperationType(type, file, line),
      f,
      ...parseOutcome(value, error, `${file}:${line}`),
    });
  }
  if (history.length === 0) {
    throw new HistoryError(`${file}: expected lines such as "jepsen.util - 3 :invoke :write 4", found none`);
  }
  return history;
}

/** A keyword in the place of a value is the reason of a failure: `:info :write :timed-out`. */
function parseOutcome(
  value: string,
  error: string | undefined,
  place: string,
): Pick<Operation, 'value' | 'error'> {
  const form = readValue(value, place);
  const reason = isKeyword(form) ? form.keyword : error;
  return {
    value: isKeyword(form) ? null : toPlain(form),
    ...(reason === undefined ? {} : { error: reason }),
  };
}

function readValue(value: string, place: string): Parameters<typeof toPlain>[0] {
  // The outer brackets keep a bare vector from being unwrapped.
  const forms = readForms(`[${value}]`, place);
  return forms[0]?.form ?? null;
}
