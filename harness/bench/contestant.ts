// One system under measurement: an ensemble in containers with production settings, the same for every system,
// and what the benchmark asks of it.

import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import type { SocketAddress } from '../client/tcp-transport.ts';
import { createDockerEnsemble, type DockerEnsemble } from '../ensemble/docker/docker-ensemble.ts';
import { clientPort } from '../ensemble/docker/zoo-config.ts';
import { EnvironmentError } from '../ensemble/ensemble.ts';
import { askStatus } from '../ensemble/server-status.ts';

export interface ContestantOptions {
  readonly system: string;
  readonly servers: number;
  readonly runId: string;
  /** Heap limit of a Java virtual machine; zkServer.sh, which the image does without, sets 1000 MB. */
  readonly javaHeapMb: number;
  readonly progress: (line: string) => void;
}

const serveDeadlineMs = 180_000;
const pollMs = 100;
const reachDeadlineMs = 2_000;

export class Contestant {
  readonly system: string;
  readonly ensemble: DockerEnsemble;
  #addresses: readonly SocketAddress[] = [];

  /** Started, and every server serves. */
  static async open(options: ContestantOptions): Promise<Contestant> {
    const { system, servers, runId, javaHeapMb, progress } = options;
    const ensemble = await createDockerEnsemble({
      runId,
      systems: [system],
      servers,
      // Apache's sample configuration, which production copies.
      tickMs: 2_000,
      initLimit: 10,
      syncLimit: 5,
      traces: false,
      dataDirectories: false,
      environments: { [system]: { JVMFLAGS: `-Xmx${javaHeapMb}m` } },
      progress,
    });
    const contestant = new Contestant(system, ensemble);
    try {
      await ensemble.start();
      await contestant.untilServing();
      contestant.#addresses = await contestant.#findAddresses();
      return contestant;
    } catch (error) {
      await contestant.close();
      throw error;
    }
  }

  private constructor(system: string, ensemble: DockerEnsemble) {
    this.system = system;
    this.ensemble = ensemble;
  }

  /** Where clients reach the servers. */
  get addresses(): readonly SocketAddress[] {
    return this.#addresses;
  }

  get sids(): readonly number[] {
    return this.ensemble.servers.map(({ sid }) => sid);
  }

  async leader(): Promise<number> {
    const statuses = await Promise.all(this.sids.map((sid) => this.ensemble.status(sid)));
    const leader = statuses.find(({ mode }) => mode === 'leader' || mode === 'standalone');
    if (leader === undefined) throw new EnvironmentError(`the ${this.system} ensemble has no leader`);
    return leader.sid;
  }

  async untilServing(sids: readonly number[] = this.sids): Promise<void> {
    const endMs = performance.now() + serveDeadlineMs;
    for (;;) {
      const statuses = await Promise.all(sids.map((sid) => this.ensemble.status(sid)));
      const silent = statuses.filter(({ mode }) => mode === 'none' || mode === 'dead');
      if (silent.length === 0) return;
      if (performance.now() > endMs) {
        const seen = silent.map(({ sid, mode }) => `server ${sid} is ${mode}`).join(', ');
        throw new EnvironmentError(
          `waited ${serveDeadlineMs} ms for the ${this.system} ensemble to serve: ${seen}`,
        );
      }
      await sleep(pollMs);
    }
  }

  /** Of all servers together, since they started. */
  async cpuSeconds(): Promise<number> {
    const seconds = await Promise.all(this.sids.map((sid) => this.ensemble.pod(sid).cpuSeconds()));
    return seconds.reduce((sum, one) => sum + one, 0);
  }

  close(): Promise<void> {
    return this.ensemble[Symbol.asyncDispose]();
  }

  /** The containers' own addresses where this machine reaches them: published ports go through a proxy. */
  async #findAddresses(): Promise<SocketAddress[]> {
    const pods = this.sids.map((sid) => this.ensemble.pod(sid));
    const direct = pods.map(({ address }) => ({ host: address, port: clientPort }));
    const answers = await Promise.all(direct.map((address) => askStatus(address, reachDeadlineMs)));
    return answers.includes(null) ? pods.map(({ published }) => published) : direct;
  }
}
