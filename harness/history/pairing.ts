// Pairs the invocations of a history with their completions. A process is single-threaded, so a completion
// belongs to the one open invocation of its process; after `info` the process is retired, because its
// last operation may still take effect while it would already do the next one.

import { HistoryError } from './history-error.ts';
import type { Operation } from './operation.ts';

/** How a call ended; a call that the history never completes is `info`, as one whose reply was lost. */
type CallOutcome = 'ok' | 'fail' | 'info';

/** One operation with both of its ends. */
export interface Call {
  readonly process: number;
  readonly f: string;
  readonly outcome: CallOutcome;
  readonly invocation: Operation;
  /** Null: the history ended before the call did. */
  readonly completion: Operation | null;
}

/** The calls of every process but the nemesis, in order of invocation. */
export function pairOperations(history: readonly Operation[]): Call[] {
  const pairing = new Pairing();
  const invocations: Operation[] = [];
  const completions = new Map<Operation, Operation>();
  for (const operation of history) {
    if (operation.process === 'nemesis') continue;
    const invocation = pairing.take(operation);
    if (invocation === null) invocations.push(operation);
    else completions.set(invocation, operation);
  }
  return invocations.map((invocation) => makeCall(invocation, completions.get(invocation) ?? null));
}

/** Pairs entry by entry, and remembers no more than which calls are open and which processes are retired. */
export class Pairing {
  /** By process: its open invocation; null between two; the index of the entry that ended it in doubt. */
  readonly #processes = new Map<number, Operation | number | null>();

  /** The invocation that this entry completes; null for an invocation and for the nemesis. */
  take(operation: Operation): Operation | null {
    const { process, type } = operation;
    if (process === 'nemesis') return null;
    const before = this.#processes.get(process) ?? null;
    if (type === 'invoke') {
      if (before !== null) throw wrongInvocation(operation, before);
      this.#processes.set(process, operation);
      return null;
    }
    const invocation = openInvocation(operation, before);
    this.#processes.set(process, type === 'info' ? operation.index : null);
    return invocation;
  }

  /** Calls that have not been completed so far, in order of invocation. */
  get open(): Operation[] {
    return [...this.#processes.values()].filter(isOpen).sort((one, other) => one.index - other.index);
  }
}

export function makeCall(invocation: Operation, completion: Operation | null): Call {
  return {
    process: invocation.process as number,
    f: invocation.f,
    outcome: completion === null || completion.type === 'invoke' ? 'info' : completion.type,
    invocation,
    completion,
  };
}

function isOpen(before: Operation | number | null): before is Operation {
  return typeof before === 'object' && before !== null;
}

function wrongInvocation(operation: Operation, before: Operation | number): HistoryError {
  return new HistoryError(
    isOpen(before)
      ? `${showEntry(operation)} is invoked while ${showEntry(before)} of the same process is open; a process is single-threaded`
      : `${showEntry(operation)} is invoked by a process that ended in doubt with entry ${before}; expected a new process number after info`,
  );
}

function openInvocation(completion: Operation, open: Operation | number | null): Operation {
  if (!isOpen(open)) {
    throw new HistoryError(`${showEntry(completion)} completes nothing: its process has no open invocation`);
  }
  if (open.f !== completion.f) {
    throw new HistoryError(`${showEntry(completion)} completes ${showEntry(open)}: expected f ${open.f}`);
  }
  if (completion.time < open.time) {
    throw new HistoryError(
      `${showEntry(completion)} at ${completion.time} ns precedes its invocation, ${showEntry(open)} at ${open.time} ns`,
    );
  }
  return open;
}

function showEntry({ index, process, type, f }: Operation): string {
  return `entry ${index} (process ${process}, ${type} ${f})`;
}
