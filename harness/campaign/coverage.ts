// Where faults met servers: which fault, the role of its target, and the phase that the target was in. Cells that
// were never reached are what a campaign did not test, whatever its verdicts say.

import type { TraceEvent } from '../history/trace-event.ts';
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

export interface Coverage {
  readonly cells: FaultCells;
  readonly happenings: Happenings;
}

export function cellName(nemesis: string, role: CoveredRole, phase: CoveredPhase): string {
  return `${nemesis} ${role} ${phase}`;
}

interface Standing {
  role: CoveredRole;
  phase: CoveredPhase;
}

/** `events` in time; observers vote in no election. */
export function coverageOf(
  events: readonly TraceEvent[],
  faults: readonly InjectedFault[],
  observers: readonly number[],
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
  const waiting = faults.flatMap(blowsOf).sort((a, b) => a.startNs - b.startNs);
  const meet = (beforeNs: number): void => {
    for (;;) {
      const fault = waiting[0];
      if (fault === undefined || fault.startNs > beforeNs) return;
      waiting.shift();
      for (const sid of fault.targets) {
        const { role, phase } = standingOf(sid);
        const cell = cellName(fault.nemesis, role, phase);
        cells[cell] = (cells[cell] ?? 0) + 1;
      }
    }
  };
  for (const event of events) {
    meet(event.time);
    follow(event, standingOf, counts);
  }
  meet(Infinity);
  return { cells, happenings: counts };
}

/** What hits at one moment: a fault as a whole, or each blow of a directed schedule under the name of its kind. */
function blowsOf(fault: InjectedFault): Pick<InjectedFault, 'nemesis' | 'targets' | 'startNs'>[] {
  if (fault.strikes === undefined) return [fault];
  return fault.strikes.map(({ kind, sid, timeNs }) => ({ nemesis: kind, targets: [sid], startNs: timeNs }));
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
  const cells: Record<string, number> = { ...one.cells };
  for (const [cell, count] of Object.entries(other.cells)) cells[cell] = (cells[cell] ?? 0) + count;
  const counts = { ...one.happenings };
  for (const name of happenings) counts[name] += other.happenings[name];
  return { cells, happenings: counts };
}

export const noCoverage: Coverage = coverageOf([], [], []);
