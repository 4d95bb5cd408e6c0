// A read behind a sync shows every write that was acknowledged before the sync was asked for, and nothing older than
// what any session had read by then, of every znode and on whatever server the session goes on. Only a server that
// declares its sync a quorum round is held to it: Apache ZooKeeper's leader answers from what it believes, so around
// a change of leader it may be behind (internals guide). What such servers leave out is counted and no violation.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime, operationsOf, serversOf, timeOf } from './describe.ts';
import { pathOf, valueOf } from './register-calls.ts';
import type { Checker, Evidence, GuaranteeResult } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;
const barrierFunctions: ReadonlySet<string> = new Set(['barrier-read', 'barrier-reconnect-read']);

export interface BarrierSighting {
  readonly path: string;
  readonly value: number;
  readonly version: number;
}

export interface BarrierRead {
  /** The server that answered the sync; null without one. */
  readonly syncedBy: number | null;
  readonly seen: readonly BarrierSighting[];
}

export const syncBarrier: Checker = wholeHistory({
  name: 'sync-barrier',
  title: 'a read behind a sync is up to date',
  description:
    'a read behind a sync shows every write acknowledged before the sync, where sync is a quorum round',
  concerns: named(...barrierFunctions, 'plain-reads', 'barrier-write', 'final-barrier'),
  check(history, { quorumSyncServers }) {
    const calls = pairOperations(history);
    const sightings = calls.flatMap(sightingsOf);
    const barriers = calls.filter(({ f, outcome }) => barrierFunctions.has(f) && outcome === 'ok');
    const strict = barriers.filter((call) => isStrict(call, quorumSyncServers));
    const known = new Map(
      [...Map.groupBy(sightings, ({ path }) => path)].map(([path, own]) => [path, new Known(own)]),
    );
    const result = conclude(syncBarrier, {
      history,
      opportunities: strict.length,
      leastOpportunities,
      opportunity: 'reads behind a sync that is a quorum round',
      evidence: [...findContradictions(sightings), ...strict.flatMap((call) => findStale(call, known))],
      doubts: [],
    });
    if (barriers.length === 0 || strict.length > 0 || result.verdict === 'violated') return result;
    return notSupported(
      result,
      barriers.filter((call) => findStale(call, known).length > 0).length,
      barriers.length,
    );
  },
});

function notSupported(result: GuaranteeResult, stale: number, barriers: number): GuaranteeResult {
  return {
    ...result,
    verdict: 'not-supported',
    reason: `no server declares that its sync is a quorum round; of ${countOf(barriers, 'read')} behind a sync ${stale} missed a write`,
  };
}

/** Both servers count where the session moved in between: who answered the sync, and who answered the reads. */
function isStrict(call: Call, quorumSyncServers: ReadonlySet<number>): boolean {
  const server = call.completion?.server;
  const { syncedBy } = readOf(call);
  return (
    server !== undefined &&
    quorumSyncServers.has(server) &&
    syncedBy !== null &&
    quorumSyncServers.has(syncedBy)
  );
}

interface Sighting extends BarrierSighting {
  readonly call: Call;
}

function readOf({ completion }: Call): BarrierRead {
  return (completion === null ? { syncedBy: null, seen: [] } : valueOf(completion)) as BarrierRead;
}

function sightingsOf(call: Call): Sighting[] {
  const { f, outcome, completion } = call;
  if (outcome !== 'ok' || completion === null) return [];
  if (barrierFunctions.has(f) || f === 'plain-reads') {
    return readOf(call).seen.map((sighting) => ({ ...sighting, call }));
  }
  const { version } = completion;
  const path = pathOf(completion);
  if (version === undefined || path === null) return [];
  return [{ path, value: Number(valueOf(completion)), version, call }];
}

/** What was known of one znode at any time. */
class Known {
  readonly #sightings: readonly Sighting[];
  /** By position: the one with the highest version up to there. */
  readonly #highest: Sighting[] = [];

  constructor(sightings: readonly Sighting[]) {
    this.#sightings = sightings.toSorted((one, other) => timeOf(one.call) - timeOf(other.call));
    for (const sighting of this.#sightings) {
      const last = this.#highest.at(-1);
      this.#highest.push(last === undefined || sighting.version > last.version ? sighting : last);
    }
  }

  /** The newest that anybody had been told before this time; equal times are concurrent. */
  before(time: number): Sighting | null {
    let low = 0;
    let high = this.#sightings.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (timeOf((this.#sightings[middle] as Sighting).call) < time) low = middle + 1;
      else high = middle;
    }
    return this.#highest[low - 1] ?? null;
  }
}

/** One finding for each read: its znodes are behind for one reason. */
function findStale(call: Call, known: ReadonlyMap<string, Known>): Evidence[] {
  for (const sighting of readOf(call).seen) {
    const newest = known.get(sighting.path)?.before(call.invocation.time) ?? null;
    if (newest === null || newest.version <= sighting.version) continue;
    const began = `a sync that began at ${describeTime(call.invocation.time)}`;
    return [
      {
        subject: sighting.path,
        sentence: `${describe({ ...sighting, call })} behind ${began}, after ${describe(newest)}`,
        operations: [...operationsOf(newest.call), ...operationsOf(call)],
      },
    ];
  }
  return [];
}

/** A version of a znode is one value, whoever reads it. */
function findContradictions(sightings: readonly Sighting[]): Evidence[] {
  const told = new Map<string, Sighting>();
  const evidence: Evidence[] = [];
  for (const sighting of sightings) {
    const key = `${sighting.path} ${sighting.version}`;
    const other = told.get(key) ?? sighting;
    told.set(key, other);
    if (other.value === sighting.value) continue;
    evidence.push({
      subject: sighting.path,
      sentence: `${describe(sighting)}, but ${describe(other)}`,
      operations: [...operationsOf(other.call), ...operationsOf(sighting.call)],
    });
  }
  return evidence;
}

/** `barrier-read of process 3 on server 2 showed 17 (version 9) at 1.250 s`. */
function describe({ value, version, call }: Sighting): string {
  const server = call.completion?.server;
  const where = server === undefined ? '' : ` on ${serversOf([server])}`;
  const what = call.f === 'barrier-write' ? 'was acknowledged with' : 'showed';
  return `${call.f} of process ${call.process}${where} ${what} ${value} (version ${version}) at ${describeTime(timeOf(call))}`;
}
