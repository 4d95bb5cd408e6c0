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
  const invocations: Operation[] = [];
  const completions = new Map<Operation, Operation>();
  const open = new Map<number, Operation>();
  const retired = new Map<number, Operation>();

  for (const operation of history) {
    const { process } = operation;
    if (process === 'nemesis') continue;
    if (operation.type === 'invoke') {
      assertMayInvoke(operation, open.get(process), retired.get(process));
      open.set(process, operation);
      invocations.push(operation);
      continue;
    }
    completions.set(openInvocation(operation, open.get(process)), operation);
    open.delete(process);
    if (operation.type === 'info') retired.set(process, operation);
  }

  return invocations.map((invocation) => makeCall(invocation, completions.get(invocation) ?? null));
}

function makeCall(invocation: Operation, completion: Operation | null): Call {
  return {
    process: invocation.process as number,
    f: invocation.f,
    outcome: completion === null || completion.type === 'invoke' ? 'info' : completion.type,
    invocation,
    completion,
  };
}

function assertMayInvoke(
  operation: Operation,
  open: Operation | undefined,
  retired: Operation | undefined,
): void {
  if (open !== undefined) {
    throw new HistoryError(
      `${showEntry(operation)} is invoked while ${showEntry(open)} of the same process is open; a process is single-threaded`,
    );
  }
  if (retired !== undefined) {
    throw new HistoryError(
      `${showEntry(operation)} is invoked by a process that ended in doubt with ${showEntry(retired)}; expected a new process number after info`,
    );
  }
}

function openInvocation(completion: Operation, open: Operation | undefined): Operation {
  if (open === undefined) {
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
