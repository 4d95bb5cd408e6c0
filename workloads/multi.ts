// Znodes that only multis change, so that they always fit together: pairs that are written together, accounts
// whose sum stays, and a box that always holds one token. Every multi leaves its stamp in each znode that it
// writes: who it was, and which version of each of them it made. So a read of several znodes at one moment shows
// by itself whether it has seen a part of a multi. Some multis must fail, at any of their operations, and leave
// nothing.

import { multiAtomicity } from '../checkers/multi-atomicity.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client, ReadResult, Reply, SubOperation } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { Stat } from '../harness/wire/records.ts';
import { ensureZnode, readPair, removeChildren } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/multi';
const anchor = `${root}/anchor`;
const box = `${root}/box`;
const firstToken = 'token0';
const nothing = Buffer.alloc(0);
/** The znodes that belong together; each is named by what stands between the root and the dash. */
const groups = ['pair0', 'pair1', 'accounts'] as const;
const membersOf: Readonly<Record<string, readonly string[]>> = {
  pair0: ['a', 'b'],
  pair1: ['a', 'b'],
  accounts: ['0', '1', '2', '3'],
};
/** Known to the checker, which adds them up. */
const firstBalance = 100;
const mostMoved = 20;
/** No znode of a run gets this far. */
const wrongVersion = 1_000_000;

/** Shares of the requests, in percent; the rest are multis that must fail. */
const readPercent = 40;
const pairPercent = 18;
const transferPercent = 20;
const swapPercent = 8;

export const multiWorkload: Workload = {
  name: 'multi',
  description:
    'multis over pairs, accounts and a box with one token, some that must fail, and reads of several znodes at once',
  checkers: [multiAtomicity, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: ({ random }) => new MultiRun(random),
};

/** What a znode of a group holds. */
interface Stamp {
  readonly by: number;
  /** By member, the version that the same multi made of it. */
  readonly at: Readonly<Record<string, number>>;
  readonly balance?: number;
}

interface Seen {
  readonly version: number;
  readonly stamp: Stamp;
}

class MultiRun implements WorkloadRun {
  readonly #random: Random;
  #lastId = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    await ensureZnode(client, anchor, nothing, { pristine: true });
    for (const group of groups) {
      for (const member of membersOf[group] ?? []) {
        const stamp = { by: 0, at: {}, ...(group === 'accounts' ? { balance: firstBalance } : {}) };
        await ensureZnode(client, pathOf(group, member), encode(stamp), { pristine: true });
      }
    }
    await setUpBox(client);
  }

  next(): Request {
    const draw = this.#random.below(100);
    const pair = this.#random.pick(['pair0', 'pair1']);
    const group = this.#random.pick(groups);
    if (draw < readPercent) {
      const scope = this.#random.pick([...groups, 'box']);
      return { f: 'multi-read', value: [`${root}/${scope}`, null] };
    }
    const by = ++this.#lastId;
    if (draw < readPercent + pairPercent) return { f: 'pair-write', value: [`${root}/${pair}`, { by }] };
    if (draw < readPercent + pairPercent + transferPercent) {
      return { f: 'transfer', value: [`${root}/accounts`, { by, ...this.#drawTransfer() }] };
    }
    if (draw < readPercent + pairPercent + transferPercent + swapPercent) {
      return { f: 'token-swap', value: [box, { by }] };
    }
    const shape = this.#random.pick(brokenShapes);
    return { f: 'broken-multi', value: [`${root}/${group}`, { by, shape }] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [scope, argument] = readPair(request);
    const group = scope.slice(root.length + 1);
    switch (request.f) {
      case 'multi-read':
        return outcomeOfRead(scope, await readScope(client, group), { isFinal: false });
      case 'final-multi-read':
        return outcomeOfRead(scope, await readScope(client, group), { isFinal: true });
      case 'pair-write': {
        const { by } = argument as { by: number };
        const seen = await readGroup(client, group);
        return writeStamps(client, { scope, group, by, seen });
      }
      case 'transfer': {
        const { by, from, to, amount } = argument as Transfer & { by: number };
        const seen = await readGroup(client, group);
        const balances = { [from]: balanceOf(seen, from) - amount, [to]: balanceOf(seen, to) + amount };
        return writeStamps(client, { scope, group, by, seen, balances });
      }
      case 'token-swap':
        return swapToken(client, (argument as { by: number }).by);
      case 'broken-multi': {
        const { by, shape } = argument as { by: number; shape: BrokenShape };
        const { zxid } = await client.multi(brokenMulti(group, by, shape));
        return { value: [scope, { by, shape }], zxid };
      }
      default:
        throw new Error(`the multi workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return [...groups, 'box'].map((scope) => ({ f: 'final-multi-read', value: [`${root}/${scope}`, null] }));
  }

  #drawTransfer(): Transfer {
    const accounts = [...(membersOf['accounts'] ?? [])];
    const [from = '0'] = accounts.splice(this.#random.below(accounts.length), 1);
    return { from, to: this.#random.pick(accounts), amount: this.#random.between(1, mostMoved) };
  }
}

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** A box with one token that was never opened, whatever an earlier run left. */
async function setUpBox(client: Client): Promise<void> {
  await ensureZnode(client, box, nothing);
  const { children, stat } = await client.getChildren(box);
  const isFresh = children.every((child) => child === firstToken) && stat.cversion <= 1;
  if (!isFresh) {
    await removeChildren(client, box);
    await client.delete(box, -1);
    await client.create(box, nothing);
  }
  await ensureZnode(client, `${box}/${firstToken}`, nothing);
}

type ScopeRead = Reply & { readonly results: readonly ReadResult[]; readonly members: readonly string[] };

async function readScope(client: Client, group: string): Promise<ScopeRead> {
  if (group === 'box') {
    const reply = await client.multiRead([
      { type: 'getData', path: box },
      { type: 'getChildren', path: box },
    ]);
    return { ...reply, members: [] };
  }
  const members = membersOf[group] ?? [];
  const reply = await client.multiRead(
    members.map((member) => ({ type: 'getData', path: pathOf(group, member) })),
  );
  return { ...reply, members };
}

/** A server that lags behind setup may lack a znode in the course of the run; at the end it must not. */
function outcomeOfRead(
  scope: string,
  { results, members, zxid }: ScopeRead,
  { isFinal }: { readonly isFinal: boolean },
): Outcome {
  const missing = results.find((result) => result.type === 'error');
  if (missing?.type === 'error' && !isFinal) throw absentZnode(scope, zxid);
  if (scope === box) return { value: [scope, boxOf(results)], zxid };
  const entries = members.map((member, index) => [member, entryOf(results[index])] as const);
  return { value: [scope, Object.fromEntries(entries)], zxid };
}

function boxOf(results: readonly ReadResult[]): unknown {
  const [data, children] = results;
  if (data?.type !== 'data' || children?.type !== 'children') return null;
  return { cversion: data.stat.cversion, tokens: [...children.children].sort() };
}

function entryOf(result: ReadResult | undefined): unknown {
  if (result?.type !== 'data') return null;
  return { version: result.stat.version, mzxid: result.stat.mzxid, ...decode(result.data) };
}

function absentZnode(scope: string, zxid: number): ClientError {
  return new ClientError(`multiRead ${scope}: a znode is not there`, {
    kind: 'refused',
    definite: true,
    code: ErrorCode.NO_NODE,
    zxid,
  });
}

async function readGroup(client: Client, group: string): Promise<Map<string, Seen>> {
  const { results, members, zxid } = await readScope(client, group);
  return new Map(
    members.map((member, index) => {
      const result = results[index];
      if (result?.type !== 'data') throw absentZnode(group, zxid);
      return [member, { version: result.stat.version, stamp: decode(result.data) }];
    }),
  );
}

function balanceOf(seen: ReadonlyMap<string, Seen>, member: string): number {
  return seen.get(member)?.stamp.balance ?? 0;
}

/** Writes every member, or those that get a balance, each on condition that it is as it was seen. */
async function writeStamps(
  client: Client,
  write: {
    readonly scope: string;
    readonly group: string;
    readonly by: number;
    readonly seen: ReadonlyMap<string, Seen>;
    readonly balances?: Readonly<Record<string, number>>;
  },
): Promise<Outcome> {
  const { scope, group, by, seen, balances } = write;
  const written = [...seen].filter(([member]) => balances === undefined || member in balances);
  const at = Object.fromEntries(written.map(([member, { version }]) => [member, version + 1]));
  const operations = written.map(([member, { version }]): SubOperation => {
    const balance = balances?.[member];
    const data = encode({ by, at, ...(balance === undefined ? {} : { balance }) });
    return { type: 'setData', path: pathOf(group, member), data, version };
  });
  const { results, zxid } = await client.multi([{ type: 'check', path: anchor, version: 0 }, ...operations]);
  const made = written.map(([member], index) => {
    const { version, mzxid } = results[index + 1] as Stat;
    return [member, { version, mzxid }] as const;
  });
  return { value: [scope, { by, at, made: Object.fromEntries(made) }], zxid };
}

/** The new token comes and the old one goes; who swaps what is gone already is refused. */
async function swapToken(client: Client, by: number): Promise<Outcome> {
  const { children, zxid: seenZxid } = await client.getChildren(box);
  const [old] = children;
  if (old === undefined) throw absentZnode(box, seenZxid);
  const token = `token${by}`;
  const { zxid } = await client.multi([
    { type: 'create', path: `${box}/${token}`, data: nothing },
    { type: 'delete', path: `${box}/${old}`, version: -1 },
  ]);
  return { value: [box, { by, token, old }], zxid };
}

/** Where the operation stands that fails. */
const brokenShapes = ['first', 'middle', 'last', 'ghost'] as const;
type BrokenShape = (typeof brokenShapes)[number];

function brokenMulti(group: string, by: number, shape: BrokenShape): SubOperation[] {
  const data = encode({ by, at: {} });
  const writes = (membersOf[group] ?? []).map((member): SubOperation => ({
    type: 'setData',
    path: pathOf(group, member),
    data,
    version: -1,
  }));
  const wrong: SubOperation = { type: 'check', path: anchor, version: wrongVersion };
  switch (shape) {
    case 'first':
      return [wrong, ...writes];
    case 'middle':
      return [...writes.slice(0, 1), wrong, ...writes.slice(1)];
    case 'last':
      return [...writes, { type: 'setData', path: anchor, data: nothing, version: wrongVersion }];
    case 'ghost':
      return [
        { type: 'create', path: `${box}/ghost${by}`, data: nothing },
        ...writes,
        { type: 'delete', path: `${root}/missing`, version: -1 },
      ];
  }
}

function pathOf(group: string, member: string): string {
  return `${root}/${group}-${member}`;
}

function encode(stamp: Stamp): Buffer {
  return Buffer.from(JSON.stringify(stamp));
}

function decode(data: Buffer): Stamp {
  return JSON.parse(data.toString()) as Stamp;
}
