// The requests inside the pipelines of the session-order workload, one by one, in the order in which each session
// sent them.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { valueOf } from './register-calls.ts';

/** The fields of a Stat that the workload records. */
export interface ShownStat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: number;
}

export interface SessionStep {
  readonly session: string;
  /** In the order of sending within the session, from 0. */
  readonly position: number;
  readonly op: 'set' | 'get' | 'children' | 'create' | 'delete';
  readonly key: string;
  readonly child: string | null;
  readonly value: number | null;
  readonly isWrite: boolean;
  /** Null: there was no reply. */
  readonly zxid: number | null;
  readonly stat: ShownStat | null;
  /** How many children a list had. */
  readonly childCount: number | null;
  /** Null: it was done. `refused`: certainly not; `lost`: perhaps. */
  readonly failure: 'refused' | 'lost' | null;
  /** The history's entry that says so. */
  readonly operation: Operation;
}

export interface SessionSteps {
  readonly steps: readonly SessionStep[];
  /** By value: every set that was asked for. */
  readonly sets: ReadonlyMap<number, SessionStep>;
}

interface Recorded {
  readonly op: SessionStep['op'];
  readonly key: string;
  readonly child?: string;
  readonly value?: number;
  readonly zxid?: number;
  readonly stat?: ShownStat;
  readonly childCount?: number;
  readonly failure?: 'refused' | 'lost';
}

const writeOps: ReadonlySet<string> = new Set(['set', 'create', 'delete']);

export function stepsOf(calls: readonly Call[]): SessionSteps {
  const steps: SessionStep[] = [];
  const counts = new Map<string, number>();
  // A session belongs to one process, so the order of its invocations is the order of its requests.
  for (const call of calls) {
    if (call.f !== 'pipeline' && call.f !== 'final-stat') continue;
    const session = call.completion?.session ?? `of process ${call.process}`;
    for (const recorded of recordedOf(call)) {
      const position = counts.get(session) ?? 0;
      counts.set(session, position + 1);
      steps.push(stepOf(recorded, { session, position, operation: call.completion ?? call.invocation }));
    }
  }
  const sets = steps.flatMap((step) =>
    step.op === 'set' && step.value !== null ? [[step.value, step] as const] : [],
  );
  return { steps, sets: new Map(sets) };
}

/** What failed as a whole says the same of each of its requests. */
function recordedOf(call: Call): readonly Recorded[] {
  if (call.f === 'final-stat') return finalOf(call);
  if (call.outcome === 'ok' && call.completion !== null) return valueOf(call.completion) as Recorded[];
  const failure = call.outcome === 'fail' ? 'refused' : 'lost';
  return (valueOf(call.invocation) as Recorded[]).map((step) => ({ ...step, failure }));
}

/** Header zxids differ between servers that agree, so the answer to a final read is recorded without. */
function finalOf({ outcome, completion }: Call): readonly Recorded[] {
  const answer = outcome === 'ok' && completion !== null ? valueOf(completion) : null;
  if (answer === null) return [];
  const { zxid } = completion ?? {};
  return [{ ...(answer as Recorded), ...(zxid === undefined ? {} : { zxid }) }];
}

function stepOf(
  recorded: Recorded,
  place: Pick<SessionStep, 'session' | 'position' | 'operation'>,
): SessionStep {
  const { op, key, child, value, zxid, stat, childCount, failure } = recorded;
  return {
    ...place,
    op,
    key,
    child: child ?? null,
    value: value ?? null,
    isWrite: writeOps.has(op),
    zxid: zxid ?? null,
    stat: stat ?? null,
    childCount: childCount ?? null,
    failure: failure ?? null,
  };
}
