// One pass over a history for any number of judges. Entries are paired once for all of them, so what is no history
// is found even where no judge would look; then no judge may conclude from it.

import { HistoryError } from '../harness/history/history-error.ts';
import type { Operation } from '../harness/history/operation.ts';
import { makeCall, Pairing } from '../harness/history/pairing.ts';
import type { Call } from '../harness/history/pairing.ts';
import type { HistoryEnd, Judge } from './verdict.ts';

/** How the pass ended for one judge. */
export interface Passed {
  /** What it threw, or what is wrong with the history; it saw nothing behind that. */
  readonly crash: Error | null;
  readonly open: readonly Operation[];
}

/** Sees every entry of a pass and judges nothing; told of the end where the history was one. */
export interface Onlooker {
  /** `invocation`: of the call that this entry completes, else null. */
  take(operation: Operation, invocation: Operation | null): void;
  end(open: readonly Operation[]): void;
}

/** In the order of the judges. What reading the history, or the onlooker, throws is thrown. */
export function passHistory(
  judges: readonly Judge[],
  history: Iterable<Operation>,
  onlooker: Onlooker | null = null,
): Passed[] {
  const seats = judges.map((judge) => new Seat(judge));
  const wantedBy = { clients: new Map<string, Seat[]>(), nemesis: new Map<string, Seat[]>() };
  const pairing = new Pairing();
  let malformed: Error | null = null;
  for (const operation of history) {
    const { f, process } = operation;
    const known = process === 'nemesis' ? wantedBy.nemesis : wantedBy.clients;
    let wanting = known.get(f);
    if (wanting === undefined) {
      wanting = seats.filter((seat) => seat.concerns(operation));
      known.set(f, wanting);
    }
    let invocation: Operation | null;
    try {
      invocation = pairing.take(operation);
    } catch (thrown) {
      if (!(thrown instanceof HistoryError)) throw thrown;
      malformed = thrown;
      break;
    }
    for (let place = 0; place < wanting.length; place++) wanting[place]?.take(operation, invocation);
    onlooker?.take(operation, invocation);
  }
  const { open } = pairing;
  if (malformed === null) onlooker?.end(open);
  return seats.map((seat) => ({
    crash: malformed ?? seat.crash,
    open: open.filter((operation) => seat.concerns(operation)),
  }));
}

/** Finds calls again in a history that is not kept. */
export function callsOf(history: Iterable<Operation>): HistoryEnd['callsAt'] {
  return (indices) => {
    const wanted = new Set(indices);
    const found = new Map<number, Call>();
    const keep = (call: Call): void => {
      for (const end of [call.invocation, call.completion]) {
        if (end !== null && wanted.has(end.index)) found.set(end.index, call);
      }
    };
    const pairing = new Pairing();
    for (const operation of history) {
      const invocation = pairing.take(operation);
      if (invocation !== null) keep(makeCall(invocation, operation));
    }
    for (const invocation of pairing.open) keep(makeCall(invocation, null));
    return indices.flatMap((index) => found.get(index) ?? []);
  };
}

class Seat {
  crash: Error | null = null;
  readonly #judge: Judge;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  concerns(entry: Operation): boolean {
    return this.#guard(() => this.#judge.concerns(entry)) ?? false;
  }

  take(operation: Operation, invocation: Operation | null): void {
    if (this.crash !== null) return;
    try {
      this.#judge.take(operation, invocation);
    } catch (thrown) {
      this.crash = toError(thrown);
    }
  }

  #guard<T>(action: () => T): T | null {
    try {
      return action();
    } catch (thrown) {
      this.crash ??= toError(thrown);
      return null;
    }
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
