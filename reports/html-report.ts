// A run as one HTML file that opens offline: what broke and why first, then everything needed to believe it.
// Takes run.json's value and the history, and nothing else. Scripts and styles are inlined.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Evidence, GuaranteeResult } from '../checkers/verdict.ts';
import type { Operation } from '../harness/history/operation.ts';
import type { RunResult } from '../harness/run/run-result.ts';
import { embedJson, Html, html } from './html/escape.ts';
import { renderEvidenceDiagram } from './html/evidence-diagram.ts';
import { renderSpaceTime } from './html/space-time-diagram.ts';
import { spaceTimeStyle } from './html/space-time-style.ts';
import { stylesheet } from './html/stylesheet.ts';
import { type DrawnHistory, drawHistory, type Interval } from './intervals.ts';
import { describeValue, makePageData, markedIn } from './page-data.ts';
import type { SpaceTime } from './space-time/space-time.ts';
import { count, describeRun, headline, seconds, verdictMarks } from './words.ts';

/** Rows of an evidence table; the details of longer evidence are in the history file. */
const evidenceRowLimit = 40;

/** `spaceTime`: what a watched run adds, where there is one. */
export function renderHtmlReport(
  result: RunResult,
  history: Iterable<Operation>,
  spaceTime: SpaceTime | null = null,
): string {
  return renderDrawn(result, drawHistory(history, markedIn(result)), spaceTime);
}

/** The same of a history that was drawn already. */
export function renderDrawn(
  result: RunResult,
  drawn: DrawnHistory,
  spaceTime: SpaceTime | null = null,
): string {
  const { intervals } = drawn;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${headline(result)} — Ordeal ${result.run}</title>
        <style>
          ${new Html(stylesheet + spaceTimeStyle + readPackageFile('uplot/dist/uPlot.min.css'))}
        </style>
      </head>
      <body>
        <main>
          ${renderVerdict(result)} ${renderShrinking(result)} ${renderDiagram(result, intervals, spaceTime)}
          ${renderViolations(result, intervals)} ${renderProblems(result)} ${renderGuarantees(result)}
          ${renderReplay(result)} ${renderTimeline(drawn)} ${renderCharts()} ${renderFaults(result)}
          ${renderOptions(result)}
        </main>
        <script type="application/json" id="run-data">
          ${embedJson(makePageData(result, drawn))}
        </script>
        <script>
          ${new Html(readPackageFile('uplot/dist/uPlot.iife.min.js'))};
        </script>
        <script>
          ${new Html(readBrowserScript())};
        </script>
      </body>
    </html> `;
  return page.text;
}

function renderVerdict(result: RunResult): Html {
  const { ok, fail, info } = result.operations;
  const duration =
    result.simulatedSeconds === null
      ? `${result.wallSeconds.toFixed(1)} s`
      : `${result.simulatedSeconds.toFixed(1)} s simulated in ${result.wallSeconds.toFixed(1)} s`;
  const leastProven = result.faults.filter((fault) => fault.proof !== null).length;
  return html`<header class="verdict ${result.verdict}">
    <h1>${verdictMarks[result.verdict]} ${headline(result)}</h1>
    <p>${describeRun(result)}</p>
    <p class="soft">
      ${count(ok)} operations acknowledged, ${count(fail)} failed, ${count(info)} in doubt ·
      ${result.faults.length} faults injected, ${leastProven} proven · ${duration} · ${result.startedAt} ·
      exit code ${result.exit}
    </p>
  </header>`;
}

/** Before and after, of a run that was shrunk. */
function renderShrinking({ options, size }: RunResult): Html {
  const origin = options.script?.origin;
  if (origin === undefined || size === undefined) return new Html('');
  const facts = [
    ['operations', origin.size.operations, size.operations],
    ['faults', origin.size.faults, size.faults],
    ['servers', origin.size.servers, size.servers],
    ['clients', origin.size.clients, size.clients],
    ['messages between servers', origin.size.messages, size.messages],
    ['simulated seconds', origin.size.simulatedSeconds, size.simulatedSeconds],
  ] as const;
  return html`<p class="soft" id="shrunk">
    Shrunk from ${origin.run}:
    ${facts
      .map(([name, before, after]) => `${name} ${count(rounded(before))} → ${count(rounded(after))}`)
      .join(' · ')}
  </p>`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function renderDiagram(result: RunResult, intervals: readonly Interval[], spaceTime: SpaceTime | null): Html {
  if (spaceTime === null) return new Html('');
  const evidence = result.guarantees
    .filter(({ title, verdict }) => verdict === 'violated' && title === spaceTime.guarantee)
    .flatMap((guarantee) => guarantee.evidence.slice(0, 1));
  const offending = new Set(evidence.flatMap(({ operations }) => operations.map(({ index }) => index)));
  return html`<section class="panel violation" aria-label="Space-time diagram">
    <p class="sentence">${spaceTime.sentence}</p>
    ${renderSpaceTime(spaceTime, intervals, result.faults, offending)}
  </section>`;
}

function renderViolations(result: RunResult, intervals: readonly Interval[]): Html {
  const violated = result.guarantees.filter((guarantee) => guarantee.verdict === 'violated');
  return html`${violated.map((guarantee) => {
    const [first, ...others] = guarantee.evidence;
    if (first === undefined) return null;
    return html`<section class="panel violation" aria-label="violated: ${guarantee.title}">
      <p class="soft">${guarantee.title}</p>
      ${renderEvidence(first, intervals, result)}
      ${
        others.length === 0
          ? null
          : html`<details>
              <summary>${others.length} more</summary>
              ${others.map((evidence) => renderEvidence(evidence, intervals, result))}
            </details>`
      }
    </section>`;
  })}`;
}

function renderEvidence(evidence: Evidence, intervals: readonly Interval[], result: RunResult): Html {
  return html`<p class="sentence"><span class="subject">${evidence.subject}</span>: ${evidence.sentence}</p>
    ${renderEvidenceDiagram(evidence, intervals, result.faults)}
    <details>
      <summary>The operations${evidence.details === undefined ? '' : ' and what else is known'}</summary>
      ${renderEvidenceTable(evidence, intervals)} ${renderDetails(evidence)}
    </details>`;
}

function renderEvidenceTable(evidence: Evidence, intervals: readonly Interval[]): Html {
  const wanted = new Set(evidence.operations.map((operation) => operation.index));
  const rows = intervals.filter(
    (interval) => wanted.has(interval.invokeIndex) || wanted.has(interval.completeIndex),
  );
  const offending = evidence.operations.at(-1)?.index;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="number">process</th>
          <th>operation</th>
          <th>value</th>
          <th>outcome</th>
          <th class="number">invoked</th>
          <th class="number">completed</th>
          <th class="number">server</th>
          <th>zxid</th>
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, evidenceRowLimit).map(
          (row) =>
            html`<tr class="${row.completeIndex === offending ? 'offending' : ''}">
              <td class="number">${row.process}</td>
              <td>${row.f}</td>
              <td class="mono">${describeValue(row)}</td>
              <td>${row.type}</td>
              <td class="number">${seconds(row.startNs)}</td>
              <td class="number">
                ${row.type === 'ok' || row.type === 'fail' ? seconds(row.endNs) : 'in doubt'}
              </td>
              <td class="number">${row.server ?? ''}</td>
              <td class="mono">${row.zxid === undefined ? '' : `0x${row.zxid.toString(16)}`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function renderDetails(evidence: Evidence): Html {
  const entries = Object.entries(evidence.details ?? {});
  if (entries.length === 0) return new Html('');
  return html`<dl class="facts">
    ${entries.map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
      return html`<dt>${name}</dt>
        <dd class="mono">${text.length > 4000 ? `${text.slice(0, 4000)}…` : text}</dd>`;
    })}
  </dl>`;
}

function renderProblems(result: RunResult): Html {
  if (result.problems.length === 0) return new Html('');
  return html`<section class="panel">
    <h2>What went wrong around the run</h2>
    <ul>
      ${result.problems.map((problem) => html`<li><strong>${problem.kind}</strong>: ${problem.message}</li>`)}
    </ul>
  </section>`;
}

function renderGuarantees(result: RunResult): Html {
  return html`<section>
    <h2>Guarantees</h2>
    <div class="scroll">
      <table id="guarantees">
        <thead>
          <tr>
            <th>Guarantee</th>
            <th>Verdict</th>
            <th class="number">Opportunities</th>
            <th>Evidence</th>
          </tr>
        </thead>
        <tbody>
          ${result.guarantees.map(
            (guarantee) =>
              html`<tr>
                <td>${guarantee.title}</td>
                <td>
                  <span class="word ${guarantee.verdict}"
                    >${verdictMarks[guarantee.verdict]} ${guarantee.verdict}</span
                  >
                </td>
                <td class="number">${count(guarantee.opportunities)}</td>
                <td>${explain(guarantee)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function explain(guarantee: GuaranteeResult): string {
  const first = guarantee.evidence[0];
  if (first !== undefined) return `${first.subject}: ${first.sentence}`;
  return guarantee.reason ?? 'nothing that contradicts it';
}

function renderReplay(result: RunResult): Html {
  return html`<section>
    <h2>Run it again</h2>
    <div class="replay">
      <code id="replay">${result.replayCommand}</code><button type="button" id="copy">Copy</button>
    </div>
  </section>`;
}

function renderTimeline({ intervals, count: total }: DrawnHistory): Html {
  const omitted = total - intervals.length;
  return html`<section>
    <h2>Operations</h2>
    ${
      omitted === 0
        ? null
        : html`<p class="soft">
            ${count(intervals.length)} of ${count(total)} operations are drawn, those around the evidence
            among them; the history file has them all.
          </p>`
    }
    <ul class="legend">
      <li><span class="key-ok"></span>acknowledged</li>
      <li><span class="key-fail"></span>failed, had no effect</li>
      <li><span class="key-info"></span>in doubt</li>
      <li><span class="key-fault"></span>fault</li>
    </ul>
    <div class="toolbar">
      <button type="button" data-view="all">Whole run</button
      ><button type="button" data-view="in">Zoom in</button>
      <button type="button" data-view="out">Zoom out</button
      ><button type="button" data-view="mark">Go to the evidence</button>
      <span class="soft">Drag to move, Ctrl + wheel to zoom, arrow keys work too.</span>
    </div>
    <div id="timeline">
      <canvas
        tabindex="0"
        aria-label="Time line of operations by process, with faults and the leader"
      ></canvas>
    </div>
    <div id="detail" aria-live="polite" class="mono soft">Point at an operation to see it.</div>
  </section>`;
}

function renderCharts(): Html {
  return html`<section>
    <h2>Throughput and latency</h2>
    <div id="throughput" class="chart"></div>
    <div id="latency" class="chart"></div>
  </section>`;
}

function renderFaults(result: RunResult): Html {
  if (result.faults.length === 0) return new Html('');
  return html`<section>
    <h2>Faults</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Fault</th>
            <th>Servers</th>
            <th class="number">From</th>
            <th class="number">To</th>
            <th>Proof that it bit</th>
            <th class="number">Acknowledged meanwhile</th>
          </tr>
        </thead>
        <tbody>
          ${result.faults.map(
            (fault) =>
              html`<tr>
                <td>${fault.nemesis}: ${fault.shape}</td>
                <td>${fault.targets.join(', ')}</td>
                <td class="number">${seconds(fault.startNs)}</td>
                <td class="number">${fault.endNs === null ? 'end of run' : seconds(fault.endNs)}</td>
                <td>${fault.proof ?? 'none: it did not bite'}</td>
                <td class="number">${count(fault.acknowledgedDuring)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderOptions(result: RunResult): Html {
  const facts: Record<string, string> = {};
  for (const [name, value] of Object.entries(result.options))
    facts[name] = Array.isArray(value) ? value.join(', ') : String(value);
  for (const [name, value] of Object.entries(result.versions)) facts[name] = value;
  if (result.traceHash !== null) facts['traceHash'] = result.traceHash;
  if (result.firstOperationSeconds !== null)
    facts['first operation after'] = `${result.firstOperationSeconds.toFixed(2)} s`;
  return html`<section>
    <h2>Options and versions</h2>
    <dl class="facts">
      ${Object.entries(facts).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd class="mono">${value}</dd>`,
      )}
    </dl>
    <p class="soft">Ordeal ${result.ordealVersion}, run ${result.run}</p>
  </section>`;
}

function readPackageFile(specifier: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(specifier), 'utf8');
}

/** Beside this file in a checkout; a published package keeps the script outside `dist`. */
function readBrowserScript(): string {
  const beside = new URL('./browser/report.js', import.meta.url);
  const published = new URL('../../reports/browser/report.js', import.meta.url);
  return readFileSync(existsSync(beside) ? beside : published, 'utf8');
}
