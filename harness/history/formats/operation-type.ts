// The four types of a history entry as foreign formats write them.

import { errorAtLine, showValue } from '../history-error.ts';
import type { OperationType } from '../operation.ts';

export function parseOperationType(text: string, file: string, line: number): OperationType {
  if (text === 'invoke' || text === 'ok' || text === 'fail' || text === 'info') return text;
  throw errorAtLine(file, line, `type: expected invoke, ok, fail or info, found ${showValue(text)}`);
}
