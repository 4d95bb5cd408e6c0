// A run as JUnit XML: a test case per guarantee, so that a CI server names the one that broke. A violated
// guarantee is a failure; an inconclusive one, and a harness or environment that failed, are errors.

import { create } from 'xmlbuilder2';
import type { GuaranteeResult } from '../checkers/verdict.ts';
import type { RunResult } from '../harness/run/run-result.ts';
import { describeRun } from './words.ts';

export function renderJunit(result: RunResult): string {
  const tally = (verdicts: readonly string[]): number =>
    result.guarantees.filter((guarantee) => verdicts.includes(guarantee.verdict)).length;
  const suite = create({ version: '1.0', encoding: 'UTF-8' })
    .ele('testsuites')
    .ele('testsuite', {
      name: `ordeal ${result.options.workloads.join(',')}`,
      tests: result.guarantees.length + result.problems.length,
      failures: tally(['violated']),
      errors: tally(['inconclusive']) + result.problems.length,
      skipped: tally(['not-exercised', 'not-supported']),
      time: result.wallSeconds.toFixed(3),
      timestamp: result.startedAt.replace(/\.\d+Z$|Z$/, ''),
    });
  const properties = suite.ele('properties');
  for (const [name, value] of Object.entries({
    seed: result.seed,
    world: result.world,
    system: result.system,
    replay: result.replayCommand,
  })) {
    properties.ele('property', { name, value: String(value) });
  }
  for (const guarantee of result.guarantees) {
    const testCase = suite.ele('testcase', {
      classname: `ordeal.${result.system}`,
      name: guarantee.title,
      time: '0',
    });
    const outcome = outcomeOf(guarantee);
    if (outcome !== null)
      testCase.ele(outcome.element, { message: outcome.message }).txt(printable(outcome.text(result)));
  }
  for (const problem of result.problems) {
    suite
      .ele('testcase', {
        classname: `ordeal.${result.system}`,
        name: `${problem.kind}: run completes`,
        time: '0',
      })
      .ele('error', { message: printable(problem.message) })
      .txt(printable(describeRun(result)));
  }
  return suite.end({ prettyPrint: true });
}

interface Outcome {
  readonly element: 'failure' | 'error' | 'skipped';
  readonly message: string;
  text(result: RunResult): string;
}

function outcomeOf(guarantee: GuaranteeResult): Outcome | null {
  const reason = printable(guarantee.reason ?? '');
  switch (guarantee.verdict) {
    case 'pass':
      return null;
    case 'violated': {
      const lines = guarantee.evidence.map((evidence) => `${evidence.subject}: ${evidence.sentence}`);
      return {
        element: 'failure',
        message: printable(lines[0] ?? guarantee.title),
        text: (result) => [...lines, describeRun(result), `replay: ${result.replayCommand}`].join('\n'),
      };
    }
    case 'inconclusive':
      return { element: 'error', message: `inconclusive: ${reason}`, text: (result) => describeRun(result) };
    case 'not-exercised':
    case 'not-supported':
      return { element: 'skipped', message: `${guarantee.verdict}: ${reason}`, text: () => '' };
  }
}

/** XML 1.0 has no way to write most control characters, not even escaped. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}
