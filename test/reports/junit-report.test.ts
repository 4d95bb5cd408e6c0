import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { convert } from 'xmlbuilder2';
import { renderJunit } from '../../reports/junit-report.ts';
import { makeHistory, makeResult } from './fixtures.ts';

const history = makeHistory(200);

interface Parsed {
  testsuites: { testsuite: Record<string, string> & { testcase: Record<string, unknown>[] } };
}

function parse(xml: string): Parsed['testsuites']['testsuite'] {
  return (convert(xml, { format: 'object' }) as unknown as Parsed).testsuites.testsuite;
}

describe('JUnit report', () => {
  it('has a failure for a violated guarantee, with the evidence and the replay command', () => {
    const suite = parse(renderJunit(makeResult('violated', history)));

    assert.deepEqual(
      [suite['@tests'], suite['@failures'], suite['@errors'], suite['@skipped']],
      ['3', '1', '0', '1'],
    );
    const failure = suite.testcase[0]?.['failure'] as Record<string, string>;
    assert.match(failure['@message'] ?? '', /read 3 by process 2/);
    assert.match(failure['#'] ?? '', /replay: npx ordeal run --seed 7/);
  });

  it('has an error for an inconclusive guarantee and for a failed harness', () => {
    const result = makeResult('inconclusive', history);

    const suite = parse(
      renderJunit({ ...result, problems: [{ kind: 'harness', message: 'a recorder crashed' }] }),
    );

    assert.deepEqual([suite['@tests'], suite['@failures'], suite['@errors']], ['4', '0', '2']);
  });

  it('survives characters that XML cannot carry', () => {
    const result = makeResult('pass', history);

    const xml = renderJunit({
      ...result,
      problems: [{ kind: 'environment', message: 'bell \u0007 <tag> & "quote"' }],
    });

    assert.match(xml, /bell \ufffd/);
    assert.match(xml, /message="bell \ufffd &lt;tag&gt; &amp; &quot;quote&quot;"/);
    assert.equal(parse(xml)['@errors'], '1');
  });

  it('is indented, one element a line', () => {
    const [first, second, third, fourth] = renderJunit(makeResult('pass', history)).split('\n');

    assert.equal(first, '<?xml version="1.0" encoding="UTF-8"?>');
    assert.equal(second, '<testsuites>');
    assert.match(third ?? '', /^ {2}<testsuite name="ordeal register" tests="3" failures="0" /);
    assert.equal(fourth, '    <properties>');
  });
});
