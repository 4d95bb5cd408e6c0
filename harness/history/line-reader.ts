// The lines of a file of any length, a chunk at a time. Whole lines are decoded together, so no character is cut;
// reading is synchronous because checkers are.

import { closeSync, openSync, readSync } from 'node:fs';
import { HistoryError } from './history-error.ts';

const chunkBytes = 1024 * 1024;
const newline = 0x0a;

export interface Line {
  readonly text: string;
  /** False for what stands behind the last newline. */
  readonly isEnded: boolean;
}

/** Can be iterated again: each time the file is read anew. */
export function* readLines(file: string): Generator<Line, void, undefined> {
  const descriptor = attempt(file, () => openSync(file, 'r'));
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const count = attempt(file, () => readSync(descriptor, chunk, 0, chunkBytes, null));
      if (count === 0) break;
      const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
      const whole = bytes.lastIndexOf(newline) + 1;
      yield* linesOf(bytes.toString('utf8', 0, whole));
      rest = bytes.subarray(whole);
    }
    if (rest.length > 0) yield { text: rest.toString('utf8'), isEnded: false };
  } finally {
    closeSync(descriptor);
  }
}

/** `text` ends with a newline, or is empty. */
function* linesOf(text: string): Generator<Line, void, undefined> {
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    yield { text: text.slice(start, end), isEnded: true };
    start = end + 1;
  }
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new HistoryError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
