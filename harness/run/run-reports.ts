// What the servers of a run report, taken as it comes: judged, written to `trace.jsonl`, and shown to whoever asked.
// Nothing of it is kept in memory, so that a run may be as long as it likes.

import { TraceJudge } from '../../checkers/trace/judge-trace.ts';
import type { Ensemble, TraceWatch } from '../ensemble/ensemble.ts';
import { HistoryFileWriter } from '../history/history-file.ts';

/**
 * Of a run that passes the rest is of no use and would fill disks; `ordeal replay` has the same run again. One that is
 * violated is run again at once, and keeps them all, unless its history is too long to be kept in memory.
 */
const mostWritten = 100_000;

export class RunReports {
  /** Null: nobody knows the order of these reports. */
  readonly judge: Pick<TraceJudge, 'conclude'> | null;
  readonly #unwatch: (() => void) | null;
  readonly #file: HistoryFileWriter | null = null;
  #made = 0;
  #written = 0;
  #crash: unknown = null;

  constructor(
    ensemble: Ensemble,
    { file, watch }: { readonly file: string | null; readonly watch: TraceWatch | undefined },
  ) {
    const judge = new TraceJudge({
      voters: sidsOf(ensemble, 'participant'),
      observers: sidsOf(ensemble, 'observer'),
      tickMs: ensemble.tickMs,
      syncLimit: ensemble.syncLimit,
    });
    const writer =
      file === null || !ensemble.capabilities.has('anchors') ? null : new HistoryFileWriter(file);
    this.#file = writer;
    this.#unwatch = ensemble.watchTrace((event) => {
      // What is thrown here would end the server that reports, and it is the harness that crashed or has no room.
      if (this.#crash !== null) return;
      try {
        this.#made += 1;
        if (writer !== null && this.#made <= mostWritten) {
          writer.write(JSON.stringify(event));
          this.#written += 1;
        }
        watch?.(event);
        judge.take(event);
      } catch (error) {
        this.#crash = error;
      }
    });
    this.judge = this.#unwatch === null ? null : { conclude: () => this.#conclude(judge) };
  }

  get counts(): { readonly made: number; readonly written: number } {
    return { made: this.#made, written: this.#written };
  }

  /** The run is over; what was written is there. */
  end(): void {
    this.#unwatch?.();
    try {
      this.#file?.close();
    } catch (error) {
      this.#crash ??= error;
    }
  }

  #conclude(judge: TraceJudge): ReturnType<TraceJudge['conclude']> {
    if (this.#crash !== null) throw this.#crash;
    return judge.conclude();
  }
}

function sidsOf({ servers }: Ensemble, role: 'participant' | 'observer'): number[] {
  return servers.filter((server) => server.role === role).map(({ sid }) => sid);
}
