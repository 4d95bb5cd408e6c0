/** A configuration that cannot be used: the place, what was expected and seen, and the remedy. */
export class ConfigError extends Error {
  readonly file: string;
  /** One-based; null where the fault is not on one line. */
  readonly line: number | null;

  constructor(at: { file: string; line: number | null }, problem: string, remedy: string) {
    super(`${at.file}${at.line === null ? '' : `:${at.line}`}: ${problem}. ${remedy}`);
    this.name = 'ConfigError';
    this.file = at.file;
    this.line = at.line;
  }
}
