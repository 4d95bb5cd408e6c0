import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, it } from 'mocha';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Operation } from '../../harness/history/operation.ts';
import { pairOperations } from '../../harness/history/pairing.ts';
import { renderHtmlReport } from '../../reports/html-report.ts';
import { makeHistory, makeResult } from './fixtures.ts';

const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

describe('HTML report', () => {
  it('needs nothing from outside itself', () => {
    const history = makeHistory(500);

    const page = renderHtmlReport(makeResult('violated', history), history);

    assert.doesNotMatch(page, /<(script|img|iframe)[^>]+src=|<link[^>]+href=|@import|url\(/);
  });

  it('cannot be broken out of by a value', () => {
    const hostile = '</script><script>alert(1)</script><b>';
    const history: Operation[] = [
      { index: 0, time: 1e6, process: 0, type: 'invoke', f: 'write', value: ['/register/1', hostile] },
      { index: 1, time: 2e6, process: 0, type: 'ok', f: 'write', value: ['/register/1', hostile], server: 1 },
    ];
    const result = makeResult('pass', makeHistory(100));

    const page = renderHtmlReport({ ...result, run: hostile, replayCommand: hostile }, history);

    assert.ok(!page.includes(hostile));
    assert.match(page, /&lt;\/script&gt;&lt;script&gt;alert/);
    assert.match(page, /\\u003c\/script>/);
  });

  it('puts verdict, evidence and replay command in words', () => {
    const history = makeHistory(500);

    const page = renderHtmlReport(makeResult('violated', history), history);

    assert.match(page, /✗ Violated: linearizable writes and sync-reads<\/h1>/);
    assert.match(page, /read 3 by process 2 at 4\.218 s, after write 4 was acknowledged at 4\.101 s/);
    assert.match(page, /npx ordeal run --seed 7 --workload register --nemesis partition,kill/);
    assert.match(page, /not-exercised/);
  });

  it('says what ran out when it is inconclusive', () => {
    const history = makeHistory(500);

    const page = renderHtmlReport(makeResult('inconclusive', history), history);

    assert.match(page, /\? Inconclusive: linearizable writes and sync-reads<\/h1>/);
    assert.match(page, /the time budget of 120 s ran out/);
  });

  it('draws a share of a long history, the evidence with it, and says so', () => {
    const history = makeHistory(250_000, 600);
    const result = makeResult('violated', history);

    const page = renderHtmlReport(result, { [Symbol.iterator]: () => history.values() });

    assert.match(page, /[\d,]+ of 250,000 operations are drawn/);
    assert.ok(page.length < 10e6, `${page.length} bytes`);
    const data = JSON.parse(/id="run-data">([^<]+)</.exec(page)?.[1] ?? '') as Record<string, number[]>;
    assert.ok(data['start']!.length > 80_000 && data['start']!.length < 110_000);
    const calls = pairOperations(history);
    const spokenOf = new Set(
      result.guarantees.flatMap(({ evidence }) => evidence.flatMap(({ operations }) => operations)),
    );
    const marked = calls.filter(
      (call) => spokenOf.has(call.invocation) || (call.completion !== null && spokenOf.has(call.completion)),
    );
    assert.ok(marked.length > 1);
    assert.equal(data['marked']!.length, marked.length);
  });

  it('holds 100,000 operations in less than 10 MB', () => {
    const history = makeHistory(100_000);

    const page = renderHtmlReport(makeResult('violated', history), history);

    assert.ok(history.length >= 200_000);
    assert.ok(page.length < 10e6, `${page.length} bytes`);
  });
});

describe('HTML report in a browser', function () {
  let browser: Browser | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-report-'));

  before(async function () {
    if (!existsSync(browserPath)) {
      if (process.env['ORDEAL_REQUIRE_DOCKER'] !== undefined)
        throw new Error(`no Chromium at ${browserPath}: install it or set CHROMIUM_PATH`);
      console.warn(
        `      SKIPPED: no Chromium at ${browserPath}; set CHROMIUM_PATH to look at the report in a browser`,
      );
      return this.skip();
    }
    browser = await chromium.launch({
      executablePath: browserPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });

  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(name: string, html: string): Promise<{ page: Page; errors: string[] }> {
    assert.ok(browser, 'the browser was launched before');
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:') && !request.url().startsWith('data:'))
        errors.push(`asked for ${request.url()}`);
    });
    const path = join(folder, name);
    writeFileSync(path, html);
    await page.goto(pathToFileURL(path).href);
    return { page, errors };
  }

  it('shows the first violation of 100,000 operations on the first screen within a second', async () => {
    const history = makeHistory(100_000);
    const html = renderHtmlReport(makeResult('violated', history), history);

    const { page, errors } = await open('large.html', html);
    const sentence = page.locator('.violation .sentence').first();
    const box = await sentence.boundingBox();
    // Until the first paint; the script behind it may go on.
    const paintedMs = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1,
    );

    assert.ok(box !== null && box.y + box.height < 900, `evidence at ${JSON.stringify(box)}`);
    assert.ok(paintedMs >= 0 && paintedMs < 1000, `first paint after ${paintedMs} ms`);
    assert.deepEqual(errors, []);
  });

  it('draws the time line and goes to the evidence', async () => {
    const history = makeHistory(2000);
    const { page, errors } = await open(
      'small.html',
      renderHtmlReport(makeResult('violated', history), history),
    );

    const colors = await page.locator('#timeline canvas').evaluate((canvas: unknown) => {
      const { width, height, getContext } = canvas as { width: number; height: number; getContext: unknown };
      const pen = (
        getContext as (kind: string) => {
          getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
        }
      ).call(canvas, '2d');
      const { data } = pen.getImageData(0, 0, width, height);
      const seen = new Set<number>();
      for (let at = 0; at < data.length; at += 4)
        seen.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
      return seen.size;
    });
    await page.getByRole('button', { name: 'Go to the evidence' }).click();
    const detail = await page.locator('#detail').textContent();

    assert.ok(colors > 10, `${colors} colours on the canvas`);
    assert.match(detail ?? '', /^process \d+ · sync-read \/register\/\d .* · acknowledged · at \d+\.\d+ s/);
    assert.deepEqual(errors, []);
  });
});
