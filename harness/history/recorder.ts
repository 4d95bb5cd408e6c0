// Records a history while it happens: gives every entry its index and time and hands it to a sink, one by one, so
// that a crash of the harness leaves what was seen. It keeps the entries in memory for the checkers as long as they
// are few; those of a long run can be had from its file only. What it accepts, `pairOperations` accepts: a process that
// breaks the rules fails here, where it happens.

import assert from 'node:assert/strict';
import type { Operation, OperationType } from './operation.ts';

/** Where entries go, in their order. */
export interface HistorySink {
  record(operation: Operation): void;
}

/** What a completion adds to its invocation. What is not known may be left out or undefined. */
export type Completion = Omit<Operation, 'index' | 'time' | 'process' | 'f' | 'type'> & {
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
  /** By process: its open invocation; null between two; `retired` after an info. */
  readonly #processes = new Map<number, Operation | null | 'retired'>();
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

  /** Of the last entry. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /** Entries of clients by their type. */
  get counts(): Readonly<Record<OperationType, number>> {
    return this.#counts;
  }

  invoke(process: number, f: string, value: unknown): Operation {
    const before = this.#processes.get(process) ?? null;
    if (before !== null) failInvocation(process, f, before);
    const operation: Operation = {
      index: this.#length,
      time: this.#readTime(),
      process,
      type: 'invoke',
      f,
      value,
    };
    this.#processes.set(process, operation);
    this.#counts.invoke++;
    return this.#place(operation);
  }

  /** Every field by its name, so that all completions have one shape and none is copied on the way. */
  complete(invocation: Operation, completion: Completion): Operation {
    const { f } = invocation;
    const { type } = completion;
    const process = invocation.process as number;
    const open = this.#processes.get(process);
    if (!isOpen(open)) assert.fail(`process ${process} completes ${f} without an invocation`);
    if (f !== open.f) assert.fail(`process ${process} completes ${f}, but invoked ${open.f}`);
    this.#processes.set(process, type === 'info' ? 'retired' : null);
    this.#counts[type]++;
    return this.#place({
      index: this.#length,
      time: this.#readTime(),
      process,
      type,
      f,
      value: completion.value,
      error: completion.error,
      zxid: completion.zxid,
      version: completion.version,
      stat: completion.stat,
      session: completion.session,
      server: completion.server,
    });
  }

  /** An entry of the nemesis; Jepsen writes these as `info`, for they are no client's operation. */
  note(f: string, value: unknown): Operation {
    return this.#place({
      index: this.#length,
      time: this.#readTime(),
      process: 'nemesis',
      type: 'info',
      f,
      value,
    });
  }

  /** How many calls are open; at the end of a run they count as indefinite. */
  get openCount(): number {
    const { invoke, ok, fail, info } = this.#counts;
    return invoke - ok - fail - info;
  }

  #readTime(): number {
    const time = this.#nowNs();
    if (!(time >= this.#lastTime)) assert.fail(`the run's clock fell from ${this.#lastTime} to ${time} ns`);
    this.#lastTime = time;
    return time;
  }

  #place(operation: Operation): Operation {
    this.#length++;
    this.#operations?.push(operation);
    if (this.#length > this.#mostInMemory) this.#operations = null;
    this.#sink?.record(operation);
    return operation;
  }
}

function isOpen(before: Operation | null | 'retired' | undefined): before is Operation {
  return typeof before === 'object' && before !== null;
}

function failInvocation(process: number, f: string, before: Operation | 'retired'): never {
  if (before === 'retired') assert.fail(`process ${process} invokes ${f} after an info`);
  assert.fail(`process ${process} invokes ${f} while its ${before.f} is open`);
}
