// `ordeal export`: a history in any format that is read here, as Jepsen EDN.

import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatJepsenEdn } from '../../history/formats/format-edn.ts';
import { historyFormats, readHistory } from '../../history/formats/read-history.ts';
import type { HistoryFormat } from '../../history/formats/read-history.ts';
import { HistoryError } from '../../history/history-error.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { runFiles } from '../../run/run-folder.ts';
import { print, printError } from '../output.ts';
import { requireKnown, UsageError } from '../usage.ts';

export interface ExportArguments {
  readonly format?: string;
}

export function exportCommand(file: string, to: string, given: ExportArguments): number {
  const format = given.format ?? 'auto';
  requireKnown(format, { kind: 'format', known: ['auto', ...historyFormats] });
  const isFolder = existsSync(file) && statSync(file).isDirectory();
  const path = isFolder ? join(file, runFiles.history) : file;
  const text = formatJepsenEdn(read(path, format === 'auto' ? null : (format as HistoryFormat)));
  if (to === '-') {
    print(text);
    return exitCodes.passed;
  }
  try {
    writeFileSync(to, text);
  } catch (error) {
    throw new UsageError(`${to}: ${error instanceof Error ? error.message : String(error)}`);
  }
  printError(`${to} written`);
  return exitCodes.passed;
}

function read(path: string, format: HistoryFormat | null): Parameters<typeof formatJepsenEdn>[0] {
  try {
    return readHistory(path, format).history;
  } catch (error) {
    throw error instanceof HistoryError ? new UsageError(error.message) : error;
  }
}
