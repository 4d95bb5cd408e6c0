// `history.jsonl`: one operation per line, keys in a fixed order so that equal runs give equal files. Reading
// checks every line and names file, line and what was expected: a damaged history must not be judged.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { errorAtLine, showValue } from './history-error.ts';
import { JsonBytes } from './json-bytes.ts';
import { readLines } from './line-reader.ts';
import type { Line } from './line-reader.ts';
import type { Operation } from './operation.ts';
import type { HistorySink } from './recorder.ts';

const flushBytes = 16 * 1024;
const newline = 0x0a;

/** One operation as a line without its newline. An undefined value is written as null. */
export function formatOperation(operation: Operation): string {
  const { index, time, process, type, f, value, error, zxid, version, stat, session, server } = operation;
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
    stat,
    session,
    server,
  });
}

export function writeHistoryFile(file: string, history: readonly Operation[]): void {
  writeFileSync(file, history.map((operation) => `${formatOperation(operation)}\n`).join(''));
}

export function readHistoryFile(file: string): Operation[] {
  return [...streamHistoryFile(file)];
}

/** A history that is read from its file each time that it is gone through, and never held as a whole. */
export function streamHistoryFile(file: string): Iterable<Operation> {
  return { [Symbol.iterator]: () => parseLines(readLines(file), file) };
}

/** A sink that appends to a file. Lines are gathered up to 16 KiB, so a crash loses the last moments only. */
export class HistoryFileWriter implements HistorySink {
  readonly #descriptor: number;
  readonly #pending = new JsonBytes();

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  record(operation: Operation): void {
    writeOperation(this.#pending, operation);
    if (this.#pending.length >= flushBytes) this.flush();
  }

  /** A line without its newline: put together as a text they would be copied once more. */
  write(line: string): void {
    this.#pending.text(line);
    this.#pending.byte(newline);
    if (this.#pending.length >= flushBytes) this.flush();
  }

  flush(): void {
    const bytes = this.#pending.take();
    for (let sent = 0; sent < bytes.length;) sent += writeSync(this.#descriptor, bytes, sent);
  }

  close(): void {
    this.flush();
    closeSync(this.#descriptor);
  }
}

/** What `formatOperation` gives, and a newline. */
function writeOperation(line: JsonBytes, operation: Operation): void {
  const { process, error, zxid, version, stat, session, server } = operation;
  line.text('{"index":');
  line.number(operation.index);
  line.text(',"time":');
  line.number(operation.time);
  line.text(',"process":');
  line.value(process);
  line.text(',"type":');
  line.string(operation.type);
  line.text(',"f":');
  line.string(operation.f);
  line.text(',"value":');
  line.value(operation.value);
  if (error !== undefined) writeMember(line, ',"error":', error);
  if (zxid !== undefined) writeMember(line, ',"zxid":', zxid);
  if (version !== undefined) writeMember(line, ',"version":', version);
  if (stat !== undefined) writeMember(line, ',"stat":', stat);
  if (session !== undefined) writeMember(line, ',"session":', session);
  if (server !== undefined) writeMember(line, ',"server":', server);
  line.text('}\n');
}

function writeMember(line: JsonBytes, key: string, value: unknown): void {
  line.text(key);
  line.value(value);
}

/** Parses the text of a history file; `file` is for the messages. */
export function parseHistory(text: string, file: string): Operation[] {
  const lines = text.split('\n');
  const last = lines.length - 1;
  return [
    ...parseLines(lines.map((content, index) => ({ text: content, isEnded: index < last })).values(), file),
  ];
}

/** A complete last line without its newline is how other tools end a file; a cut one is a crash. */
function* parseLines(lines: Iterable<Line>, file: string): Generator<Operation, void, undefined> {
  let line = 0;
  let index = 0;
  for (const { text, isEnded } of lines) {
    line++;
    if (isBlank(text)) continue;
    yield parseLine(text, { file, line, isCut: !isEnded }, index++);
  }
}

/** Of what begins as an object this is known at once. */
function isBlank(text: string): boolean {
  return !text.startsWith('{') && text.trim() === '';
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

/** A good line costs no more than its checks, for there may be millions of them. */
function parseOperation(record: Record<string, unknown>, place: Place, index: number): Operation {
  return isOperation(record, index) ? record : repairOperation(record, place, index);
}

function isOperation(record: Partial<Operation>, index: number): record is Operation {
  const { value, error, zxid, version, stat, session, server } = record;
  return (
    record.index === index &&
    isCount(record.time) &&
    isProcess(record.process) &&
    isOperationType(record.type) &&
    isText(record.f) &&
    value !== undefined &&
    (error === undefined || isText(error)) &&
    (zxid === undefined || isInteger(zxid)) &&
    (version === undefined || isInteger(version)) &&
    (stat === undefined || isNumbers(stat)) &&
    (session === undefined || isText(session)) &&
    (server === undefined || isInteger(server))
  );
}

/** Other tools write null for what is not there. What else is wrong is named. */
function repairOperation(record: Record<string, unknown>, place: Place, index: number): Operation {
  if (record['index'] !== index) {
    throw unexpected(record, place, { name: 'index', expected: `${index}, the number of this entry` });
  }
  for (const [name, expected, accepts] of required) {
    if (!accepts(record[name])) throw unexpected(record, place, { name, expected });
  }
  for (const [name, expected, accepts] of optional) {
    const value = record[name];
    if (value === undefined) continue;
    if (value === null) delete record[name];
    else if (!accepts(value)) throw unexpected(record, place, { name, expected });
  }
  if (record['value'] === undefined) record['value'] = null;
  return record as unknown as Operation;
}

function unexpected(
  record: Readonly<Record<string, unknown>>,
  { file, line }: Place,
  { name, expected }: { readonly name: string; readonly expected: string },
): Error {
  return errorAtLine(file, line, `${name}: expected ${expected}, found ${showValue(record[name])}`);
}

type Field = readonly [name: string, expected: string, accepts: (value: unknown) => boolean];

const required: readonly Field[] = [
  ['time', 'nanoseconds', isCount],
  ['process', 'a number or "nemesis"', isProcess],
  ['type', 'invoke, ok, fail or info', isOperationType],
  ['f', 'the name of an operation', isText],
];

const optional: readonly Field[] = [
  ['error', 'a text', isText],
  ['zxid', 'a zxid', isInteger],
  ['version', 'a version', isInteger],
  ['stat', 'the numbers of a Stat', isNumbers],
  ['session', 'a session id', isText],
  ['server', 'a server id', isInteger],
];

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isInteger(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every(isInteger);
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
