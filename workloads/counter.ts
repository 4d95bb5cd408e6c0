// Counters as people keep them on ZooKeeper: read the number, write the sum on condition that nobody wrote in
// between, and start again where somebody did. Whether a write without an answer took place is for the checker to
// find out, so it is not tried again. Amounts are 1 or 2: from a sum and a version follows how many of each it took.

import { counter } from '../checkers/counter.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client, Reply } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { Stat } from '../harness/wire/records.ts';
import { ensureZnode, readPair, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';

const parent = '/counter';
/** Few, so that increments meet. */
const counterCount = 3;
const initialData = Buffer.from('0');
/** Somebody was always faster: given up, and nothing was added. */
const mostAttempts = 5;

export const counterWorkload: Workload = {
  name: 'counter',
  description: `${counterCount} counters that grow by conditional writes, tried again where another was faster`,
  checkers: [counter, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: (options) => new CounterRun(options),
};

class CounterRun implements WorkloadRun {
  readonly #random: Random;
  readonly #paths = Array.from({ length: counterCount }, (_, index) => `${parent}/${index}`);

  constructor({ random }: WorkloadOptions) {
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, parent, Buffer.alloc(0));
    for (const path of this.#paths) await ensureZnode(client, path, initialData, { pristine: true });
  }

  next(): Request {
    const path = this.#random.pick(this.#paths);
    const draw = this.#random.below(10);
    if (draw < 6) return { f: 'increment', value: [path, this.#random.between(1, 2)] };
    return { f: draw < 8 ? 'counter-read' : 'counter-sync-read', value: [path, null] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [path, argument] = readPair(request);
    switch (request.f) {
      case 'increment':
        return increment(client, path, argument as number);
      case 'counter-read':
        return outcomeOfRead(path, await client.getData(path));
      case 'counter-sync-read':
        return outcomeOfRead(path, await client.syncAndGetData(path));
      case 'final-counter': {
        const found = await unlessAbsent(client.getData(path));
        if ('absent' in found) return { value: [path, null], zxid: found.zxid };
        return outcomeOfRead(path, found);
      }
      default:
        throw new Error(`the counter workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return this.#paths.map((path) => ({ f: 'final-counter', value: [path, null] }));
  }
}

async function increment(client: Client, path: string, amount: number): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const { data, stat } = await readFirst(client, path);
    const before = Number(data.toString());
    try {
      const sum = Buffer.from(String(before + amount));
      const { zxid, stat: written } = await client.setData(path, sum, stat.version);
      return { value: [path, { amount, before, attempt }], zxid, version: written.version };
    } catch (error) {
      const isOvertaken = error instanceof ClientError && error.code === ErrorCode.BAD_VERSION;
      if (!isOvertaken || attempt === mostAttempts) throw error;
    }
  }
}

/** A read without an answer leaves nothing in doubt: the write behind it was never asked for. */
async function readFirst(client: Client, path: string): Promise<Reply & { data: Buffer; stat: Stat }> {
  try {
    return await client.getData(path);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { kind, code, zxid } = error;
    throw new ClientError(`${error.message} (nothing was added)`, {
      kind,
      definite: true,
      ...(code === undefined ? {} : { code }),
      ...(zxid === undefined ? {} : { zxid }),
    });
  }
}

function outcomeOfRead(path: string, { data, stat, zxid }: Reply & { data: Buffer; stat: Stat }): Outcome {
  return { value: [path, Number(data.toString())], zxid, version: stat.version };
}
