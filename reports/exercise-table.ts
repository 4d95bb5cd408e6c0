// What every guarantee of a campaign was given to break, as text: a row for each, under its workload.

import type { Verdict } from '../checkers/verdict.ts';
import type { Exercise } from '../harness/campaign/campaign-result.ts';
import { count } from './words.ts';

/** The verdicts that a reader looks for, each with its column. */
export const exerciseVerdicts = [
  'pass',
  'violated',
  'inconclusive',
  'not-exercised',
  'not-supported',
] as const;

const columns: readonly { readonly title: string; readonly verdict?: Verdict }[] = [
  { title: 'pass', verdict: 'pass' },
  { title: 'violated', verdict: 'violated' },
  { title: 'inconclusive', verdict: 'inconclusive' },
  { title: 'not exercised', verdict: 'not-exercised' },
  { title: 'opportunities' },
  { title: 'least' },
  { title: 'median' },
];

/** Lines without colours; a guarantee that no run could judge is left out. A dash is a verdict that no run came to. */
export function renderExerciseTable(exercises: readonly Exercise[]): string[] {
  const shown = exercises.filter(({ opportunities }) => opportunities.least !== null);
  const rows = [
    ['guarantee', ...columns.map(({ title }) => title)],
    ...shown.map((exercise) => [nameOf(exercise), ...cellsOf(exercise)]),
  ];
  const widths = [0, ...columns].map((_, place) => Math.max(...rows.map((row) => row[place]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, place) => (place === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[place] ?? 0)))
      .join('  '),
  );
}

function nameOf({ workload, guarantee }: Exercise): string {
  return workload === null ? guarantee : `${workload}: ${guarantee}`;
}

function cellsOf({ verdicts, opportunities }: Exercise): string[] {
  return columns.map(({ title, verdict }) => {
    if (verdict !== undefined) return numberOrDash(verdicts[verdict]);
    if (title === 'opportunities') return count(opportunities.sum);
    return numberOrDash((title === 'least' ? opportunities.least : opportunities.median) ?? undefined);
  });
}

function numberOrDash(number: number | undefined): string {
  return number === undefined ? '–' : count(number);
}
