// Exact answers: each operation plays one short script of requests below a place of its own, through one session,
// and compares every answer with the only right one: error codes, names, every field of the Stats, results of
// multis, events of watches. Places are private, so no other process can make an answer differ, and a session sees
// its own writes, so no lagging server can.

import { conformance } from '../checkers/conformance.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { scripts } from './conformance/catalogue.ts';
import { play } from './conformance/play.ts';
import type { Script } from './conformance/script.ts';
import { ensureZnode, readPair } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/conformance';
/** Tells the places of one run from those that an earlier one left on the same ensemble. */
const runTokenLimit = 2 ** 32;

export const conformanceWorkload: Workload = {
  name: 'conformance',
  description: `${scripts.length} short scripts whose every answer is known, each below a znode of its own`,
  checkers: [conformance, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: ({ random }) => new ConformanceRun(random),
};

class ConformanceRun implements WorkloadRun {
  readonly #random: Random;
  readonly #token: string;
  readonly #byName = new Map(scripts.map((script) => [script.name, script]));
  /** Dealt one after the other, so that each has its turn before any comes again. */
  #deck: Script[] = [];
  #lastPlace = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#token = random.below(runTokenLimit).toString(16);
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, Buffer.alloc(0));
  }

  next(): Request {
    if (this.#deck.length === 0) this.#deck = this.#random.shuffle(scripts);
    const script = this.#deck.pop();
    return { f: 'script', value: [`${root}/${this.#token}-${++this.#lastPlace}`, { script: script?.name }] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [place, argument] = readPair(request);
    if (request.f === 'final-places') {
      const { children, zxid } = await client.getChildren(place);
      return { value: [place, [...children].sort()], zxid };
    }
    const script = this.#byName.get((argument as { script: string }).script);
    if (script === undefined) throw new Error(`no script ${JSON.stringify(argument)}`);
    const { played, zxid } = await play(client, script, place);
    return { value: [place, played], zxid };
  }

  /** Only what was interrupted is left. */
  finalReads(): readonly Request[] {
    return [{ f: 'final-places', value: [root, null] }];
  }
}
