// Records a history while it happens: gives every entry its index and time and hands it to a sink, line by line, so
// that a crash of the harness leaves what was seen. It keeps the entries in memory for the checkers as long as they
// are few; those of a long run can be had from its file only. What it accepts, `pairOperations` accepts: a process that breaks the rules fails here, where it happens.

import assert from 'node:assert/strict';
import { formatOperation } from './history-file.ts';
import type { Operation, OperationType, Process } from './operation.ts';

/** Where lines go; each ends with a newline. */
export interface HistorySink {
  write(line: string): void;
}

/** An operation before the recorder has placed it. */
export type Entry = Omit<Operation, 'index' | 'time'>;

/** What a completion adds to its invocation. */
export type Completion = Omit<Entry, 'process' | 'f' | 'type'> & {
  readonly type: Exclude<OperationType, 'invoke'>;
};

export interface RecorderOptions {
  /** The run's one monotonic clock. */
  readonly nowNs: () => number;
  readonly sink?: HistorySink;
  /** With more entries than this none is kept in memory. */
  readonly mostInMemory?: number;
}

export class HistoryRecorder {
  /** Null: there were too many. */
  #operations: Operation[] | null = [];
  readonly #mostInMemory: number;
  readonly #counts = { invoke: 0, ok: 0, fail: 0, info: 0 };
  #length = 0;
  readonly #open = new Map<number, Operation>();
  readonly #retired = new Set<number>();
  readonly #nowNs: () => number;
  readonly #sink: HistorySink | undefined;
  #lastTime = 0;

  constructor(options: RecorderOptions) {
    this.#nowNs = options.nowNs;
    this.#sink = options.sink;
    this.#mostInMemory = options.mostInMemory ?? Infinity;
  }

  /** Everything recorded so far, in order. */
  get operations(): readonly Operation[] {
    assert.ok(this.#operations !== null, `${this.#length} entries are on disk, and not in memory any more`);
    return this.#operations;
  }

  get isInMemory(): boolean {
    return this.#operations !== null;
  }

  /** Entries so far. */
  get length(): number {
    return this.#length;
  }

  /** Entries of clients by their type. */
  get counts(): Readonly<Record<OperationType, number>> {
    return this.#counts;
  }

  invoke(process: number, f: string, value: unknown): Operation {
    return this.append({ process, type: 'invoke', f, value });
  }

  complete(invocation: Operation, completion: Completion): Operation {
    return this.append({ ...completion, process: invocation.process, f: invocation.f });
  }

  /** An entry of the nemesis; Jepsen writes these as `info`, for they are no client's operation. */
  note(f: string, value: unknown): Operation {
    return this.append({ process: 'nemesis', type: 'info', f, value });
  }

  append(entry: Entry): Operation {
    if (entry.process !== 'nemesis') this.#track(entry, entry.process);
    const time = this.#nowNs();
    assert.ok(time >= this.#lastTime, `the run's clock fell from ${this.#lastTime} to ${time} ns`);
    this.#lastTime = time;
    const operation: Operation = { index: this.#length++, time, ...entry };
    if (entry.process !== 'nemesis' && entry.type === 'invoke') this.#open.set(entry.process, operation);
    if (entry.process !== 'nemesis') this.#counts[entry.type]++;
    this.#operations?.push(operation);
    if (this.#length > this.#mostInMemory) this.#operations = null;
    this.#sink?.write(`${formatOperation(operation)}\n`);
    return operation;
  }

  /** How many calls are open; at the end of a run they count as indefinite. */
  get openCount(): number {
    return this.#open.size;
  }

  #track(entry: Entry, process: Exclude<Process, 'nemesis'>): void {
    const open = this.#open.get(process);
    if (entry.type === 'invoke') {
      assert.equal(open, undefined, `process ${process} invokes ${entry.f} while its ${open?.f} is open`);
      assert.ok(!this.#retired.has(process), `process ${process} invokes ${entry.f} after an info`);
      return;
    }
    assert.ok(open !== undefined, `process ${process} completes ${entry.f} without an invocation`);
    assert.equal(entry.f, open.f, `process ${process} completes ${entry.f}, but invoked ${open.f}`);
    this.#open.delete(process);
    if (entry.type === 'info') this.#retired.add(process);
  }
}
