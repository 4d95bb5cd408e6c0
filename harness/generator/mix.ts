// Several workloads in one run: each request comes from one of them, chosen evenly, and goes back to it.

import type { Client } from '../client/client.ts';
import type { Random } from '../random/random.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from '../../workloads/workload.ts';

/** The choice among workloads has a stream of its own, so that adding one leaves what the others draw. */
export function mixWorkloads(workloads: readonly Workload[], options: WorkloadOptions): WorkloadRun {
  const runs = workloads.map((workload) =>
    workload.create({ ...options, random: options.random.fork(`workload ${workload.name}`) }),
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

  clientFor(client: Client, request: Request): Client {
    return this.#originOf(request).clientFor?.(client, request) ?? client;
  }

  invoke(client: Client, request: Request): Promise<Outcome> {
    return this.#originOf(request).invoke(client, request);
  }

  async end(): Promise<void> {
    await Promise.all(this.#runs.map(async (run) => run.end?.()));
  }

  finalReads(): readonly Request[] {
    return this.#runs.flatMap((run) => run.finalReads().map((request) => this.#remember(run, request)));
  }

  #originOf(request: Request): WorkloadRun {
    const run = this.#origin.get(request);
    if (run === undefined) throw new TypeError(`${request.f} was not asked for by any workload of this run`);
    return run;
  }

  #remember(run: WorkloadRun, request: Request): Request {
    this.#origin.set(request, run);
    return request;
  }
}
