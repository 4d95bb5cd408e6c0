// What a server counts and measures, by the names of Apache ZooKeeper. Whoever measures holds on to the counter
// or summary itself; names are looked up only where somebody asks for all of them.

import { basicSummaryNames, counterNames, percentileSummaryNames } from './metric-names.ts';
import { Summary } from './summary.ts';

type CounterName = (typeof counterNames)[number];
type SummaryName = (typeof basicSummaryNames | typeof percentileSummaryNames)[number];

export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** Top-level znodes that are told apart; traffic below any further ones is not counted. */
const maxNamespaceCount = 1_000;

export class Metrics {
  readonly counters = mapNames<CounterName, Counter>(counterNames, () => new Counter());
  readonly summaries = mapNames<SummaryName, Summary>(
    [...basicSummaryNames, ...percentileSummaryNames],
    () => new Summary(),
  );
  /** Bytes read and written below each top-level znode, by its name. */
  readonly readPerNamespace = new Map<string, Summary>();
  readonly writePerNamespace = new Map<string, Summary>();

  /** What the four-letter word srst asks for. */
  reset(): void {
    for (const counter of Object.values<Counter>(this.counters)) counter.value = 0;
    for (const summary of Object.values<Summary>(this.summaries)) summary.reset();
    for (const summary of this.readPerNamespace.values()) summary.reset();
    for (const summary of this.writePerNamespace.values()) summary.reset();
  }
}

/** Counts `bytes` for the top-level znode that `path` is below. The root belongs to nobody. */
export function addToNamespace(summaries: Map<string, Summary>, path: string, bytes: number): void {
  const end = path.indexOf('/', 1);
  const name = end < 0 ? path.slice(1) : path.slice(1, end);
  if (name === '') return;
  let summary = summaries.get(name);
  if (summary === undefined) {
    if (summaries.size >= maxNamespaceCount) return;
    summary = new Summary();
    summaries.set(name, summary);
  }
  summary.add(bytes);
}

function mapNames<Name extends string, Value>(
  names: readonly Name[],
  make: () => Value,
): Readonly<Record<Name, Value>> {
  const byName: Partial<Record<Name, Value>> = {};
  for (const name of names) byName[name] = make();
  // Every name has just got its value.
  return byName as Record<Name, Value>;
}
