// Bytes per top-level znode. Called for every request: most follow one below the same top-level znode, so that
// one is tried first.

import { Summary } from './summary.ts';

/** Top-level znodes that are told apart; traffic below any further ones is not counted. */
const maxNamespaceCount = 1_000;

export class NamespaceTraffic {
  readonly #byName = new Map<string, Summary>();
  #lastPrefix: string | null = null;
  #last = new Summary();

  /** The root belongs to nobody. */
  add(path: string, bytes: number): void {
    if (this.#lastPrefix === null || !path.startsWith(this.#lastPrefix)) {
      const name = nameOf(path);
      const summary = this.#summaryOf(name);
      if (summary === null) return;
      this.#last = summary;
      this.#lastPrefix = `/${name}/`;
    }
    this.#last.add(bytes);
  }

  get entries(): readonly (readonly [name: string, Summary])[] {
    return [...this.#byName];
  }

  reset(): void {
    for (const summary of this.#byName.values()) summary.reset();
  }

  #summaryOf(name: string): Summary | null {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (name === '' || this.#byName.size >= maxNamespaceCount) return null;
    const summary = new Summary();
    this.#byName.set(name, summary);
    return summary;
  }
}

function nameOf(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path.slice(1) : path.slice(1, end);
}
