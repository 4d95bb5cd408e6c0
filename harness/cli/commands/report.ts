// `ordeal report`: renders the report of runs anew, from what their folders hold.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderHtmlReport } from '../../../reports/html-report.ts';
import { renderJunit } from '../../../reports/junit-report.ts';
import type { SpaceTime } from '../../../reports/space-time/space-time.ts';
import { renderSummary } from '../../../reports/terminal-summary.ts';
import { HistoryError } from '../../history/history-error.ts';
import { streamHistoryFile } from '../../history/history-file.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { readRunResult, runFiles } from '../../run/run-folder.ts';
import { hasColors, print, printError } from '../output.ts';

export function reportCommand(folders: readonly string[]): number {
  let exit: number = exitCodes.passed;
  for (const folder of folders) {
    try {
      renderReport(folder);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      printError(`ordeal: ${error.message}`);
      exit = exitCodes.usage;
    }
  }
  return exit;
}

function renderReport(folder: string): void {
  const result = readRunResult(folder);
  const history = streamHistoryFile(join(folder, runFiles.history));
  const report = join(folder, runFiles.report);
  writeFileSync(report, renderHtmlReport(result, history, readSpaceTime(folder)));
  writeFileSync(join(folder, runFiles.junit), renderJunit(result));
  print(renderSummary(result, { colors: hasColors, report }));
}

/** Runs that passed have none, nor those of other worlds. */
function readSpaceTime(folder: string): SpaceTime | null {
  const file = join(folder, runFiles.spaceTime);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SpaceTime) : null;
}
