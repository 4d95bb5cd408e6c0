// A campaign as one HTML file that opens offline: what broke and how to have it again, then what was covered and
// what never was.

import { cellName, faultNames, happenings, isPossible, phases, roles } from '../harness/campaign/coverage.ts';
import type { CampaignResult, Exercise, FailedRun } from '../harness/campaign/campaign-result.ts';
import { Html, html } from './html/escape.ts';
import { stylesheet } from './html/stylesheet.ts';
import { exerciseVerdicts } from './exercise-table.ts';
import { count, seconds } from './words.ts';

const layout = `
  table.cells td { text-align: right; font-variant-numeric: tabular-nums; }
  table.cells thead th { text-align: right; padding-right: 14px; }
  table.cells thead th.name { text-align: left; }
  table.cells td.never { color: var(--idle); }
  table.cells thead th[colspan] { text-align: center; }
  /* Many faults: their names stand upright. */
  table.narrow { font-size: 12.5px; } table.narrow td, table.narrow th { padding-right: 8px; }
  table.narrow thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
  code.replay { white-space: pre-wrap; }
`;

export function renderCampaignReport(result: CampaignResult): string {
  const title = campaignHeadline(result);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} — Ordeal campaign ${result.options.seed}</title>
        <style>
          ${new Html(stylesheet + layout)}
        </style>
      </head>
      <body>
        <main>
          ${renderHead(result, title)} ${renderRuns('Violated', result.violated)}
          ${renderRuns('Inconclusive', result.inconclusive)} ${renderExercises(result)} ${renderCells(result)}
          ${renderOperations(result)} ${renderSchedules(result)} ${renderHappenings(result)}
        </main>
      </body>
    </html> `;
  return page.text;
}

export function campaignHeadline({
  count: done,
  violated,
  inconclusive,
  isInterrupted,
}: CampaignResult): string {
  const runs = `${count(done)} ${done === 1 ? 'run' : 'runs'}${isInterrupted ? ', interrupted' : ''}`;
  if (violated.length > 0) return `${count(violated.length)} of ${runs} violated a guarantee`;
  if (inconclusive.length > 0) return `${count(inconclusive.length)} of ${runs} were inconclusive`;
  return `${runs}: every exercised guarantee held`;
}

function verdictClass({ violated, inconclusive }: CampaignResult): string {
  if (violated.length > 0) return 'violated';
  return inconclusive.length > 0 ? 'inconclusive' : 'pass';
}

function renderHead(result: CampaignResult, title: string): Html {
  const { options, operations, simulatedSeconds, wallSeconds, traceHash } = result;
  const all = operations.ok + operations.fail + operations.info;
  const { index, of } = options.shard;
  return html`<header class="verdict ${verdictClass(result)}">
    <h1>${title}</h1>
    <p>
      seeds from ${options.seed}${of > 1 ? ` (shard ${index} of ${of})` : ''} · ${count(all)} operations ·
      ${seconds(simulatedSeconds * 1e9)} simulated in ${seconds(wallSeconds * 1e9)} on ${count(options.jobs)}
      ${options.jobs === 1 ? 'process' : 'processes'} · trace hash ${traceHash}
    </p>
  </header>`;
}

function renderRuns(title: string, runs: readonly FailedRun[]): Html | null {
  if (runs.length === 0) return null;
  return html`<section>
    <h2>${title}</h2>
    <table>
      <thead>
        <tr>
          <th>seed</th>
          <th>guarantee</th>
          <th>again</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map(
          (run) =>
            html`<tr>
              <td>${run.seed}</td>
              <td>
                ${run.guarantees.map(({ name, reason }) => html`<p><strong>${name}</strong> ${reason}</p>`)}
                ${run.problems.map((problem) => html`<p>${problem}</p>`)}
              </td>
              <td>
                <code class="replay">${run.replayCommand}</code>
                ${run.folder === null ? null : html`<p><a href="../${run.folder}/report.html">report</a></p>`}
              </td>
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
}

/** What each guarantee was given to break: a pass without opportunities is none. */
function renderExercises({ exercises }: CampaignResult): Html {
  const isFixed = exercises.some(({ workload }) => workload !== null);
  return html`<section>
    <h2>What every guarantee was given to break</h2>
    <p>Runs by verdict; opportunities over all runs that judged it, and in the run with the fewest.</p>
    <div class="scroll">
      <table class="cells">
        <thead>
          <tr>
            ${isFixed ? html`<th class="name">workload</th>` : null}
            <th class="name">guarantee</th>
            ${exerciseVerdicts.map((verdict) => html`<th>${verdict}</th>`)}
            <th>opportunities</th>
            <th>least</th>
            <th>median</th>
          </tr>
        </thead>
        <tbody>
          ${exercises.map((exercise) => renderExercise(exercise, isFixed))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderExercise({ workload, guarantee, verdicts, opportunities }: Exercise, isFixed: boolean): Html {
  return html`<tr>
    ${isFixed ? html`<th>${workload ?? ''}</th>` : null}
    <th>${guarantee}</th>
    ${exerciseVerdicts.map((verdict) => renderCount(verdicts[verdict]))}
    ${[opportunities.sum, opportunities.least, opportunities.median].map((each) => renderCount(each ?? undefined))}
  </tr> `;
}

/** Every fault, role and phase, those never reached included: they are what was not tested. */
function renderCells({ coverage }: CampaignResult): Html {
  const names = faultNames(coverage.cells);
  const columns = roles.map((role) => ({ role, met: phases.filter((phase) => isPossible(role, phase)) }));
  return html`<section>
    <h2>Which fault met whom, and when</h2>
    <p>A dash is a cell that no run reached.</p>
    <div class="scroll">
      <table class="cells">
        <thead>
          <tr>
            <th></th>
            ${columns.map(({ role, met }) => html`<th colspan="${met.length}">${role}</th>`)}
          </tr>
          <tr>
            <th></th>
            ${columns.flatMap(({ met }) => met.map((phase) => html`<th>${phase}</th>`))}
          </tr>
        </thead>
        <tbody>
          ${names.map(
            (name) =>
              html`<tr>
                <th>${name}</th>
                ${columns.flatMap(({ role, met }) =>
                  met.map((phase) => renderCount(coverage.cells[cellName(name, role, phase)])),
                )}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderCount(met: number | undefined): Html {
  return met === undefined ? html`<td class="never">–</td>` : html`<td>${count(met)}</td>`;
}

/** What clients waited for when a fault struck. */
function renderOperations({ coverage }: CampaignResult): Html {
  const names = faultNames(coverage.operations);
  const operations = [
    ...new Set(Object.keys(coverage.operations).map((cell) => cell.split(' ')[1] ?? '')),
  ].sort();
  return html`<section>
    <h2>What was under way when it struck</h2>
    <div class="scroll">
      <table class="cells narrow">
        <thead>
          <tr>
            <th></th>
            ${names.map((name) => html`<th><span>${name}</span></th>`)}
          </tr>
        </thead>
        <tbody>
          ${operations.map(
            (operation) =>
              html`<tr>
                <th>${operation}</th>
                ${names.map((name) => renderCount(coverage.operations[`${name} ${operation}`]))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderSchedules({ coverage }: CampaignResult): Html | null {
  const schedules = Object.entries(coverage.schedules).sort(([one], [other]) => (one < other ? -1 : 1));
  if (schedules.length === 0) return null;
  return html`<section>
    <h2>Directed schedules</h2>
    <table class="cells">
      <thead>
        <tr>
          <th></th>
          <th>every step taken</th>
          <th>given up</th>
        </tr>
      </thead>
      <tbody>
        ${schedules.map(
          ([name, { whole, givenUp }]) =>
            html`<tr>
              <th>${name}</th>
              <td>${count(whole)}</td>
              <td>${count(givenUp)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
}

function renderHappenings({ coverage }: CampaignResult): Html {
  return html`<section>
    <h2>How often it came to</h2>
    <table class="cells">
      <tbody>
        ${happenings.map(
          (name) =>
            html`<tr>
              <th>${name}</th>
              <td>${count(coverage.happenings[name])}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
}
