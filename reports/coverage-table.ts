// Coverage as text: a row for each fault, a column for each role and phase that a server can be in.

import { cellName, faultNames, isPossible, phases, roles } from '../harness/campaign/coverage.ts';
import type { Coverage, CoveredPhase, CoveredRole } from '../harness/campaign/coverage.ts';

const shortNames: Readonly<Record<CoveredPhase, string>> = {
  election: 'elect',
  discovery: 'disc',
  DIFF: 'DIFF',
  TRUNC: 'TRUNC',
  SNAP: 'SNAP',
  broadcast: 'bcast',
};
const least = 6;

/** Lines without colours, at most some 110 characters wide; a dash is a cell that was never reached. */
export function renderCoverageTable({ cells }: Pick<Coverage, 'cells'>): string[] {
  const names = faultNames(cells);
  const nameWidth = Math.max(...names.map((name) => name.length), 'fault met'.length);
  const columns = roles.map((role) => ({ role, met: phases.filter((phase) => isPossible(role, phase)) }));
  const cellOf = (name: string, role: CoveredRole, phase: CoveredPhase): string =>
    String(cells[cellName(name, role, phase)] ?? '–').padStart(least);
  return [
    `${''.padEnd(nameWidth)}  ${columns.map(({ role, met }) => role.padEnd(met.length * least)).join(' | ')}`.trimEnd(),
    `${'fault met'.padEnd(nameWidth)}  ${columns.map(({ met }) => met.map((phase) => shortNames[phase].padStart(least)).join('')).join(' | ')}`,
    ...names.map(
      (name) =>
        `${name.padEnd(nameWidth)}  ${columns.map(({ role, met }) => met.map((phase) => cellOf(name, role, phase)).join('')).join(' | ')}`,
    ),
  ];
}

/** `12 of 14 schedules came to their end at least once (never: …)`. */
export function describeSchedules({ schedules }: Pick<Coverage, 'schedules'>): string {
  const all = Object.entries(schedules).sort(([one], [other]) => (one < other ? -1 : 1));
  const never = all.filter(([, { whole }]) => whole === 0).map(([name]) => name);
  const runs = all.reduce((sum, [, { whole, givenUp }]) => sum + whole + givenUp, 0);
  const whole = all.reduce((sum, [, known]) => sum + known.whole, 0);
  const missing = never.length === 0 ? '' : `; never: ${never.join(', ')}`;
  return `${all.length} of them ${runs} times, ${whole} to the last step${missing}`;
}
