// `history.jsonl`: one operation per line, keys in a fixed order so that equal runs give equal files. Reading
// checks every line and names file, line and what was expected: a damaged history must not be judged.

import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { errorAtLine, HistoryError, showValue } from './history-error.ts';
import type { Operation } from './operation.ts';

const flushBytes = 16 * 1024;

/** One operation as a line without its newline. An undefined value is written as null. */
export function formatOperation(operation: Operation): string {
  const { index, time, process, type, f, value, error, zxid, version, session, server } = operation;
  return JSON.stringify({
    index,
    time,
    process,
    type,
    f,
    value: value ?? null,
    error,
    zxid,
    version,
    session,
    server,
  });
}

export function writeHistoryFile(file: string, history: readonly Operation[]): void {
  writeFileSync(file, history.map((operation) => `${formatOperation(operation)}\n`).join(''));
}

export function readHistoryFile(file: string): Operation[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new HistoryError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return parseHistory(text, file);
}

/** A sink that appends to a file. Lines are gathered up to 16 KiB, so a crash loses the last moments only. */
export class HistoryFileWriter {
  readonly #descriptor: number;
  #pending: string[] = [];
  #pendingLength = 0;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  write(line: string): void {
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength >= flushBytes) this.flush();
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingLength = 0;
    for (let sent = 0; sent < bytes.length;) sent += writeSync(this.#descriptor, bytes, sent);
  }

  close(): void {
    this.flush();
    closeSync(this.#descriptor);
  }
}

/** Parses the text of a history file; `file` is for the messages. */
export function parseHistory(text: string, file: string): Operation[] {
  const lines = text.split('\n');
  const last = lines.pop();
  if (last !== undefined && last !== '') {
    // A complete last line without its newline is how other tools end a file; a cut one is a crash.
    lines.push(last);
  }
  const history: Operation[] = [];
  let line = 0;
  for (const content of lines) {
    line++;
    if (content.trim() === '') continue;
    const isCut = line === lines.length && last !== '';
    history.push(parseLine(content, { file, line, isCut }, history.length));
  }
  return history;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly isCut: boolean;
}

function parseLine(content: string, place: Place, index: number): Operation {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    const cut = place.isCut ? ' (the last line has no end: was the writer killed?)' : '';
    throw errorAtLine(place.file, place.line, `expected a JSON object, found ${showValue(content)}${cut}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw errorAtLine(place.file, place.line, `expected a JSON object, found ${showValue(value)}`);
  }
  return parseOperation(value as Record<string, unknown>, place, index);
}

function parseOperation(record: Record<string, unknown>, place: Place, index: number): Operation {
  const field = (name: string, expected: string, accepts: (value: unknown) => boolean): unknown => {
    const value = record[name];
    if (!accepts(value)) {
      throw errorAtLine(place.file, place.line, `${name}: expected ${expected}, found ${showValue(value)}`);
    }
    return value;
  };
  const optional = (name: string, expected: string, accepts: (value: unknown) => boolean): object => {
    if (record[name] === undefined || record[name] === null) return {};
    return { [name]: field(name, expected, accepts) };
  };

  return {
    index: field('index', `${index}, the number of this entry`, (value) => value === index) as number,
    time: field('time', 'nanoseconds', isCount) as number,
    process: field('process', 'a number or "nemesis"', isProcess) as Operation['process'],
    type: field('type', 'invoke, ok, fail or info', isOperationType) as Operation['type'],
    f: field('f', 'the name of an operation', isText) as string,
    value: record['value'] ?? null,
    ...optional('error', 'a text', isText),
    ...optional('zxid', 'a zxid', isInteger),
    ...optional('version', 'a version', isInteger),
    ...optional('session', 'a session id', isText),
    ...optional('server', 'a server id', isInteger),
  };
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isInteger(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isProcess(value: unknown): boolean {
  return value === 'nemesis' || isInteger(value);
}

function isOperationType(value: unknown): boolean {
  return value === 'invoke' || value === 'ok' || value === 'fail' || value === 'info';
}
