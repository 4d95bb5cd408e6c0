// The endpoints world: an ensemble that somebody else runs, known only by its client ports. It can be driven
// and judged; it cannot be harmed from here.

import assert from 'node:assert/strict';
import type { Client, ClientOptions } from '../client/client.ts';
import { TcpTransport } from '../client/tcp-transport.ts';
import type { SocketAddress } from '../client/tcp-transport.ts';
import { WithoutDeeperFaults } from './deeper-faults.ts';
import { ZooKeeperClient } from '../client/zookeeper-client.ts';
import { EnvironmentError } from './ensemble.ts';
import type { Capability, Ensemble, EnsembleFiles, ServerDescription, ServerStatus } from './ensemble.ts';
import { askStatus } from './server-status.ts';
import { WallClock } from './wall-clock.ts';

/** Its configuration is not ours to read; these are the defaults of Apache's sample, and only bound waiting. */
const assumedTiming = { tickMs: 2000, initLimit: 10, syncLimit: 5 };

const statusDeadlineMs = 1000;

/** `HOST:PORT,HOST:PORT`; an IPv6 address stands in brackets. Server ids are given in this order, from 1. */
export function parseEndpoints(text: string): SocketAddress[] {
  return text.split(',').map((part) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(part.trim());
    const host = match?.[1] ?? match?.[2];
    const port = Number(match?.[3]);
    if (host === undefined || port < 1 || port > 65535) {
      throw new EnvironmentError(`'${part}' is not an endpoint; expected HOST:PORT,HOST:PORT,…`);
    }
    return { host, port };
  });
}

export function createEndpointsEnsemble(endpoints: readonly SocketAddress[]): Ensemble {
  return new EndpointsEnsemble(endpoints);
}

class EndpointsEnsemble extends WithoutDeeperFaults implements Ensemble {
  readonly reportCount = 0;
  readonly world = 'endpoints';
  readonly clock = new WallClock();
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>();
  readonly servers: readonly ServerDescription[];
  readonly versions = {};
  readonly tickMs = assumedTiming.tickMs;
  readonly initLimit = assumedTiming.initLimit;
  readonly syncLimit = assumedTiming.syncLimit;
  readonly #endpoints: readonly SocketAddress[];
  readonly #clients = new Set<ZooKeeperClient>();

  constructor(endpoints: readonly SocketAddress[]) {
    super();
    this.#endpoints = endpoints;
    this.servers = endpoints.map(({ host, port }, index) => ({
      sid: index + 1,
      role: 'participant',
      system: `${host}:${port}`,
      quorumSync: false,
    }));
  }

  /** They run already; what can be told is when none of them does. */
  async start(): Promise<void> {
    const answers = await Promise.all(this.#endpoints.map((address) => askStatus(address, statusDeadlineMs)));
    if (answers.every((answer) => answer === null)) {
      const list = this.servers.map(({ system }) => system).join(', ');
      throw new EnvironmentError(
        `none of ${list} answers the four-letter word srvr within ${statusDeadlineMs} ms: is it in 4lw.commands.whitelist?`,
      );
    }
  }

  client(options: ClientOptions): Client {
    const client = new ZooKeeperClient(new TcpTransport((sid) => this.#endpoint(sid)), options);
    this.#clients.add(client);
    return client;
  }

  async status(sid: number): Promise<ServerStatus> {
    const answer = await askStatus(this.#endpoint(sid), statusDeadlineMs);
    return { sid, mode: answer?.mode ?? 'dead', zxid: answer?.zxid ?? null };
  }

  kill(sid: number): Promise<void> {
    return this.#refuse('kill', sid);
  }

  powerLoss(sid: number): Promise<void> {
    return this.#refuse('cut the power of', sid);
  }

  startServer(sid: number): Promise<void> {
    return this.#refuse('start', sid);
  }

  pause(sid: number): Promise<void> {
    return this.#refuse('pause', sid);
  }

  resume(sid: number): Promise<void> {
    return this.#refuse('resume', sid);
  }

  /** Healing what was never cut is done already. */
  async setCuts(cuts: readonly { readonly to: number }[]): Promise<void> {
    const [first] = cuts;
    if (first !== undefined) await this.#refuse('partition', first.to);
  }

  async isRunning(sid: number): Promise<boolean> {
    return (await this.status(sid)).mode !== 'dead';
  }

  isPaused(): Promise<boolean> {
    return Promise.resolve(false);
  }

  canReach(from: number): Promise<boolean> {
    return this.#refuse('look into the network of', from);
  }

  collect(): Promise<EnsembleFiles> {
    return Promise.resolve({ files: new Map(), trace: [] });
  }

  /** Every machine has its own clock and its own order. */
  watchTrace(): null {
    return null;
  }

  traceHash(): null {
    return null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.abandon();
    this.#clients.clear();
    return Promise.resolve();
  }

  #endpoint(sid: number): SocketAddress {
    const endpoint = this.#endpoints[sid - 1];
    assert.ok(endpoint !== undefined, `server ${sid} is not one of ${this.#endpoints.length} endpoints`);
    return endpoint;
  }

  #refuse(verb: string, sid: number): Promise<never> {
    const { host, port } = this.#endpoint(sid);
    return Promise.reject(new EnvironmentError(`cannot ${verb} ${host}:${port}: somebody else runs it`));
  }
}
