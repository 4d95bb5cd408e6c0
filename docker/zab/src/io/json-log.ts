// The server's log: one JSON object per line, warnings and errors on standard error, the rest on standard
// output, where a container's log driver picks both up.

import type { LogSink } from '../server/ports.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

export interface JsonLogOptions {
  /** Lines below it are left out. */
  readonly leastLevel: (typeof levels)[number];
  /** The server's id, in every line; null for a server alone. */
  readonly server: number | null;
}

export function createJsonLog({ leastLevel, server }: JsonLogOptions): LogSink {
  const least = levels.indexOf(leastLevel);
  return (level, message, fields) => {
    if (levels.indexOf(level) < least) return;
    const line = JSON.stringify({ time: new Date().toISOString(), level, server, message, ...fields });
    const stream = level === 'warn' || level === 'error' ? process.stderr : process.stdout;
    stream.write(`${line}\n`);
  };
}
