import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { runCampaign } from '../../../harness/campaign/campaign.ts';
import type { CampaignOptions } from '../../../harness/campaign/campaign-result.ts';
import { drawRun } from '../../../harness/campaign/draw-run.ts';
import { campaignHeadline, renderCampaignReport } from '../../../reports/campaign-report.ts';

const runsDirectory = mkdtempSync(join(tmpdir(), 'ordeal-campaign-'));
const options: CampaignOptions = {
  count: 2,
  seed: 100,
  shard: { index: 1, of: 1 },
  jobs: 2,
  timeLimitMs: 3_000,
  workloads: null,
  nemeses: null,
  runsDirectory,
  mostFolders: 1,
};

describe('a run of a campaign', () => {
  it('is drawn from its seed alone', () => {
    assert.deepEqual(drawRun(7), drawRun(7));
    assert.notDeepEqual({ ...drawRun(7), seed: 0 }, { ...drawRun(8), seed: 0 });
  });

  it('has what its size allows, and never nothing', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const { servers, observers, nemeses, workloads } = drawRun(seed);
      assert.ok(nemeses.length > 0 && workloads.length > 0);
      if (servers === 1) {
        assert.equal(observers, 0);
        assert.ok(!nemeses.includes('partition'), `${nemeses.join()} for one server`);
      }
    }
  });

  it('differs from run to run in every respect', () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => drawRun(seed));
    for (const field of [
      'servers',
      'observers',
      'tickMs',
      'snapCount',
      'commitLogCount',
      'processes',
    ] as const) {
      assert.ok(new Set(drawn.map((run) => run[field])).size >= 3, field);
    }
  });
});

describe('a campaign', function () {
  this.timeout(60_000);
  after(() => rmSync(runsDirectory, { recursive: true, force: true }));

  it('is the same with one process and with two, and leaves no folders of runs that passed', async () => {
    const two = await runCampaign(options);
    const one = await runCampaign({ ...options, jobs: 1 });

    assert.equal(one.traceHash, two.traceHash);
    assert.deepEqual(one.operations, two.operations);
    assert.deepEqual(one.coverage, two.coverage);
    assert.equal(two.count, 2);
    assert.deepEqual([two.violated, two.inconclusive], [[], []]);
    assert.deepEqual(readdirSync(runsDirectory), []);
  });

  it('splits into shards that together are the whole', async () => {
    const shards = await Promise.all(
      [1, 2].map((index) => runCampaign({ ...options, jobs: 1, shard: { index, of: 2 } })),
    );
    const whole = await runCampaign(options);

    const sum = shards.reduce((total, { operations }) => total + operations.ok, 0);
    assert.equal(sum, whole.operations.ok);
    assert.deepEqual(
      shards.map(({ count }) => count),
      [1, 1],
    );
  });

  it('asks every run for what it was told, and counts what each guarantee was given to break', async () => {
    const workloads = { names: ['set', 'register'], isEach: true };
    const result = await runCampaign({ ...options, jobs: 1, workloads, nemeses: ['kill'] });

    const durability = result.exercises.filter(({ guarantee }) => guarantee === 'durability');
    assert.equal(result.count, 4);
    assert.deepEqual([result.violated, result.inconclusive], [[], []]);
    assert.deepEqual(Object.keys(result.faults), ['kill']);
    assert.deepEqual(
      durability.map(({ workload, verdicts }) => [workload, verdicts.pass]),
      [
        ['register', 2],
        ['set', 2],
      ],
    );
    assert.ok(durability.every(({ opportunities }) => opportunities.sum > (opportunities.least ?? 0)));
  });

  it('ends with what is done when it is interrupted', async () => {
    const controller = new AbortController();
    const result = await runCampaign(
      { ...options, count: 1_000, jobs: 1 },
      { progress: () => controller.abort(), signal: controller.signal },
    );

    assert.equal(result.count, 1);
    assert.ok(result.isInterrupted);
    assert.match(campaignHeadline(result), /^1 run, interrupted/);
  });
});

describe('the report of a campaign', () => {
  it('names the seed, the guarantee and the command, and the cells that were never reached', async () => {
    const passed = await runCampaign({ ...options, count: 1, jobs: 1 });
    const violated = [
      {
        seed: 42,
        guarantees: [{ name: 'durability', reason: 'element <7> is missing' }],
        problems: [],
        replayCommand: 'npx ordeal run --seed 42',
        folder: '2026-set-42',
      },
    ];

    const page = renderCampaignReport({ ...passed, faults: { kill: 1 }, violated });

    assert.match(page, /1 of 1 run violated a guarantee/);
    assert.match(page, /<th>recovery<\/th>\s*<td>1<\/td>/, 'how often each guarantee was judged');
    assert.match(page, /durability<\/strong> element &lt;7&gt; is missing/);
    assert.match(page, /npx ordeal run --seed 42/);
    assert.match(page, /href="..\/2026-set-42\/report.html"/);
    assert.match(page, /class="never">–/);
  });
});
