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

  constructor(runs: readonly WorkloadRun[], random: Random) {
    this.#runs = runs;
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    for (const run of this.#runs) await run.setup(client);
  }

  next(process: number): Request {
    const run = this.#random.pick(this.#runs);
    return new MixedRequest(run, run.next(process));
  }

  clientFor(client: Client, request: Request): Client {
    const { run, asked } = originOf(request);
    return run.clientFor?.(client, asked) ?? client;
  }

  invoke(client: Client, request: Request): Promise<Outcome> {
    const { run, asked } = originOf(request);
    return run.invoke(client, asked);
  }

  async end(): Promise<void> {
    await Promise.all(this.#runs.map(async (run) => run.end?.()));
  }

  finalReads(): readonly Request[] {
    return this.#runs.flatMap((run) => run.finalReads().map((request) => new MixedRequest(run, request)));
  }
}

/** A request that knows who asked for it: cheaper, for every operation, than looking that up. */
class MixedRequest implements Request {
  readonly f: string;
  readonly value: unknown;
  readonly run: WorkloadRun;
  /** As the workload made it. */
  readonly asked: Request;

  constructor(run: WorkloadRun, asked: Request) {
    this.f = asked.f;
    this.value = asked.value;
    this.run = run;
    this.asked = asked;
  }
}

function originOf(request: Request): MixedRequest {
  if (request instanceof MixedRequest) return request;
  throw new TypeError(`${request.f} was not asked for by any workload of this run`);
}
