// The command line: parses, carries out, and ends with the exit code of the design. Nothing imports this.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { EnvironmentError } from '../ensemble/ensemble.ts';
import { exitCodes } from '../run/exit-code.ts';
import { packageRoot } from '../package-root.ts';
import { printError } from './output.ts';
import { createProgram } from './program.ts';
import { UsageError } from './usage.ts';

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };

let exit: number = exitCodes.passed;
try {
  const program = createProgram({
    version: manifest.version,
    finish: (code) => {
      exit = code;
    },
  });
  await program.parseAsync(process.argv);
} catch (error) {
  exit = report(error);
}

// Connections that are kept alive for reuse would hold the process; what was printed must be out before.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
);
process.exit(exit);

function report(error: unknown): number {
  // Commander has printed its message already; help and version are errors to it as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.passed : exitCodes.usage;
  if (error instanceof UsageError) {
    printError(`ordeal: ${error.message}`);
    return exitCodes.usage;
  }
  if (error instanceof EnvironmentError) {
    printError(`ordeal: ${error.message}`);
    return exitCodes.environmentFailed;
  }
  printError(`ordeal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodes.harnessFailed;
}
