// Watches from the outside who leads, all through a run: the report's leader lane, and the progress line's
// heartbeat.

import type { Ensemble } from '../ensemble/ensemble.ts';
import { leaderOf, participantsOf } from '../nemesis/targets.ts';
import type { LeaderSpan } from './run-result.ts';

export class LeaderWatch {
  readonly #ensemble: Ensemble;
  readonly #spans: LeaderSpan[] = [];
  #isStopped = false;

  constructor(ensemble: Ensemble) {
    this.#ensemble = ensemble;
  }

  /** The last one ends when the watch did. */
  get spans(): readonly LeaderSpan[] {
    return this.#spans;
  }

  /** Looks once a tick until `stop`, and calls `looked` after each time. */
  async run(looked: () => void): Promise<void> {
    const { clock, tickMs } = this.#ensemble;
    const participants = participantsOf(this.#ensemble);
    while (!this.#isStopped) {
      const statuses = await Promise.all(participants.map((sid) => this.#ensemble.status(sid)));
      this.#see(leaderOf(statuses));
      looked();
      await clock.sleep(tickMs);
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#see(null);
  }

  #see(leader: number | null): void {
    const nowNs = this.#ensemble.clock.nowNs();
    const last = this.#spans.at(-1);
    const present = last?.endNs === null ? last : undefined;
    if (present?.sid === leader) return;
    if (present !== undefined) this.#spans[this.#spans.length - 1] = { ...present, endNs: nowNs };
    if (leader !== null) this.#spans.push({ sid: leader, startNs: nowNs, endNs: null });
  }
}
