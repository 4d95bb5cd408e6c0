// A run as JUnit XML: a test case per guarantee, so that a CI server names the one that broke. A violated
// guarantee is a failure; an inconclusive one, and a harness or environment that failed, are errors.

import type { GuaranteeResult } from '../checkers/verdict.ts';
import type { RunResult } from '../harness/run/run-result.ts';
import { describeRun } from './words.ts';
import { renderXml } from './xml.ts';
import type { XmlElement } from './xml.ts';

export function renderJunit(result: RunResult): string {
  return renderXml(element('testsuites', {}, [renderSuite(result)]));
}

function renderSuite(result: RunResult): XmlElement {
  const { guarantees, problems } = result;
  const tally = (verdicts: readonly string[]): number =>
    guarantees.filter((guarantee) => verdicts.includes(guarantee.verdict)).length;
  const counts = {
    tests: guarantees.length + problems.length,
    failures: tally(['violated']),
    errors: tally(['inconclusive']) + problems.length,
    skipped: tally(['not-exercised', 'not-supported']),
  };
  return element(
    'testsuite',
    {
      name: `ordeal ${result.options.workloads.join(',')}`,
      ...counts,
      time: result.wallSeconds.toFixed(3),
      timestamp: result.startedAt.replace(/\.\d+Z$|Z$/, ''),
    },
    [
      renderProperties(result),
      ...guarantees.map((guarantee) => renderGuarantee(guarantee, result)),
      ...problems.map((problem) => renderProblem(problem, result)),
    ],
  );
}

function renderProperties({ seed, world, system, replayCommand }: RunResult): XmlElement {
  const facts = Object.entries({ seed, world, system, replay: replayCommand });
  return element(
    'properties',
    {},
    facts.map(([name, value]) => element('property', { name, value })),
  );
}

function renderGuarantee(guarantee: GuaranteeResult, result: RunResult): XmlElement {
  const outcome = outcomeOf(guarantee);
  if (outcome === null) return testCase(guarantee.title, result, []);
  const { message } = outcome;
  return testCase(guarantee.title, result, [element(outcome.element, { message }, outcome.text(result))]);
}

function renderProblem({ kind, message }: RunResult['problems'][number], result: RunResult): XmlElement {
  return testCase(`${kind}: run completes`, result, [element('error', { message }, describeRun(result))]);
}

function testCase(name: string, { system }: RunResult, content: XmlElement['content']): XmlElement {
  return element('testcase', { classname: `ordeal.${system}`, name, time: '0' }, content);
}

function element(
  name: string,
  attributes: XmlElement['attributes'],
  content: XmlElement['content'] = [],
): XmlElement {
  return { name, attributes, content };
}

interface Outcome {
  readonly element: 'failure' | 'error' | 'skipped';
  readonly message: string;
  text(result: RunResult): string;
}

function outcomeOf(guarantee: GuaranteeResult): Outcome | null {
  const { reason = '' } = guarantee;
  switch (guarantee.verdict) {
    case 'pass':
      return null;
    case 'violated': {
      const lines = guarantee.evidence.map((evidence) => `${evidence.subject}: ${evidence.sentence}`);
      return {
        element: 'failure',
        message: lines[0] ?? guarantee.title,
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
