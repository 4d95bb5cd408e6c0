import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { renderSummary } from '../../reports/terminal-summary.ts';
import { makeHistory, makeResult } from './fixtures.ts';

const history = makeHistory(200);

describe('terminal summary', () => {
  it('tells the reader of a failed run what to do', () => {
    const summary = renderSummary(makeResult('violated', history), {
      colors: false,
      report: 'runs/x/report.html',
    });

    assert.equal(
      summary,
      `violated: linearizable writes and sync-reads, /register/3
  read 3 by process 2 at 4.218 s, after write 4 was acknowledged at 4.101 s

✗ violated      linearizable writes and sync-reads  1,822 opportunities
✓ pass          sessions never go back              4,100 opportunities
– not-exercised acknowledged writes are never lost  0 opportunities · no acknowledged create

Violated: linearizable writes and sync-reads
  seed 7 · sim · system zab × 5 · workload register · nemesis partition,kill
  5,400 acknowledged, 300 failed, 300 in doubt · 1 × partition, 1 × kill
  replay   npx ordeal run --seed 7 --workload register --nemesis partition,kill
  shrink   npx ordeal shrink runs/x
  report   runs/x/report.html
`,
    );
  });

  it('tells how long answers took, where anything was measured', () => {
    const quiet = { count: 900, p50: 1.25, p99: 8, max: 20.14 };
    const nothing = { count: 0, p50: 0, p99: 0, max: 0 };
    const result = { ...makeResult('pass', history), latency: { quiet, faults: nothing } };

    const summary = renderSummary(result, { colors: false });

    assert.match(summary, /^  latency  p50 1\.3 ms, p99 8\.0 ms, max 20\.1 ms in quiet$/m);
  });

  it('names a harness failure before anything passed', () => {
    const result = makeResult('pass', history);

    const summary = renderSummary(
      { ...result, problems: [{ kind: 'harness', message: 'pause of server 2 did not bite' }] },
      { colors: false },
    );

    assert.match(summary, /^harness failure: pause of server 2 did not bite\n/);
    assert.match(summary, /\nThe harness failed\n/);
  });

  it('colours only when asked to', () => {
    const escape = '\u001b[';

    assert.ok(!renderSummary(makeResult('pass', history), { colors: false }).includes(escape));
    assert.ok(renderSummary(makeResult('pass', history), { colors: true }).includes(escape));
  });
});
