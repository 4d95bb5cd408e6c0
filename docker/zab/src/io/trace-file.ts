// The trace sink in a container: one JSON object per line, appended to a file. Lines are gathered for one
// turn of the event loop and written synchronously, so that a kill -9 loses no more than that turn.

import { openSync, writeSync } from 'node:fs';

export interface TraceFile {
  readonly write: (event: Readonly<Record<string, unknown>>) => void;
  flush(): void;
}

export function openTraceFile(path: string): TraceFile {
  const file = openSync(path, 'a');
  let lines: string[] = [];

  function flush(): void {
    if (lines.length === 0) return;
    const text = lines.join('');
    lines = [];
    writeSync(file, text);
  }

  return {
    write(event) {
      if (lines.length === 0) setImmediate(flush);
      lines.push(`${JSON.stringify(event)}\n`);
    },
    flush,
  };
}
