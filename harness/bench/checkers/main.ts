// `npm run bench:checkers`: how long the search takes, for the public histories in a folder and for generated ones of
// rising size. Reading a file is not counted, finding the words for a violation is told apart. The first run of each
// file counts, as a user's does; the best of several shows what a warm machine makes of it.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { splitHistory } from '../../../checkers/linearizability/check-history.ts';
import { defaultModels, findModel } from '../../../checkers/models/models.ts';
import { readHistory } from '../../history/formats/read-history.ts';
import type { Operation } from '../../history/operation.ts';
import { Random } from '../../random/random.ts';
import { generateHistory } from './generate-history.ts';
import type { HistorySize } from './generate-history.ts';

const limits = { timeMs: 120_000, memoryBytes: 4 * 1024 ** 3, nowMs: () => performance.now() };

const usage = `npm run bench:checkers -- [FOLDER] [--no-partition] [--only public|scale] [--largest N] [--runs N]

FOLDER      public histories (default: test/histories)
--no-partition  all keys of a history as one object
--largest   operations of the largest generated history (default: 1000000)
--runs      of each public history (default: 5)`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    partition: { type: 'boolean', default: true },
    only: { type: 'string' },
    largest: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help === true) {
  print(usage);
} else {
  if (values.only !== 'scale') benchFolder(positionals[0] ?? join('test', 'histories'));
  if (values.only !== 'public') benchScale(Number(values.largest));
}

interface Measured {
  readonly verdict: string;
  readonly configurations: number;
  readonly ms: number;
}

/** Every key is judged, also behind one that fails. */
function measure(history: readonly Operation[], modelName: string, isDivided: boolean): Measured {
  const model = findModel(modelName);
  if (model === undefined) throw new Error(`there is no model ${modelName}`);
  const started = performance.now();
  const keyed = splitHistory(history, model, { isDivided });
  const results = keyed.subjects.map((_, index) => keyed.search(index, limits));
  const ms = performance.now() - started;
  const configurations = results.reduce((sum, result) => sum + result.configurations, 0);
  const types = new Set(results.map(({ type }) => type));
  if (types.has('not-linearizable')) return { verdict: 'violated', configurations, ms };
  return { verdict: types.has('unknown') ? 'inconclusive' : 'pass', configurations, ms };
}

function explain(history: readonly Operation[], modelName: string, isDivided: boolean): number {
  const model = findModel(modelName);
  if (model === undefined) return 0;
  const started = performance.now();
  const keyed = splitHistory(history, model, { isDivided });
  for (const index of keyed.subjects.keys()) keyed.check(index, limits);
  return performance.now() - started;
}

function benchFolder(folder: string): void {
  const runs = Number(values.runs);
  let first = 0;
  let best = 0;
  let explained = 0;
  const files = historiesIn(folder);
  row(['file', 'verdict', 'operations', 'configurations', 'first ms', 'best ms', 'with words ms']);
  for (const file of files) {
    const { format, history } = readHistory(file, null);
    const model = defaultModels[format];
    const measured = Array.from({ length: runs }, () => measure(history, model, values.partition));
    const [cold] = measured;
    if (cold === undefined) throw new Error('--runs: expected one at least');
    const bestMs = Math.min(...measured.map(({ ms }) => ms));
    const wordsMs = explain(history, model, values.partition);
    const operations = history.filter(({ type }) => type === 'invoke').length;
    const { verdict, configurations, ms } = cold;
    row([file, verdict, operations, configurations, ms.toFixed(2), bestMs.toFixed(2), wordsMs.toFixed(2)]);
    first += ms;
    best += bestMs;
    explained += wordsMs;
  }
  row([`${files.length} files`, '', '', '', first.toFixed(2), best.toFixed(2), explained.toFixed(2)]);
}

function historiesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(log|txt|edn|jsonl)$/.test(file))
    .map((file) => join(path, file))
    .filter((file) => existsSync(file) && statSync(file).size > 0)
    .sort();
}

/** One register for all processes: nothing to divide. */
function benchScale(largest: number): void {
  row([
    'operations',
    'processes',
    'indefinite %',
    'verdict',
    'configurations',
    'ms',
    'operations/s',
    'resident MB',
  ]);
  for (const operations of [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= largest)) {
    for (const processes of [5, 20, 100]) {
      for (const indefinitePercent of [0, 1, 5])
        measureSize({ operations, processes, indefinitePercent, keys: 1 });
    }
  }
}

function measureSize(size: HistorySize): void {
  const history = generateHistory(size, new Random('scale'));
  const { verdict, configurations, ms } = measure(history, 'cas-register', true);
  const perSecond = Math.round((1000 * size.operations) / ms);
  const residentMegabytes = Math.round(process.memoryUsage().rss / 1e6);
  const { operations, processes, indefinitePercent } = size;
  row([
    operations,
    processes,
    indefinitePercent,
    verdict,
    configurations,
    ms.toFixed(0),
    perSecond,
    residentMegabytes,
  ]);
}

function row(cells: readonly (string | number)[]): void {
  const [first = '', ...rest] = cells;
  print([String(first).padEnd(52), ...rest.map((cell) => String(cell).padStart(14))].join(' '));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
