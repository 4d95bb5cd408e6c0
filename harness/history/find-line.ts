// Finds a line in a file of any length by a text in it, without decoding the others.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { HistoryError } from './history-error.ts';

const chunkBytes = 4 * 1024 * 1024;
/** A line that is longer than this is not found where it lies across two chunks. */
const overlapBytes = 64 * 1024;
const newline = 0x0a;

/** The last line with this text, or null. The file is read from its end. */
export function findLastLine(file: string, text: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new HistoryError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  try {
    const chunk = Buffer.alloc(chunkBytes);
    let end = fstatSync(descriptor).size;
    for (;;) {
      const start = Math.max(0, end - chunkBytes);
      const bytes = chunk.subarray(0, readSync(descriptor, chunk, 0, end - start, start));
      const line = lastLineIn(bytes, text, start === 0);
      if (line !== null || start === 0) return line;
      end = start + overlapBytes;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Unless the chunk is the first, what stands before its first newline is no whole line. */
function lastLineIn(bytes: Buffer, text: string, isFirst: boolean): string | null {
  const found = bytes.lastIndexOf(text);
  if (found < 0) return null;
  const before = bytes.lastIndexOf(newline, found);
  if (before < 0 && !isFirst) return null;
  const after = bytes.indexOf(newline, found);
  return bytes.toString('utf8', before + 1, after < 0 ? bytes.length : after);
}
