// An ensemble serves as long as a quorum of its servers is up and connected: a fault that leaves one, and the
// quiet after any fault, may interrupt it for as long as an election takes, and not longer. The nemesis notes which
// of its faults leave a quorum and clients that reach it; the rest of the time a quorum is there anyway.
//
// Every beginning and end of a fault starts the clock anew, because it may cost an election. Only what was asked
// and not answered counts as an interruption: nobody knows what silence would have been answered.

import type { Operation } from '../harness/history/operation.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime } from './describe.ts';
import type { Checker, Evidence, Judge } from './verdict.ts';
import { streamed } from './whole-history.ts';
import { writeFunctions } from './write-functions.ts';

const leastOpportunities = 1;
/** A few lost replies in a row may be one connection's bad luck. */
const leastUnanswered = 5;
/** Kept of an interruption, for a reader. */
const mostShown = 3;

export const availability: Checker = streamed({
  name: 'availability',
  title: 'serves while a quorum is connected',
  description:
    'operations are answered again within the bound, during faults that leave a quorum and between faults',
  begin: ({ recoveryBoundMs }) => new AvailabilityJudge(recoveryBoundMs * 1e6),
});

class AvailabilityJudge implements Judge {
  readonly #boundNs: number;
  /** Reads may be answered by a server that has lost its quorum; they count where nobody writes. */
  readonly #writes: Service;
  readonly #all: Service;
  #hasWrites = false;
  /** Faults under way by name: whether each leaves a quorum. */
  readonly #faults = new Map<string, boolean[]>();
  #isOver = false;

  constructor(boundNs: number) {
    this.#boundNs = boundNs;
    this.#writes = new Service(boundNs);
    this.#all = new Service(boundNs);
  }

  concerns({ f, process }: Pick<Operation, 'f' | 'process'>): boolean {
    return process === 'nemesis' || !(f.startsWith('final-') || f.startsWith('session-'));
  }

  take(operation: Operation, invocation: Operation | null): void {
    if (operation.process === 'nemesis') return this.#takeNote(operation);
    if (invocation === null || this.#isOver) return;
    this.#all.take(invocation, operation);
    if (!writeFunctions.has(operation.f)) return;
    this.#hasWrites = true;
    this.#writes.take(invocation, operation);
  }

  conclude(): ReturnType<Judge['conclude']> {
    const service = this.#hasWrites ? this.#writes : this.#all;
    service.end();
    return conclude(availability, {
      history: [],
      opportunities: service.testedCount,
      leastOpportunities,
      opportunity: 'times with a quorum in which anything was asked',
      evidence: service.interruptions.map((interruption) => tell(interruption, this.#boundNs)),
      doubts: [],
    });
  }

  #takeNote({ f, value, time }: Operation): void {
    const note = (typeof value === 'object' && value !== null ? value : {}) as FaultNote;
    if (f === 'heal') this.#isOver = true;
    if (note.phase !== 'start' && note.phase !== 'end') return;
    const open = this.#faults.get(f) ?? [];
    this.#faults.set(f, open);
    if (note.phase === 'start') open.push(note.keepsQuorum === true);
    else open.shift();
    const hasQuorum = [...this.#faults.values()].flat().every(Boolean);
    for (const service of [this.#writes, this.#all]) service.change({ hasQuorum, time });
  }
}

/** As the nemesis run writes it. */
interface FaultNote {
  readonly phase?: unknown;
  readonly keepsQuorum?: unknown;
}

interface Interruption {
  readonly unanswered: readonly Operation[];
  readonly count: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** From one change of the faults to the next: who was answered, and the longest time without any answer. */
class Service {
  readonly interruptions: Interruption[] = [];
  /** Of the times with a quorum, those in which it was put to the test. */
  testedCount = 0;
  readonly #boundNs: number;
  #hasQuorum = true;
  #sinceNs = 0;
  #wasAsked = false;
  #unanswered: Operation[] = [];
  #count = 0;
  #fromNs = 0;
  #toNs = 0;

  constructor(boundNs: number) {
    this.#boundNs = boundNs;
  }

  change({ hasQuorum, time }: { readonly hasQuorum: boolean; readonly time: number }): void {
    this.end();
    this.#hasQuorum = hasQuorum;
    this.#sinceNs = time;
    this.#wasAsked = false;
  }

  /** What began before the last change of the faults says nothing about the time after it. */
  take(invocation: Operation, completion: Operation): void {
    if (!this.#hasQuorum) return;
    if (isAnswer(completion)) {
      this.#wasAsked = true;
      this.#settle();
      return;
    }
    if (invocation.time < this.#sinceNs) return;
    this.#wasAsked = true;
    if (this.#count === 0) this.#fromNs = invocation.time;
    if (this.#count < mostShown) this.#unanswered.push(invocation, completion);
    this.#fromNs = Math.min(this.#fromNs, invocation.time);
    this.#toNs = completion.time;
    this.#count++;
  }

  end(): void {
    this.#settle();
    if (this.#hasQuorum && this.#wasAsked) this.testedCount++;
    this.#wasAsked = false;
  }

  #settle(): void {
    if (this.#count === 0) return;
    const isLong = this.#toNs - this.#fromNs > this.#boundNs;
    if (this.#hasQuorum && isLong && this.#count >= leastUnanswered) {
      this.interruptions.push({
        unanswered: this.#unanswered,
        count: this.#count,
        fromNs: this.#fromNs,
        toNs: this.#toNs,
      });
    }
    this.#unanswered = [];
    this.#count = 0;
    this.#fromNs = this.#toNs = 0;
  }
}

/** A refusal with a zxid is an answer of a server that serves. */
function isAnswer({ type, zxid }: Operation): boolean {
  return type === 'ok' || (type === 'fail' && (zxid ?? 0) > 0);
}

function tell({ unanswered, count, fromNs, toNs }: Interruption, boundNs: number): Evidence {
  const lasted = ((toNs - fromNs) / 1e9).toFixed(1);
  return {
    subject: 'ensemble',
    sentence: `a quorum was connected, and none of ${countOf(count, 'operation')} was answered from ${describeTime(fromNs)} to ${describeTime(toNs)}, ${lasted} s; the bound is ${(boundNs / 1e9).toFixed(1)} s`,
    operations: unanswered,
  };
}
