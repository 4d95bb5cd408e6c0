// Conformance: every answer of a script is the one that a ZooKeeper-compatible server gives. The workload compares
// while it plays, because later requests of a script make no sense after a wrong answer; here it is judged which
// server has to answer so. A script that a fault ended in its middle is in doubt, and never wrong.

import type { Call } from '../harness/history/pairing.ts';
import type { Operation } from '../harness/history/operation.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { operationsOf } from './describe.ts';
import type { CheckContext, Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const conformance: Checker = wholeHistory({
  name: 'conformance',
  title: 'answers are the expected ones',
  description: 'error codes, Stats, names, results and events are exactly those of ZooKeeper',
  concerns: named('script'),
  check(history, context) {
    const calls = pairOperations(history).filter(({ f, outcome }) => f === 'script' && outcome === 'ok');
    const played = calls.flatMap((call) =>
      call.completion === null ? [] : [{ call, end: call.completion }],
    );
    return conclude(conformance, {
      history,
      opportunities: played.length,
      leastOpportunities,
      opportunity: 'scripts that were played to their end',
      evidence: played.flatMap((script) => judge(script, context)),
      doubts: [],
    });
  },
});

interface Result {
  readonly script: string;
  /** The release of Apache ZooKeeper from which on it is the right answer. */
  readonly since?: string;
  readonly steps: number;
  readonly difference: {
    readonly step: number;
    readonly request: string;
    readonly expected: unknown;
    readonly seen: unknown;
  } | null;
}

interface Played {
  readonly call: Call;
  readonly end: Operation;
}

function judge({ call, end }: Played, context: CheckContext): Evidence[] {
  const [place, { script, since, steps, difference }] = end.value as readonly [string, Result];
  if (difference === null || (since !== undefined && !isCurrent(end, context))) return [];
  const { step, request, expected, seen } = difference;
  const [wanted, got] = contrast(expected, seen);
  return [
    {
      subject: place,
      sentence: `script "${script}", step ${step} of ${steps}, ${request}: expected ${wanted}, was given ${got}`,
      operations: operationsOf(call),
      details: { expected, seen },
    },
  ];
}

/** Nobody says of which release a foreign server is; the bundled one, known by its sync, follows the newest. */
function isCurrent({ server }: Operation, { quorumSyncServers }: CheckContext): boolean {
  return server !== undefined && quorumSyncServers.has(server);
}

/** Of two objects only what differs, for a sentence that fits a line; the whole is in the details. */
function contrast(expected: unknown, seen: unknown): readonly [string, string] {
  const [one, other] = [entriesOf(expected), entriesOf(seen)];
  const keys = [...new Set([...one.keys(), ...other.keys()])].filter(
    (key) => JSON.stringify(one.get(key)) !== JSON.stringify(other.get(key)),
  );
  const [key] = keys;
  const left = key === undefined ? undefined : one.get(key);
  const right = key === undefined ? undefined : other.get(key);
  if (keys.length === 1 && isRecord(left) && isRecord(right)) return contrast(left, right);
  return [textOf(one, keys), textOf(other, keys)];
}

function textOf(entries: ReadonlyMap<string, unknown>, keys: readonly string[]): string {
  const told = keys.filter((key) => entries.get(key) !== undefined);
  if (told.length === 0) return entries.has('err') || keys.includes('err') ? 'no error' : 'nothing more';
  return told.map((key) => `${key} ${JSON.stringify(entries.get(key))}`).join(', ');
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isRecord(value) ? Object.entries(value) : [['value', value]]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
