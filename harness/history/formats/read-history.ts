// Reads a history in any of the formats that `ordeal check` knows, and tells which one a text is in.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { HistoryError } from '../history-error.ts';
import { parseHistory } from '../history-file.ts';
import type { Operation } from '../operation.ts';
import { parseJepsenEdn } from './jepsen-edn.ts';
import { parseJepsenLog } from './jepsen-log.ts';
import { parsePorcupineKv } from './porcupine-kv.ts';

export type HistoryFormat = 'ordeal' | 'jepsen-edn' | 'jepsen-log' | 'porcupine-kv';

export const historyFormats: readonly HistoryFormat[] = [
  'ordeal',
  'jepsen-edn',
  'jepsen-log',
  'porcupine-kv',
];

const parsers: Readonly<Record<HistoryFormat, (text: string, file: string) => Operation[]>> = {
  ordeal: parseHistory,
  'jepsen-edn': parseJepsenEdn,
  'jepsen-log': parseJepsenLog,
  'porcupine-kv': parsePorcupineKv,
};

const beginningLength = 4096;

/** Tells the format of a text by its beginning; throws when it looks like none of them. */
export function detectFormat(text: string, file: string): HistoryFormat {
  const start = text.slice(0, beginningLength);
  if (/^\s*\{\s*"/.test(start)) return 'ordeal';
  if (/jepsen\.util(?: -|:) /.test(start)) return 'jepsen-log';
  if (/:process\s/.test(start)) {
    const firstMap = start.slice(0, start.indexOf('}') + 1 || start.length);
    return /:key\s/.test(firstMap) ? 'porcupine-kv' : 'jepsen-edn';
  }
  throw new HistoryError(
    `${file}: expected a history as ${historyFormats.join(', ')}; the beginning looks like none of them: ${JSON.stringify(text.slice(0, 60))}`,
  );
}

export function parseHistoryText(text: string, format: HistoryFormat, file: string): Operation[] {
  return parsers[format](text, file);
}

/** By the beginning of the file alone: it may be very long. */
export function formatOf(file: string): HistoryFormat {
  const beginning = Buffer.alloc(beginningLength);
  try {
    const descriptor = openSync(file, 'r');
    try {
      const count = readSync(descriptor, beginning, 0, beginning.length, 0);
      return detectFormat(beginning.toString('utf8', 0, count), file);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof HistoryError) throw error;
    throw new HistoryError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Reads a file; format null means by its looks. */
export function readHistory(
  file: string,
  format: HistoryFormat | null,
): { readonly format: HistoryFormat; readonly history: Operation[] } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new HistoryError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const found = format ?? detectFormat(text, file);
  return { format: found, history: parseHistoryText(text, found, file) };
}
