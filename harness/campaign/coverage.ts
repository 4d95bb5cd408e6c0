// Where faults met servers: which fault, the role of its target, the phase that the target was in, and what clients
// were waiting for. Cells that were never reached are what a campaign did not test, whatever its verdicts say.

import type { Operation } from '../history/operation.ts';
import type { TraceEvent } from '../history/trace-event.ts';
import { wholeSchedule } from '../nemesis/directed/directed-fault.ts';
import type { InjectedFault } from '../run/run-result.ts';

export const roles = ['leader', 'follower', 'observer'] as const;
export type CoveredRole = (typeof roles)[number];

export const phases = ['election', 'discovery', 'DIFF', 'TRUNC', 'SNAP', 'broadcast'] as const;
export type CoveredPhase = (typeof phases)[number];

/** `kill follower SNAP` → how often. */
export type FaultCells = Readonly<Record<string, number>>;

/** How often what happened that not every run has, whether a fault met it or not. */
export const happenings = [
  'elections',
  'DIFF',
  'TRUNC',
  'SNAP',
  'snapshots',
  'restarts',
  'expired sessions',
] as const;
export type Happenings = Readonly<Record<(typeof happenings)[number], number>>;

/** A leader neither looks for one nor is it brought up to date. */
export function isPossible(role: CoveredRole, phase: CoveredPhase): boolean {
  return role !== 'leader' || phase === 'discovery' || phase === 'broadcast';
}

export interface Coverage {
  readonly cells: FaultCells;
  /** `kill write` → how often the fault struck while such an operation was under way. */
  readonly operations: FaultCells;
  /** Directed schedules: how often every step was taken, and how often one was given up. */
  readonly schedules: Readonly<Record<string, { readonly whole: number; readonly givenUp: number }>>;
  readonly happenings: Happenings;
}

/** Of cells by `fault …`, each once, sorted. */
export function faultNames(cells: FaultCells): string[] {
  return [...new Set(Object.keys(cells).map((cell) => cell.split(' ', 1)[0] ?? cell))].sort();
}

export function cellName(nemesis: string, role: CoveredRole, phase: CoveredPhase): string {
  return `${nemesis} ${role} ${phase}`;
}

interface Standing {
  role: CoveredRole;
  phase: CoveredPhase;
}

/** Reports that tell where a server stands, or that are counted. */
const telling: ReadonlySet<string> = new Set([
  'LOAD',
  'STATE',
  'SYNC_SEND',
  'ACTIVATE',
  'UPTODATE',
  'SNAP_TAKE',
  'EXPIRE_DECIDE',
]);

/** What coverage needs of a trace: one report in a thousand, each with its place among all. */
export class CoverageTape {
  readonly entries: { readonly position: number; readonly event: TraceEvent }[] = [];
  #position = 0;

  /** To be shown every report from the first on. */
  readonly take = (event: TraceEvent): void => {
    const position = this.#position++;
    if (telling.has(event.event)) this.entries.push({ position, event });
  };
}

/** Observers vote in no election. */
export function coverageOf(
  { entries }: Pick<CoverageTape, 'entries'>,
  faults: readonly InjectedFault[],
  observers: readonly number[],
  history: readonly Operation[] = [],
): Coverage {
  const standings = new Map<number, Standing>();
  const standingOf = (sid: number): Standing => {
    const known = standings.get(sid);
    if (known !== undefined) return known;
    const standing: Standing = { role: observers.includes(sid) ? 'observer' : 'follower', phase: 'election' };
    standings.set(sid, standing);
    return standing;
  };
  const counts: Record<(typeof happenings)[number], number> = {
    elections: 0,
    DIFF: 0,
    TRUNC: 0,
    SNAP: 0,
    snapshots: 0,
    restarts: 0,
    'expired sessions': 0,
  };
  const cells: Record<string, number> = {};
  const blows = faults.flatMap(blowsOf).sort((a, b) => a.startNs - b.startNs);
  const waiting = [...blows];
  const meet = (beforeNs: number, position: number): void => {
    for (;;) {
      const fault = waiting[0];
      if (fault === undefined) return;
      const isLater = fault.reports === undefined ? fault.startNs > beforeNs : fault.reports > position;
      if (isLater) return;
      waiting.shift();
      for (const sid of fault.targets) {
        const { role, phase } = standingOf(sid);
        const cell = cellName(fault.nemesis, role, phase);
        cells[cell] = (cells[cell] ?? 0) + 1;
      }
    }
  };
  for (const { position, event } of entries) {
    meet(event.time, position);
    follow(event, standingOf, counts);
  }
  meet(Infinity, Infinity);
  return {
    cells,
    operations: operationsMet(blows, history),
    schedules: schedulesOf(faults),
    happenings: counts,
  };
}

/** What was under way when each blow fell, each kind of operation once a blow. */
function operationsMet(blows: readonly Blow[], history: readonly Operation[]): FaultCells {
  const cells: Record<string, number> = {};
  const open = new Map<Operation['process'], string>();
  let at = 0;
  for (const { nemesis, startNs } of blows) {
    for (let next = history[at]; next !== undefined && next.time <= startNs; next = history[++at]) {
      if (next.process === 'nemesis') continue;
      if (next.type === 'invoke') open.set(next.process, next.f);
      else open.delete(next.process);
    }
    for (const f of new Set(open.values())) {
      const cell = `${nemesis} ${f}`;
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
  }
  return cells;
}

function schedulesOf(faults: readonly InjectedFault[]): Coverage['schedules'] {
  const schedules: Record<string, { whole: number; givenUp: number }> = {};
  for (const { nemesis, shape, strikes } of faults) {
    if (strikes === undefined) continue;
    const known = (schedules[nemesis] ??= { whole: 0, givenUp: 0 });
    if (shape === wholeSchedule) known.whole += 1;
    else known.givenUp += 1;
  }
  return schedules;
}

type Blow = Pick<InjectedFault, 'nemesis' | 'targets' | 'startNs'> & {
  /** Of a directed schedule, which strikes because of a report: how many there were by then. */
  readonly reports?: number;
};

/** What hits at one moment: a fault as a whole, or each blow of a directed schedule under the name of its kind. */
function blowsOf(fault: InjectedFault): Blow[] {
  if (fault.strikes === undefined) return [fault];
  return fault.strikes.map(({ kind, sid, timeNs, reports }) => ({
    nemesis: kind,
    targets: [sid],
    startNs: timeNs,
    reports,
  }));
}

function follow(
  event: TraceEvent,
  standingOf: (sid: number) => Standing,
  counts: Record<(typeof happenings)[number], number>,
): void {
  const standing = standingOf(event.sid);
  switch (event.event) {
    case 'LOAD':
      if (event.incarnation > 1) counts.restarts += 1;
      standing.phase = 'election';
      return;
    case 'STATE':
      standing.phase = event.state === 'looking' ? 'election' : 'discovery';
      if (standing.role !== 'observer') standing.role = event.state === 'leading' ? 'leader' : 'follower';
      return;
    case 'SYNC_SEND': {
      const mode = event.mode as 'DIFF' | 'TRUNC' | 'SNAP' | undefined;
      if (mode === undefined || event.to === undefined) return;
      counts[mode] += 1;
      standingOf(event.to).phase = mode;
      return;
    }
    case 'ACTIVATE':
      counts.elections += 1;
      standing.phase = 'broadcast';
      return;
    case 'UPTODATE':
      standing.phase = 'broadcast';
      return;
    case 'SNAP_TAKE':
      counts.snapshots += 1;
      return;
    case 'EXPIRE_DECIDE':
      counts['expired sessions'] += 1;
  }
}

export function addCoverage(one: Coverage, other: Coverage): Coverage {
  const schedules = { ...one.schedules };
  for (const [name, { whole, givenUp }] of Object.entries(other.schedules)) {
    const known = schedules[name] ?? { whole: 0, givenUp: 0 };
    schedules[name] = { whole: known.whole + whole, givenUp: known.givenUp + givenUp };
  }
  const counts = { ...one.happenings };
  for (const name of happenings) counts[name] += other.happenings[name];
  return {
    cells: addCells(one.cells, other.cells),
    operations: addCells(one.operations, other.operations),
    schedules,
    happenings: counts,
  };
}

function addCells(one: FaultCells, other: FaultCells): FaultCells {
  const cells: Record<string, number> = { ...one };
  for (const [cell, count] of Object.entries(other)) cells[cell] = (cells[cell] ?? 0) + count;
  return cells;
}

export const noCoverage: Coverage = coverageOf({ entries: [] }, [], []);
