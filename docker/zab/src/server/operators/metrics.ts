// What a server counts and measures, by the names of Apache ZooKeeper. Whoever measures holds on to the counter
// or summary itself; names are looked up only where somebody asks for all of them.

import { basicSummaryNames, counterNames, percentileSummaryNames } from './metric-names.ts';
import { NamespaceTraffic } from './namespace-traffic.ts';
import { Summary } from './summary.ts';

type CounterName = (typeof counterNames)[number];
type SummaryName = (typeof basicSummaryNames | typeof percentileSummaryNames)[number];

export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

export class Metrics {
  readonly counters = mapNames<CounterName, Counter>(counterNames, () => new Counter());
  readonly summaries = mapNames<SummaryName, Summary>(
    [...basicSummaryNames, ...percentileSummaryNames],
    () => new Summary(),
  );
  /** Bytes read and written below each top-level znode, by its name. */
  readonly readPerNamespace = new NamespaceTraffic();
  readonly writePerNamespace = new NamespaceTraffic();

  /** What the four-letter word srst asks for. */
  reset(): void {
    for (const counter of Object.values<Counter>(this.counters)) counter.value = 0;
    for (const summary of Object.values<Summary>(this.summaries)) summary.reset();
    this.readPerNamespace.reset();
    this.writePerNamespace.reset();
  }
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
