// Records a history while it happens: gives every entry its index and time, keeps it in memory for the
// checkers and hands it to a sink, line by line, so that a crash of the harness leaves what was seen.
// What it accepts, `pairOperations` accepts: a process that breaks the rules fails here, where it happens.

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
}

export class HistoryRecorder {
  readonly #operations: Operation[] = [];
  readonly #open = new Map<number, Operation>();
  readonly #retired = new Set<number>();
  readonly #nowNs: () => number;
  readonly #sink: HistorySink | undefined;
  #lastTime = 0;

  constructor(options: RecorderOptions) {
    this.#nowNs = options.nowNs;
    this.#sink = options.sink;
  }

  /** Everything recorded so far, in order. */
  get operations(): readonly Operation[] {
    return this.#operations;
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
    const operation: Operation = { index: this.#operations.length, time, ...entry };
    if (entry.process !== 'nemesis' && entry.type === 'invoke') this.#open.set(entry.process, operation);
    this.#operations.push(operation);
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
