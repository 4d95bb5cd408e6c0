// A history that cannot be judged because it is not one: unreadable text, a completion without its
// invocation. Never a verdict: whoever catches it reports the file as unreadable or the check as inconclusive.

export class HistoryError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HistoryError';
  }
}

/** A fault of one line of a file: `history.jsonl:17: expected a JSON object, found a number`. */
export function errorAtLine(file: string, line: number, message: string): HistoryError {
  return new HistoryError(`${file}:${line}: ${message}`);
}

/** A short account of a value for an error message. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
