// A run as JUnit XML: a test case per guarantee, so that a CI server names the one that broke. A violated
// guarantee is a failure; an inconclusive one, and a harness or environment that failed, are errors.

import XmlBuilder from 'fast-xml-builder';
import type { GuaranteeResult } from '../checkers/verdict.ts';
import type { RunResult } from '../harness/run/run-result.ts';
import { describeRun } from './words.ts';

/** For the builder: `@` begins the name of an attribute, `#` is the text, a list is as many elements. */
interface XmlElement {
  readonly [key: string]: string | number | XmlElement | readonly XmlElement[];
}

export function renderJunit(result: RunResult): string {
  const builder = new XmlBuilder({
    attributeNamePrefix: '@',
    textNodeName: '#',
    ignoreAttributes: false,
    suppressBooleanAttributes: false,
    suppressEmptyNode: true,
    format: true,
  });
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: { testsuite: suiteOf(result) },
  });
}

function suiteOf(result: RunResult): XmlElement {
  const { guarantees, problems } = result;
  const tally = (verdicts: readonly string[]): number =>
    guarantees.filter((guarantee) => verdicts.includes(guarantee.verdict)).length;
  return {
    '@name': `ordeal ${result.options.workloads.join(',')}`,
    '@tests': guarantees.length + problems.length,
    '@failures': tally(['violated']),
    '@errors': tally(['inconclusive']) + problems.length,
    '@skipped': tally(['not-exercised', 'not-supported']),
    '@time': result.wallSeconds.toFixed(3),
    '@timestamp': result.startedAt.replace(/\.\d+Z$|Z$/, ''),
    properties: { property: propertiesOf(result) },
    testcase: [
      ...guarantees.map((guarantee) => caseOf(guarantee, result)),
      ...problems.map(({ kind, message }) =>
        testCase(`${kind}: run completes`, result, { error: told(message, describeRun(result)) }),
      ),
    ],
  };
}

function propertiesOf({ seed, world, system, replayCommand }: RunResult): XmlElement[] {
  return Object.entries({ seed, world, system, replay: replayCommand }).map(([name, value]) => ({
    '@name': name,
    '@value': printable(String(value)),
  }));
}

function caseOf(guarantee: GuaranteeResult, result: RunResult): XmlElement {
  const outcome = outcomeOf(guarantee);
  if (outcome === null) return testCase(guarantee.title, result, {});
  return testCase(guarantee.title, result, {
    [outcome.element]: told(outcome.message, outcome.text(result)),
  });
}

function testCase(name: string, { system }: RunResult, content: XmlElement): XmlElement {
  return { '@classname': `ordeal.${system}`, '@name': name, '@time': '0', ...content };
}

function told(message: string, text: string): XmlElement {
  return { '@message': printable(message), '#': printable(text) };
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

/** XML 1.0 has no way to write most control characters, not even escaped. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}
