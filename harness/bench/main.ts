// `npm run bench:ensemble`: the bundled server against Apache ZooKeeper. Exit codes as everywhere: 0 measured,
// 3 the environment failed, 4 the benchmark itself failed, 64 the command line is wrong.

import { EnvironmentError } from '../ensemble/ensemble.ts';
import { BenchUsageError, parseBenchOptions, usage } from './bench-options.ts';
import { renderTable } from './bench-result.ts';
import { runBenchmark } from './bench.ts';

const environmentFailed = 3;
const benchmarkFailed = 4;
const wrongUsage = 64;

async function main(args: readonly string[]): Promise<number> {
  const options = parseBenchOptions(args);
  if (options === null) {
    process.stdout.write(usage);
    return 0;
  }
  const result = await runBenchmark(options, (line) => void process.stderr.write(`${line}\n`));
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : renderTable(result));
  return 0;
}

function report(error: unknown): number {
  const isUsage = error instanceof BenchUsageError;
  const isExpected = isUsage || error instanceof EnvironmentError;
  const text = error instanceof Error ? (isExpected ? error.message : error.stack) : String(error);
  process.stderr.write(`bench: ${text}\n${isUsage ? `\n${usage}` : ''}`);
  if (isUsage) return wrongUsage;
  return isExpected ? environmentFailed : benchmarkFailed;
}

// Connections to the engine that are kept alive would hold the process.
const exit = await main(process.argv.slice(2)).catch(report);
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exit);
