// Several workloads in one run: each request comes from one of them, chosen evenly, and goes back to it.

import type { Client } from '../client/client.ts';
import type { Random } from '../random/random.ts';
import type { Outcome, Request, Workload, WorkloadRun } from '../../workloads/workload.ts';

/** The choice among workloads has a stream of its own, so that adding one leaves what the others draw. */
export function mixWorkloads(
  workloads: readonly Workload[],
  options: { readonly random: Random; readonly processes: number },
): WorkloadRun {
  const runs = workloads.map((workload) =>
    workload.create({
      random: options.random.fork(`workload ${workload.name}`),
      processes: options.processes,
    }),
  );
  return new MixedRun(runs, options.random.fork('mix'));
}

class MixedRun implements WorkloadRun {
  readonly #runs: readonly WorkloadRun[];
  readonly #random: Random;
  readonly #origin = new WeakMap<Request, WorkloadRun>();

  constructor(runs: readonly WorkloadRun[], random: Random) {
    this.#runs = runs;
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    for (const run of this.#runs) await run.setup(client);
  }

  next(process: number): Request {
    const run = this.#random.pick(this.#runs);
    return this.#remember(run, run.next(process));
  }

  invoke(client: Client, request: Request): Promise<Outcome> {
    const run = this.#origin.get(request);
    if (run === undefined) throw new TypeError(`${request.f} was not asked for by any workload of this run`);
    return run.invoke(client, request);
  }

  finalReads(): readonly Request[] {
    return this.#runs.flatMap((run) => run.finalReads().map((request) => this.#remember(run, request)));
  }

  #remember(run: WorkloadRun, request: Request): Request {
    this.#origin.set(request, run);
    return request;
  }
}
