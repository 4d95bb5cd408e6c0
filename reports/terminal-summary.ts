// The end of a run on a terminal: verdict per guarantee, and for a failed run what its reader needs to do.

import { dirname } from 'node:path';
import pc from 'picocolors';
import type { GuaranteeResult, Verdict } from '../checkers/verdict.ts';
import type { RunResult } from '../harness/run/run-result.ts';
import { count, describeRun, headline, latencyText, verdictMarks } from './words.ts';

type Colors = ReturnType<typeof pc.createColors>;

export function renderSummary(
  result: RunResult,
  options: { readonly colors: boolean; readonly report?: string },
): string {
  const colors = pc.createColors(options.colors);
  const { ok, fail, info } = result.operations;
  const titleWidth = Math.max(...result.guarantees.map((guarantee) => guarantee.title.length), 0);
  const lines = [
    ...result.guarantees
      .filter((guarantee) => guarantee.verdict === 'violated')
      .flatMap((guarantee) => violation(guarantee, colors)),
    ...result.problems.map((problem) => `${colors.red(`${problem.kind} failure`)}: ${problem.message}`),
    ...result.guarantees.map((guarantee) => guaranteeLine(guarantee, titleWidth, colors)),
    '',
    paint(result.verdict, colors)(headline(result)),
    `  ${describeRun(result)}`,
    `  ${count(ok)} acknowledged, ${count(fail)} failed, ${count(info)} in doubt · ${faultCounts(result)}`,
    ...(latencyText(result) === null ? [] : [`  latency  ${latencyText(result)}`]),
    `  replay   ${result.replayCommand}`,
    ...(canShrink(result) && options.report !== undefined
      ? [`  shrink   npx ordeal shrink ${dirname(options.report)}`]
      : []),
    ...(options.report === undefined ? [] : [`  report   ${options.report}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A simulated run that fails can be had again, and so made smaller. */
function canShrink({ world, verdict, options }: RunResult): boolean {
  return world === 'sim' && verdict === 'violated' && options.script === undefined;
}

function violation(guarantee: GuaranteeResult, colors: Colors): string[] {
  const lines = guarantee.evidence
    .slice(0, 3)
    .flatMap((evidence) => [
      colors.red(`violated: ${guarantee.title}, ${evidence.subject}`),
      `  ${evidence.sentence}`,
    ]);
  const more = guarantee.evidence.length - 3;
  return [...lines, ...(more > 0 ? [`  and ${more} more, in the report`] : []), ''];
}

function guaranteeLine(guarantee: GuaranteeResult, titleWidth: number, colors: Colors): string {
  const word = paint(
    guarantee.verdict,
    colors,
  )(`${verdictMarks[guarantee.verdict]} ${guarantee.verdict.padEnd(13)}`);
  const reason = guarantee.reason === undefined ? '' : ` · ${guarantee.reason}`;
  return `${word} ${guarantee.title.padEnd(titleWidth)}  ${count(guarantee.opportunities)} opportunities${reason}`;
}

function faultCounts(result: RunResult): string {
  if (result.faults.length === 0) return 'no faults';
  const counts = new Map<string, number>();
  for (const fault of result.faults) counts.set(fault.nemesis, (counts.get(fault.nemesis) ?? 0) + 1);
  return [...counts].map(([name, n]) => `${n} × ${name}`).join(', ');
}

function paint(verdict: Verdict, colors: Colors): (text: string) => string {
  switch (verdict) {
    case 'pass':
      return colors.green;
    case 'violated':
      return colors.red;
    case 'inconclusive':
      return colors.yellow;
    case 'not-exercised':
    case 'not-supported':
      return colors.dim;
  }
}
