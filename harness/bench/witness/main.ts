// `npm run bench:witness`: makes histories of a million operations and more on disk and judges each in a process of
// its own, as `ordeal check` does, for the time that it takes and the memory at its highest.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { judgeGuarantees } from '../../check/judge-guarantees.ts';
import { HistoryFileWriter } from '../../history/history-file.ts';
import { runFiles } from '../../run/run-folder.ts';
import { makeHistory } from './make-history.ts';

const budget = { timeMs: 3_600_000, memoryBytes: 1024 ** 3 };
const mebibyte = 1024 * 1024;

const [command, argument] = process.argv.slice(2);
if (command === 'judge' && argument !== undefined) await judge(argument);
else for (const operations of sizesIn(process.argv.slice(2))) bench(operations);

/** Operations of each history; one and ten million unless told. */
function sizesIn(given: readonly string[]): number[] {
  return given.length === 0 ? [1_000_000, 10_000_000] : given.map(Number);
}

function bench(operations: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
  try {
    const file = record(folder, operations);
    const judged = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'judge', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
    const size = Math.round(statSync(file).size / mebibyte);
    process.stdout.write(`${operations} operations, ${size} MiB on disk: ${judged.stdout}`);
    if (judged.status !== 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function record(folder: string, operations: number): string {
  const file = join(folder, runFiles.history);
  const writer = new HistoryFileWriter(file);
  let index = 0;
  for (const entry of makeHistory({ operations, processes: 50, lostRatio: 0.01, seed: 1 })) {
    writer.record({ index: index++, ...entry });
  }
  writer.close();
  // What a run says of its servers, as far as a check asks for it.
  const result = {
    run: 'bench',
    guarantees: [],
    world: 'sim',
    options: { servers: 5, observers: 0, systems: ['zab'] },
  };
  writeFileSync(join(folder, runFiles.result), JSON.stringify(result));
  return file;
}

async function judge(file: string): Promise<void> {
  const started = performance.now();
  const { verdict, operations, reason = '' } = await judgeGuarantees(file, budget);
  const seconds = (performance.now() - started) / 1000;
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${verdict} after ${operations} in ${seconds.toFixed(1)} s, at most ${peak} MiB\n`);
  if (verdict === 'violated') process.stderr.write(`${reason}\n`);
  process.exitCode = verdict === 'pass' ? 0 : 1;
}
