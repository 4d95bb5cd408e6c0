// Two users and znodes whose access lists change all the time: reads, writes and changes of lists by either, so
// that many requests come just before or just after a change, also while the leader changes. Each process is one
// user for good. The lists stand in the requests, so that the checker knows what a change would allow.

import { accessControl } from '../checkers/access-control.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Client } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import { openAcl } from '../harness/wire/records.ts';
import type { Acl } from '../harness/wire/records.ts';
import { credentialsOf, digestAcl } from './users.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const root = '/acl';
const keyCount = 4;
const nothing = Buffer.alloc(0);

const users = ['alice', 'bob'] as const;
type User = (typeof users)[number];

/** By user or `anyone`: letters of `permissionBits`. */
type AccessList = Readonly<Record<string, string>>;

const permissionBits: Readonly<Record<string, number>> = { r: 1, w: 2, c: 4, d: 8, a: 16 };

/** Alice may always change the list, so that no znode is lost for the rest of the run. */
const lists: readonly AccessList[] = [
  { alice: 'rwcda', bob: 'rwcda' },
  { alice: 'rwcda', bob: 'a' },
  { alice: 'rwcda' },
  { alice: 'a', bob: 'rwcda' },
  { alice: 'ra', bob: 'w' },
  { alice: 'wca', bob: 'r' },
  { alice: 'a', anyone: 'r' },
  { anyone: 'rwcda' },
];

/** Shares of the requests, in percent; the rest create children. */
const changePercent = 20;
const readPercent = 35;
const writePercent = 30;

export const aclWorkload: Workload = {
  name: 'acl',
  description: `two users read and write ${keyCount} znodes whose access lists change`,
  checkers: [accessControl, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: ({ random, processes }) => new AclRun(random, processes),
};

class AclRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #keys = Array.from({ length: keyCount }, (_, index) => `${root}/${index}`);
  /** Who a client has proved to be. */
  readonly #proved = new WeakMap<Client, User>();
  #lastValue = 0;

  constructor(random: Random, processes: number) {
    this.#random = random;
    this.#processes = processes;
  }

  async setup(client: Client): Promise<void> {
    this.#prove(client, 'alice');
    await ensureZnode(client, root, nothing);
    for (const key of this.#keys) await ensureOpenZnode(client, key);
  }

  next(process: number): Request {
    const user = users[(process % this.#processes) % users.length] ?? 'alice';
    const key = this.#random.pick(this.#keys);
    const draw = this.#random.below(100);
    if (draw < changePercent) {
      return { f: 'set-acl', value: [key, { user, acl: this.#random.pick(lists) }] };
    }
    if (draw < changePercent + readPercent) return { f: 'guarded-read', value: [key, { user }] };
    const value = ++this.#lastValue;
    if (draw < changePercent + readPercent + writePercent) {
      return { f: 'guarded-write', value: [key, { user, value }] };
    }
    return { f: 'guarded-create', value: [key, { user, child: `c${value}` }] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [key, argument] = readPair(request);
    const { user, acl, value, child } = argument as Argument;
    this.#prove(client, user);
    switch (request.f) {
      case 'set-acl': {
        const { zxid, stat } = await client.setAcl(key, encode(acl ?? {}), -1);
        return { value: [key, { user, acl, aversion: stat.aversion }], zxid };
      }
      case 'guarded-read': {
        const { zxid, stat } = await client.getData(key);
        return { value: [key, { user, aversion: stat.aversion }], zxid };
      }
      case 'guarded-write': {
        const { zxid, stat } = await client.setData(key, Buffer.from(String(value)), -1);
        return { value: [key, { user, value, aversion: stat.aversion }], zxid };
      }
      case 'guarded-create': {
        const path = `${key}/${child}`;
        const { zxid } = await client.create(path, nothing);
        // Nobody looks at them. What may not be deleted stays, or what the connection was lost for.
        await client.delete(path, -1).catch(ignoreFailure);
        return { value: [key, { user, child }], zxid };
      }
      case 'final-acl': {
        const found = await unlessAbsent(client.getAcl(key));
        // Setup was acknowledged, so this server lost the znode.
        if ('absent' in found) return { value: [key, { acl: null, aversion: -1 }], zxid: found.zxid };
        const { zxid, stat } = found;
        return { value: [key, { acl: decode(found.acl), aversion: stat.aversion }], zxid };
      }
      default:
        throw new Error(`the acl workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return this.#keys.map((key) => ({ f: 'final-acl', value: [key, { user: 'alice' }] }));
  }

  /** The client sends it again on every connection. */
  #prove(client: Client, user: User): void {
    if (this.#proved.has(client)) return;
    this.#proved.set(client, user);
    client.addAuth('digest', credentialsOf(user));
  }
}

interface Argument {
  readonly user: User;
  readonly acl?: AccessList;
  readonly value?: number;
  readonly child?: string;
}

/** Open, and its list never changed: what the checker takes for the beginning. */
async function ensureOpenZnode(client: Client, path: string): Promise<void> {
  try {
    await client.create(path, nothing);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== ErrorCode.NODE_EXISTS) throw error;
    const { stat } = await client.getAcl(path);
    if (stat.aversion === 0) return;
    await client.setAcl(path, openAcl, -1);
    await removeChildren(client, path);
    await client.delete(path, -1);
    await client.create(path, nothing);
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof ClientError)) throw error;
}

function encode(list: AccessList): Acl[] {
  return Object.entries(list).map(([who, letters]) => {
    const bits = Object.entries(permissionBits).filter(([letter]) => letters.includes(letter));
    const perms = bits.reduce((sum, [, bit]) => sum | bit, 0);
    const user = users.find((one) => one === who);
    return user === undefined ? { perms, scheme: 'world', id: 'anyone' } : digestAcl(user, perms);
  });
}

/** Back to the form of the requests; an entry that no request asked for keeps its own name. */
function decode(acl: readonly Acl[]): AccessList {
  return Object.fromEntries(
    acl.map(({ perms, scheme, id }) => {
      const user = users.find((one) => digestAcl(one, perms).id === id);
      const letters = Object.entries(permissionBits).filter(([, bit]) => (perms & bit) !== 0);
      return [
        scheme === 'world' ? id : (user ?? `${scheme}:${id}`),
        letters.map(([letter]) => letter).join(''),
      ];
    }),
  );
}
