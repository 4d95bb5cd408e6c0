// From findings to a verdict, the same way for every guarantee: a violation outranks doubt, doubt outranks
// too few opportunities, and only then it is a pass. What was not looked at never passes.

import type { Operation } from '../harness/history/operation.ts';
import type { Checker, Evidence, GuaranteeResult } from './verdict.ts';

/** Enough to read; the count of all of them goes into the reason. */
const mostEvidence = 10;

export interface Findings {
  /** What the evidence may speak of, in the order of `index`; evidence of a stream has its entries already. */
  readonly history: readonly Operation[];
  readonly opportunities: number;
  readonly leastOpportunities: number;
  readonly evidence: readonly Evidence[];
  /** Why the history cannot be judged, or not all of it. */
  readonly doubts: readonly string[];
  /** What an opportunity is, for the reason of `not-exercised`: `judged sync-reads and cas`. */
  readonly opportunity: string;
}

export function conclude(checker: Pick<Checker, 'name' | 'title'>, findings: Findings): GuaranteeResult {
  const { opportunities, leastOpportunities } = findings;
  const result = {
    name: checker.name,
    title: checker.title,
    opportunities,
    leastOpportunities,
    evidence: findings.evidence
      .slice(0, mostEvidence)
      .map((item) => restoreOperations(item, findings.history)),
  };
  if (findings.evidence.length > 0) return { ...result, verdict: 'violated', ...reasonOf(findings) };
  if (findings.doubts.length > 0) {
    return { ...result, verdict: 'inconclusive', reason: findings.doubts.join('; ') };
  }
  if (opportunities < leastOpportunities) {
    const reason = `${findings.opportunity}: ${opportunities}, needs at least ${leastOpportunities}`;
    return { ...result, verdict: 'not-exercised', reason };
  }
  return { ...result, verdict: 'pass' };
}

/** Checkers work on values without their key; a reader wants the entries as the history has them. */
export function restoreOperations(evidence: Evidence, history: readonly Operation[]): Evidence {
  const operations = evidence.operations.map((operation) => findEntry(history, operation.index) ?? operation);
  return { ...evidence, operations };
}

/** Of a whole history an entry's index is its place; of the entries that concern a checker it is not. */
function findEntry(history: readonly Operation[], index: number): Operation | undefined {
  if (history[index]?.index === index) return history[index];
  let low = 0;
  let high = history.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const entry = history[middle] as Operation;
    if (entry.index === index) return entry;
    if (entry.index < index) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

function reasonOf({ evidence }: Findings): { readonly reason: string } {
  const first = evidence[0];
  const more = evidence.length > 1 ? ` (and ${evidence.length - 1} more)` : '';
  return { reason: first === undefined ? '' : `${first.subject}: ${first.sentence}${more}` };
}
