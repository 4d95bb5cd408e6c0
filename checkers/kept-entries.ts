// The entries of a history that a checker keeps because it needs them all at once. When they are too many for the
// memory, those of the beginning are kept and the rest is left in doubt: a guarantee that was not looked at to the end
// does not pass.

import type { Operation } from '../harness/history/operation.ts';
import type { CheckBudget, GuaranteeResult } from './verdict.ts';

/** What one entry takes, generously, where several checkers keep theirs. */
const bytesOfEntry = 4096;

export class KeptEntries {
  readonly entries: Operation[] = [];
  readonly #most: number;
  #count = 0;

  constructor({ memoryBytes }: CheckBudget) {
    this.#most = Math.floor(memoryBytes / bytesOfEntry);
  }

  push(operation: Operation): void {
    if (this.#count++ < this.#most) this.entries.push(operation);
  }

  /** Calls whose ends were not kept are in doubt, so what is violated is so all the same. */
  conclude(result: GuaranteeResult): GuaranteeResult {
    if (this.#count <= this.#most || result.verdict === 'violated') return result;
    const reason = `only the first ${this.#most} of ${this.#count} entries were judged: the others did not fit into the memory for checks`;
    return { ...result, verdict: 'inconclusive', reason };
  }
}
