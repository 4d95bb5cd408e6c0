// Transactions over lists, one znode each: a transaction reads some and appends to some, and everything that it read
// is checked by version inside the multi that appends. So whatever it saw was still so when it took place. Reads of
// several lists at one moment come beside them. Elements are unique and lists only grow, so what anybody read
// tells in which order the appends took place. Values are those of Jepsen's list-append.

import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { serializableTransactions } from '../checkers/serializable-transactions.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client, SubOperation } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import { ensureZnode, prepare, readPair, removeChildren } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/append';
const nothing = Buffer.alloc(0);
const emptyList = Buffer.from('[]');
/** Lists in use at a time: few, so that transactions meet. */
const activeCount = 5;
/** Then a new list takes its place, so that none grows for ever. */
const mostAppends = 24;
const mostMicroOperations = 4;
/** Final reads are of so many lists each. */
const listsPerFinalRead = 50;

/** Shares of the requests, in percent; the rest are transactions. */
const snapshotPercent = 30;
const appendPercent = 55;

export const appendWorkload: Workload = {
  name: 'append',
  description:
    'transactions that read and append to several lists by multi, and reads of several lists at once',
  checkers: [serializableTransactions, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: ({ random }) => new AppendRun(random),
};

type MicroOperation =
  | readonly ['append', key: number, element: number]
  | readonly ['r', key: number, list: readonly number[] | null];

/** A list that is in use. */
interface ActiveList {
  readonly key: number;
  appendCount: number;
}

interface SeenList {
  readonly elements: readonly number[];
  readonly version: number;
}

class AppendRun implements WorkloadRun {
  readonly #random: Random;
  readonly #active: ActiveList[];
  #listCount = activeCount;
  #lastElement = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#active = Array.from({ length: activeCount }, (_, key) => ({ key, appendCount: 0 }));
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    await removeChildren(client, root);
  }

  next(): Request {
    if (this.#random.below(100) < snapshotPercent) {
      const lists = this.#random.shuffle(this.#active).slice(0, this.#random.between(2, activeCount));
      return { f: 'snapshot', value: lists.map(({ key }) => ['r', key, null]) };
    }
    const count = this.#random.between(1, mostMicroOperations);
    return { f: 'txn', value: Array.from({ length: count }, () => this.#drawMicroOperation()) };
  }

  invoke(client: Client, request: Request): Promise<Outcome> {
    switch (request.f) {
      case 'txn':
        return transact(client, request.value as readonly MicroOperation[]);
      case 'snapshot':
        return takeSnapshot(client, request.value as readonly MicroOperation[]);
      case 'final-lists':
        return readFinally(client, request);
      default:
        throw new Error(`the append workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    const count = Math.ceil(this.#listCount / listsPerFinalRead);
    return Array.from({ length: count }, (_, part) => {
      const first = part * listsPerFinalRead;
      const keys = Array.from(
        { length: Math.min(listsPerFinalRead, this.#listCount - first) },
        (_unused, index) => first + index,
      );
      return { f: 'final-lists', value: [`${root}/${first}`, keys.map((key) => ['r', key, null])] };
    });
  }

  #drawMicroOperation(): MicroOperation {
    const place = this.#random.below(activeCount);
    const list = this.#active[place] as ActiveList;
    if (this.#random.below(100) >= appendPercent) return ['r', list.key, null];
    list.appendCount++;
    if (list.appendCount >= mostAppends) this.#active[place] = { key: this.#listCount++, appendCount: 0 };
    return ['append', list.key, ++this.#lastElement];
  }
}

/** Reads all of its lists at one moment, and appends on condition that none has changed since. */
async function transact(client: Client, operations: readonly MicroOperation[]): Promise<Outcome> {
  const keys = [...new Set(operations.map(([, key]) => key))];
  const seen = await prepare(() => readExisting(client, keys));
  const lists = new Map([...seen].map(([key, { elements }]) => [key, elements]));
  const states = new Map<number, (readonly number[])[]>();
  const value = operations.map(([f, key, argument]): MicroOperation => {
    const list = lists.get(key) ?? [];
    if (f === 'r') return ['r', key, list];
    const longer = [...list, argument];
    lists.set(key, longer);
    states.set(key, [...(states.get(key) ?? []), longer]);
    return ['append', key, argument];
  });
  const parts = keys.flatMap((key) => partsFor(key, seen.get(key)?.version ?? 0, states.get(key) ?? []));
  const { zxid } = await client.multi(parts);
  return { value, zxid };
}

/** Each append is a change of its own, so that a state between two of them exists, if only inside of the multi. */
function partsFor(key: number, version: number, states: readonly (readonly number[])[]): SubOperation[] {
  const path = pathOf(key);
  if (states.length === 0) return [{ type: 'check', path, version }];
  return states.map((list, index) => ({
    type: 'setData',
    path,
    data: Buffer.from(JSON.stringify(list)),
    version: version + index,
  }));
}

async function takeSnapshot(client: Client, operations: readonly MicroOperation[]): Promise<Outcome> {
  const keys = operations.map(([, key]) => key);
  const { lists, zxid } = await readLists(client, keys);
  return { value: keys.map((key) => ['r', key, lists.get(key)?.elements ?? []]), zxid };
}

async function readFinally(client: Client, request: Request): Promise<Outcome> {
  const [path, operations] = readPair(request);
  const { value, ...rest } = await takeSnapshot(client, operations as readonly MicroOperation[]);
  return { value: [path, value], ...rest };
}

/** Lists come into being when they are first needed. */
async function readExisting(client: Client, keys: readonly number[]): Promise<Map<number, SeenList>> {
  const { lists } = await readLists(client, keys);
  const missing = keys.filter((key) => !lists.has(key));
  if (missing.length === 0) return lists;
  for (const key of missing) await ensureZnode(client, pathOf(key), emptyList);
  const again = await readLists(client, keys);
  const absent = keys.find((key) => !again.lists.has(key));
  if (absent === undefined) return again.lists;
  throw new ClientError(`multiRead ${pathOf(absent)}: it is not there, although it was made`, {
    kind: 'refused',
    definite: true,
    code: ErrorCode.NO_NODE,
    zxid: again.zxid,
  });
}

async function readLists(
  client: Client,
  keys: readonly number[],
): Promise<{ readonly lists: Map<number, SeenList>; readonly zxid: number }> {
  const { results, zxid } = await client.multiRead(
    keys.map((key) => ({ type: 'getData', path: pathOf(key) })),
  );
  const lists = new Map<number, SeenList>();
  for (const [index, result] of results.entries()) {
    if (result.type !== 'data') continue;
    const elements = JSON.parse(result.data.toString()) as number[];
    lists.set(keys[index] as number, { elements, version: result.stat.version });
  }
  return { lists, zxid };
}

function pathOf(key: number): string {
  return `${root}/${key}`;
}
