// Where the commands print: results on standard output, everything else on standard error. Colours only where
// somebody looks at a terminal that has them.

import pc from 'picocolors';

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** `--json`: one value, and nothing else on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Also obeys NO_COLOR and FORCE_COLOR. */
export const hasColors: boolean =
  pc.isColorSupported && (process.stdout.isTTY || process.env['FORCE_COLOR'] !== undefined);

/** Names and what they are, one per line, in columns. */
export function renderTable(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`.trimEnd()).join('\n');
}
