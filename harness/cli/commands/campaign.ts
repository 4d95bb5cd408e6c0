// `ordeal campaign`: many simulated runs on all cores, and one summary.

import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { campaignHeadline, renderCampaignReport } from '../../../reports/campaign-report.ts';
import { describeSchedules, renderCoverageTable } from '../../../reports/coverage-table.ts';
import { renderExerciseTable } from '../../../reports/exercise-table.ts';
import { workloads } from '../../../workloads/index.ts';
import { happenings } from '../../campaign/coverage.ts';
import { runCampaign } from '../../campaign/campaign.ts';
import type { CampaignProgress } from '../../campaign/campaign.ts';
import type { CampaignOptions, CampaignResult, FailedRun } from '../../campaign/campaign-result.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { defaultRunOptions } from '../../run/run-options.ts';
import { listenForInterruption } from '../interruption.ts';
import { print, printJson, renderTable } from '../output.ts';
import { createTicker } from '../progress-line.ts';
import { parseNemeses, parseWorkloads } from '../run-arguments.ts';
import { parseDuration, parseInteger, UsageError } from '../usage.ts';

export interface CampaignArguments {
  readonly count: string;
  readonly seed?: string;
  readonly shard?: string;
  readonly jobs?: string;
  readonly timeLimit?: string;
  readonly workload?: string;
  readonly eachWorkload?: boolean;
  readonly nemesis?: string;
  readonly runs?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Enough to see what is wrong; the others have their replay command. */
const mostFolders = 5;
const defaultTimeLimitMs = 20_000;

export async function campaignCommand(given: CampaignArguments): Promise<number> {
  const options = resolveCampaignOptions(given);
  const ticker = createTicker({ stream: process.stderr, isQuiet: given.quiet === true });
  ticker.say(`ordeal: ${commandOf(options)}`);
  const interruption = listenForInterruption((text) => ticker.say(text), 'interrupted: no more runs begin');
  try {
    const result = await runCampaign(options, {
      progress: (progress) => ticker.show(describeProgress(progress)),
      found: (run) => ticker.say(describeFailed(run)),
      failed: ({ seed, folder }) => {
        if (folder !== null) ticker.say(`seed ${seed}: ${join(options.runsDirectory, folder)}`);
      },
      signal: interruption.signal,
    });
    ticker.end();
    const folder = writeSummary(result);
    if (given.json === true) printJson(toJson(result));
    else print(renderSummary(result, folder));
    return exitOf(result);
  } finally {
    ticker.end();
    interruption[Symbol.dispose]();
  }
}

function resolveCampaignOptions(given: CampaignArguments): CampaignOptions {
  return {
    count: parseInteger(given.count, { what: '--count', least: 1, most: 10_000_000 }),
    seed:
      given.seed === undefined
        ? randomInt(0, 2 ** 31)
        : parseInteger(given.seed, { what: '--seed', least: 0, most: Number.MAX_SAFE_INTEGER }),
    shard: parseShard(given.shard),
    jobs:
      given.jobs === undefined
        ? availableParallelism()
        : parseInteger(given.jobs, { what: '--jobs', least: 1, most: 1_024 }),
    timeLimitMs:
      given.timeLimit === undefined ? defaultTimeLimitMs : parseDuration(given.timeLimit, '--time-limit'),
    workloads: resolveWorkloads(given),
    nemeses: given.nemesis === undefined ? null : parseNemeses(given.nemesis),
    runsDirectory: given.runs ?? defaultRunOptions.runsDirectory,
    mostFolders,
  };
}

function resolveWorkloads({ workload, eachWorkload }: CampaignArguments): CampaignOptions['workloads'] {
  const isEach = eachWorkload === true;
  if (workload !== undefined) return { names: parseWorkloads(workload), isEach };
  return isEach ? { names: workloads.map(({ name }) => name), isEach } : null;
}

function parseShard(text: string | undefined): CampaignOptions['shard'] {
  if (text === undefined) return { index: 1, of: 1 };
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (!(shard.index >= 1 && shard.index <= shard.of)) {
    throw new UsageError(`--shard: expected I/N with I from 1 to N, such as 2/8, found '${text}'`);
  }
  return shard;
}

function commandOf({ count, seed, shard, timeLimitMs, workloads: asked, nemeses }: CampaignOptions): string {
  const part = shard.of === 1 ? '' : ` --shard ${shard.index}/${shard.of}`;
  const limit = timeLimitMs === defaultTimeLimitMs ? '' : ` --time-limit ${timeLimitMs}ms`;
  const work =
    asked === null ? '' : ` --workload ${asked.names.join(',')}${asked.isEach ? ' --each-workload' : ''}`;
  const harm = nemeses === null ? '' : ` --nemesis ${nemeses.join(',') || 'none'}`;
  return `npx ordeal campaign --count ${count} --seed ${seed}${part}${limit}${work}${harm}`;
}

function describeProgress(progress: CampaignProgress): string {
  const { done, count, violated, inconclusive, operations, simulatedSeconds, elapsedMs } = progress;
  const leftMs = done === 0 ? 0 : (elapsedMs / done) * (count - done);
  return [
    `${done} of ${count} runs`,
    `${violated} violated, ${inconclusive} inconclusive`,
    `${operations.toLocaleString('en')} operations`,
    `${Math.round(simulatedSeconds).toLocaleString('en')} s simulated in ${Math.round(elapsedMs / 1000)} s`,
    `${Math.ceil(leftMs / 1000)} s left`,
  ].join(' · ');
}

function describeFailed({ seed, guarantees, problems, replayCommand }: FailedRun): string {
  const why = [...guarantees.map(({ name, reason }) => `${name}: ${reason}`), ...problems];
  return [`seed ${seed}: ${why.join('; ')}`, `  replay   ${replayCommand}`].join('\n');
}

/** Returns the folder. */
function writeSummary(result: CampaignResult): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const { runsDirectory, seed } = result.options;
  const folder = join(runsDirectory, `${time}-campaign-${seed}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'campaign.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, 'report.html'), renderCampaignReport(result));
  return folder;
}

function renderSummary(result: CampaignResult, folder: string): string {
  const { operations, simulatedSeconds, wallSeconds, coverage, traceHash } = result;
  const all = operations.ok + operations.fail + operations.info;
  const rows: (readonly [string, string])[] = [
    ['operations', all.toLocaleString('en')],
    ['simulated', `${Math.round(simulatedSeconds).toLocaleString('en')} s in ${wallSeconds.toFixed(1)} s`],
    [
      'faults',
      Object.entries(result.faults)
        .filter(([name]) => coverage.schedules[name] === undefined)
        .sort(([, one], [, other]) => other - one)
        .map(([name, count]) => `${count} × ${name}`)
        .join(', '),
    ],
    ['schedules', describeSchedules(coverage)],
    ['came to', happenings.map((name) => `${coverage.happenings[name]} × ${name}`).join(', ')],
    ['trace hash', traceHash],
    ['report', join(folder, 'report.html')],
  ];
  return [
    campaignHeadline(result),
    renderTable(rows),
    '',
    ...renderExerciseTable(result.exercises),
    '',
    ...renderCoverageTable(coverage),
  ].join('\n');
}

function toJson(result: CampaignResult): Record<string, unknown> {
  const { count, violated, inconclusive, operations, simulatedSeconds, wallSeconds, traceHash } = result;
  const brief = ({ seed, guarantees, problems, replayCommand }: FailedRun): Record<string, unknown> => ({
    seed,
    guarantee: guarantees[0]?.name ?? null,
    guarantees,
    problems,
    replay: replayCommand,
  });
  return {
    count,
    violated: violated.map(brief),
    inconclusive: inconclusive.map(brief),
    operations,
    simulatedSeconds,
    wallSeconds,
    traceHash,
    faults: result.faults,
    guarantees: result.exercises.map(({ workload, guarantee, verdicts, opportunities }) => ({
      workload,
      name: guarantee,
      verdicts,
      opportunities,
    })),
    coverage: result.coverage,
    isInterrupted: result.isInterrupted,
  };
}

function exitOf({ violated, inconclusive, isInterrupted }: CampaignResult): number {
  if (violated.length > 0) return exitCodes.violated;
  if (isInterrupted) return exitCodes.interrupted;
  return inconclusive.length > 0 ? exitCodes.inconclusive : exitCodes.passed;
}
