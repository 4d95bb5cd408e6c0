// The invariants as one guarantee of a run. It is the only one that looks inside the servers, so a defect that
// it alone sees is one that no client could have seen.

import type { Evidence, GuaranteeResult } from '../verdict.ts';
import type { TraceFinding, TraceJudge } from './judge-trace.ts';

export const traceGuarantee = {
  name: 'trace-invariants',
  title: 'what servers report obeys the protocol',
  description:
    'elections, epochs, logs, commits, sessions and replies keep the invariants of ZAB (sim world)',
} as const;

/** Null: the world knows no order of what its servers report. */
export function concludeTrace(judge: Pick<TraceJudge, 'conclude'> | null): GuaranteeResult {
  const { name, title } = traceGuarantee;
  const common = { name, title, leastOpportunities: 1 };
  if (judge === null) {
    const reason = 'only the simulated world knows in which order its servers did what they report';
    return { ...common, verdict: 'not-supported', opportunities: 0, reason, evidence: [] };
  }
  const { findings, looks } = judge.conclude();
  const opportunities = [...looks.values()].reduce((sum, count) => sum + count, 0);
  const [first] = findings;
  if (first !== undefined) {
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
    const evidence = findings.map(evidenceOf);
    return { ...common, verdict: 'violated', opportunities, reason: `${describe(first)}${more}`, evidence };
  }
  if (opportunities === 0) {
    const reason = 'the servers reported nothing';
    return { ...common, verdict: 'not-exercised', opportunities, reason, evidence: [] };
  }
  return { ...common, verdict: 'pass', opportunities, evidence: [] };
}

function describe({ invariant, sentence }: TraceFinding): string {
  return `${invariant.id} ${invariant.name}: ${sentence}`;
}

function evidenceOf({ invariant, sentence, events, count }: TraceFinding): Evidence {
  const last = events.at(-1);
  const at = last === undefined ? '' : ` at ${(last.time / 1e9).toFixed(3)} s`;
  return {
    subject: `${invariant.id} ${invariant.name}`,
    sentence: `${sentence}${at}`,
    operations: [],
    details: { events, count },
  };
}
