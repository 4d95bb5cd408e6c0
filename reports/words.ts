// Words and numbers as every report writes them, so that the terminal, the page and the XML say the same.

import type { RunResult } from '../harness/run/run-result.ts';
import type { Verdict } from '../checkers/verdict.ts';

/** A mark beside the word, so that a verdict never depends on colour alone. */
export const verdictMarks: Readonly<Record<Verdict, string>> = {
  pass: '✓',
  violated: '✗',
  inconclusive: '?',
  'not-exercised': '–',
  'not-supported': '–',
};

export function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** The run in one line: what ran where, under what. */
export function describeRun(result: RunResult): string {
  const { options } = result;
  const observers = options.observers > 0 ? ` + ${options.observers} observers` : '';
  const mutant = options.mutant === null ? '' : ` · mutant ${options.mutant}`;
  const nemeses = options.nemeses.length === 0 ? 'none' : options.nemeses.join(',');
  return (
    `seed ${result.seed} · ${result.world} · system ${result.system} × ${options.servers}${observers}` +
    ` · workload ${options.workloads.join(',')} · nemesis ${nemeses}${mutant}`
  );
}

/** The verdict as a headline that needs no context. */
export function headline(result: RunResult): string {
  const violated = result.guarantees.filter((guarantee) => guarantee.verdict === 'violated');
  if (violated.length > 0) return `Violated: ${violated.map((guarantee) => guarantee.title).join('; ')}`;
  const problem = result.problems[0];
  if (problem !== undefined)
    return problem.kind === 'harness' ? 'The harness failed' : 'The environment failed';
  if (result.verdict === 'pass') return 'Passed: every exercised guarantee held';
  const open = result.guarantees.filter((guarantee) => guarantee.verdict === 'inconclusive');
  return open.length > 0
    ? `Inconclusive: ${open.map((guarantee) => guarantee.title).join('; ')}`
    : 'Inconclusive';
}

/** A value of the history as a person would write it: `[key, value]` pairs without their key. */
export function plainValue(value: unknown): string {
  const inner = Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' ? value[1] : value;
  if (inner === null || inner === undefined) return '';
  if (typeof inner === 'string') return inner;
  if (typeof inner === 'number' || typeof inner === 'boolean') return String(inner);
  if (Array.isArray(inner) && inner.length > 8) return `${count(inner.length)} elements`;
  if (isConditional(inner)) return `${inner.value} if version ${inner.version}`;
  const text = JSON.stringify(inner);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What a compare-and-set by version was asked to do. */
function isConditional(value: object): value is { readonly version: number; readonly value: number } {
  return (
    'version' in value &&
    typeof value.version === 'number' &&
    'value' in value &&
    typeof value.value === 'number'
  );
}

/** `p50 1.2 ms, p99 8.0 ms, max 20.1 ms in quiet; p50 …`; null where nothing was measured. */
export function latencyText({ latency }: Pick<RunResult, 'latency'>): string | null {
  if (latency === undefined) return null;
  const phases = [
    { phase: latency.quiet, when: 'in quiet' },
    { phase: latency.faults, when: 'under faults' },
  ];
  const texts = phases
    .filter(({ phase }) => phase.count > 0)
    .map(({ phase, when }) => {
      const { p50, p99, max } = phase;
      return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms ${when}`;
    });
  return texts.length === 0 ? null : texts.join('; ');
}
