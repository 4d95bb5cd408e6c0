// A configuration that everybody follows: its parts are written under a new name, and one znode is made to name them,
// on condition that nobody published in between. All of it is sent at once, so whoever is shown the name must find
// the parts, in whatever session and on whatever server. Parts of old ones are removed.

import { configuration } from '../checkers/configuration.ts';
import type { SeenConfiguration } from '../checkers/configuration.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client, Reply } from '../harness/client/client.ts';
import type { Random } from '../harness/random/random.ts';
import { Followers } from './follower.ts';
import { placeOf } from './placed-request.ts';
import type { PlacedRequest } from './placed-request.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadOptions, WorkloadRun } from './workload.ts';

const root = '/configuration';
const current = `${root}/current`;
const partsRoot = `${root}/parts`;
const nothing = Buffer.alloc(0);
const partCount = 3;
/** Followers are told of few changes at a time where there are many of them. */
const followerCount = 5;
/** So many are left where they are: a reader may still be on his way to their parts. */
const keptCount = 10;
/** What follows the name is as long as this makes it, so that a torn one shows. */
const longestFiller = 400;

export const configurationWorkload: Workload = {
  name: 'configuration',
  description: 'a configuration of several znodes, published by many and followed by watches of all',
  checkers: [configuration, sessionMonotonic, replicasAgree, recovery],
  leastAcknowledged: 20,
  create: (options) => new ConfigurationRun(options),
};

class ConfigurationRun implements WorkloadRun {
  readonly #random: Random;
  readonly #processes: number;
  readonly #followers: Followers;
  /** Acknowledged, the oldest first. */
  readonly #published: number[] = [];
  /** Refused for certain: nothing will ever name them. */
  readonly #refused: number[] = [];
  #lastId = 0;

  constructor({ random, processes, sessions }: WorkloadOptions) {
    this.#random = random;
    this.#processes = processes;
    const read = async (client: Client): Promise<{ version: number; value: SeenConfiguration }> => {
      const { version, value } = await readConfiguration(client, true);
      return { version, value };
    };
    this.#followers = new Followers(sessions, () => ({ path: current, of: 'data', read }));
  }

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, root, nothing);
    await ensureZnode(client, partsRoot, nothing);
    await removeChildren(client, partsRoot);
    for (const path of pathsOf(0)) await ensureZnode(client, path, Buffer.from('0'));
    await ensureZnode(client, current, nameOf(0), { pristine: true });
  }

  next(process: number): Request | PlacedRequest {
    const place = process % this.#processes;
    const draw = this.#random.below(100);
    if (draw < 25) return { f: 'configuration-publish', value: [current, ++this.#lastId] };
    if (draw < 40) return this.#drawRetirement() ?? { f: 'configuration-read', value: [current, null] };
    if (place >= followerCount || draw < 55) return { f: 'configuration-read', value: [current, null] };
    const f = draw < 88 ? 'configuration-check' : 'configuration-hop';
    return { f, value: [current, null], place };
  }

  clientFor(client: Client, request: Request): Client {
    const place = placeOf(request);
    return place === undefined ? client : this.#followers.at(place).client;
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [key, argument] = readPair(request);
    const place = placeOf(request) ?? 0;
    switch (request.f) {
      case 'configuration-publish':
        return this.#publish(client, argument as number);
      case 'configuration-retire': {
        const deletions = pathsOf(argument as number).map((path) => unlessAbsent(client.delete(path, -1)));
        const replies = await allOf(deletions);
        return { value: [key, argument], zxid: Math.max(...replies.map(({ zxid }) => zxid)) };
      }
      case 'configuration-read':
      case 'final-configuration': {
        const { version, value, zxid } = await readConfiguration(client, false);
        return { value: [key, value], version, zxid };
      }
      case 'configuration-check': {
        const { report, zxid } = await this.#followers.at(place).report();
        return { value: [key, report], zxid };
      }
      case 'configuration-hop':
        client.drop();
        return { value: [key, null] };
      case 'final-followers':
        return { value: [key, await this.#followers.lastReports()] };
      default:
        throw new Error(`the configuration workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return [
      { f: 'final-followers', value: [current, null] },
      { f: 'final-configuration', value: [current, null] },
    ];
  }

  async #publish(client: Client, id: number): Promise<Outcome> {
    const { stat } = await client.getData(current);
    const creates = pathsOf(id).map((path) => client.create(path, Buffer.from(String(id))));
    const named = client.setData(current, nameOf(id), stat.version);
    const parts = await Promise.allSettled(creates);
    const [outcome] = await Promise.allSettled([named]);
    if (outcome.status === 'rejected') {
      this.#refused.push(...(isCertain(outcome.reason) ? [id] : []));
      throw outcome.reason;
    }
    const { zxid, stat: written } = outcome.value;
    this.#published.push(id);
    const refused = parts.filter(({ status }) => status === 'rejected').length;
    const value = refused === 0 ? id : { id, refusedParts: refused };
    return { value: [current, value], zxid, version: written.version };
  }

  #drawRetirement(): Request | null {
    const id = this.#refused.shift() ?? (this.#published.length > keptCount ? this.#published.shift() : null);
    return id === null || id === undefined ? null : { f: 'configuration-retire', value: [current, id] };
  }
}

function isCertain(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && 'definite' in reason && reason.definite === true;
}

/** The name first: what it names was there before. */
async function readConfiguration(
  client: Client,
  watch: boolean,
): Promise<Reply & { readonly version: number; readonly value: SeenConfiguration }> {
  const { data, stat, zxid } = await client.getData(current, watch);
  const id = idIn(data);
  const replies = await allOf(pathsOf(id ?? 0).map((path) => unlessAbsent(client.getData(path))));
  const parts = replies.map((reply) => ('absent' in reply ? null : Number(reply.data.toString())));
  const highest = Math.max(zxid, ...replies.map((reply) => reply.zxid));
  return { version: stat.version, value: { id, parts }, zxid: highest };
}

/** Like Promise.all, and no rejection is left unheard. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function pathsOf(id: number): string[] {
  return Array.from({ length: partCount }, (_, index) => `${partsRoot}/${id}-${index}`);
}

function nameOf(id: number): Buffer {
  return Buffer.from(`${id} ${'.'.repeat(fillerOf(id))}`);
}

function fillerOf(id: number): number {
  return (id * 37) % longestFiller;
}

/** Null: torn. */
function idIn(data: Buffer): number | null {
  const match = /^(\d+) (\.*)$/.exec(data.toString());
  const id = Number(match?.[1]);
  return match?.[2]?.length === fillerOf(id) ? id : null;
}
