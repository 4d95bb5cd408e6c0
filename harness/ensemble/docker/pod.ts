// One server of an ensemble in Docker: a network container that owns the namespace, the address and the
// published port, and a server container that joins it. A killed server thus keeps its address and its
// firewall rules, and the image under test needs no tools.

import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import type { SocketAddress } from '../../client/tcp-transport.ts';
import { EnvironmentError } from '../ensemble.ts';
import { cutCommand } from './cuts.ts';
import { execute, messageOf, statusCodeOf } from './engine.ts';
import type { ExecResult } from './engine.ts';
import { nemesisImage } from './images.ts';
import { nameInRun } from './labels.ts';
import type { Labels } from './labels.ts';
import type { ServerContainerPlan } from './server-container.ts';
import { clientPort, dataDirectory } from './zoo-config.ts';

export interface PodPlan {
  readonly runId: string;
  readonly sid: number;
  readonly image: string;
  readonly network: string;
  readonly labels: Labels;
  /** What each image's name stood for when the run began. */
  readonly imageIds: ReadonlyMap<string, string>;
}

/** What a server container is created with. */
type ServerSetting = Pick<ServerContainerPlan, 'zooConfig' | 'environment' | 'files'>;

/** The engine's status for a command that does not fit the container's state. */
const conflict = 409;

/** Where a bundled server writes its trace events. */
export const traceFile = `${dataDirectory}/trace.jsonl`;

export class Pod {
  readonly sid: number;
  /** Address in the run's network. */
  readonly address: string;
  /** Where the client port is published on this machine. */
  readonly published: SocketAddress;
  readonly #docker: Docker;
  readonly #plan: PodPlan;
  readonly #networkId: string;
  #server: Docker.Container | null = null;
  /** What the server was created with, for the next one in its place. */
  #setting: ServerSetting | null = null;
  /** Senders in force, joined; null when a change failed half way. */
  #cuts: string | null = '';

  /** Volume and network container; the server container follows when every pod's address is known. */
  static async open(docker: Docker, plan: PodPlan): Promise<Pod> {
    try {
      const [container] = await Promise.all([
        docker.createContainer(networkContainer(plan)),
        docker.createVolume({ Name: volumeName(plan), Labels: { ...plan.labels } }),
      ]);
      await container.start();
      return new Pod(docker, plan, await container.inspect());
    } catch (error) {
      if (error instanceof EnvironmentError) throw error;
      const message = `cannot start the network container of server ${plan.sid}: ${messageOf(error)}`;
      throw new EnvironmentError(message, { cause: error });
    }
  }

  private constructor(docker: Docker, plan: PodPlan, network: Docker.ContainerInspectInfo) {
    const address = network.NetworkSettings.Networks[plan.network]?.IPAddress ?? '';
    const port = Number(network.NetworkSettings.Ports[`${clientPort}/tcp`]?.[0]?.HostPort);
    if (address === '' || !Number.isInteger(port)) {
      throw new EnvironmentError(
        `the engine gave the pod of server ${plan.sid} the address '${address}' and the published port ${port}; expected both`,
      );
    }
    this.sid = plan.sid;
    this.address = address;
    this.published = { host: '127.0.0.1', port };
    this.#docker = docker;
    this.#plan = plan;
    this.#networkId = network.Id;
  }

  createServer(setting: ServerSetting): Promise<void> {
    assert.equal(this.#server, null, `server ${this.sid} is created once`);
    const { image, imageIds } = this.#plan;
    return this.#create(setting, { image, imageId: imageIds.get(image) ?? image });
  }

  /**
   * Ends the server as a kill does and starts another image in its place, with the same configuration on the
   * same data directory.
   */
  async replaceServer(image: { readonly image: string; readonly imageId: string }): Promise<void> {
    assert.ok(this.#setting !== null, `server ${this.sid} must be created before it is replaced`);
    await this.#command('remove', (server) => server.remove({ force: true }));
    this.#server = null;
    await this.#create(this.#setting, image);
  }

  async #create(
    setting: ServerSetting,
    { image, imageId }: { readonly image: string; readonly imageId: string },
  ): Promise<void> {
    const { startServerContainer } = await import('./server-container.ts');
    const { runId, labels } = this.#plan;
    this.#setting = setting;
    try {
      const id = await startServerContainer({
        name: nameInRun(runId, `server-${this.sid}`),
        labels,
        imageId,
        sid: this.sid,
        networkContainerId: this.#networkId,
        volume: volumeName(this.#plan),
        ...setting,
      });
      this.#server = this.#docker.getContainer(id);
    } catch (error) {
      const message = `cannot start server ${this.sid} (image ${image}): ${messageOf(error)}`;
      throw new EnvironmentError(message, { cause: error });
    }
  }

  /** Null before the server was created. */
  async state(): Promise<'running' | 'paused' | 'dead' | null> {
    if (this.#server === null) return null;
    const { State } = await this.#server.inspect();
    if (State.Paused) return 'paused';
    return State.Running ? 'running' : 'dead';
  }

  /** No harm to a server that ended by itself: it is as dead as it would be. */
  kill(): Promise<void> {
    return this.#command('kill', (server) => server.kill({ signal: 'SIGKILL' }), [conflict]);
  }

  start(): Promise<void> {
    return this.#command('start', (server) => server.start());
  }

  pause(): Promise<void> {
    return this.#command('pause', (server) => server.pause());
  }

  /** No harm to a server that is not paused: healing comes after kills, too. */
  async resume(): Promise<void> {
    if ((await this.state()) === 'paused') await this.#command('resume', (server) => server.unpause());
  }

  get server(): Docker.Container {
    assert.ok(this.#server !== null, `server ${this.sid} must be started before it is used`);
    return this.#server;
  }

  /** CPU time that the server's container has used since it started. */
  async cpuSeconds(): Promise<number> {
    // `one-shot` is missing in the types: without it the engine measures for a second first.
    const options = { stream: false, 'one-shot': true } as const;
    const { cpu_stats: cpu } = await this.server.stats(options);
    return cpu.cpu_usage.total_usage / 1e9;
  }

  /** Runs a command in the server's container. */
  execute(command: readonly string[]): Promise<ExecResult> {
    return execute(this.#docker, this.server.id, command);
  }

  async #command(
    verb: string,
    run: (server: Docker.Container) => Promise<unknown>,
    harmless: readonly number[] = [],
  ): Promise<void> {
    try {
      await run(this.server);
    } catch (error) {
      if (harmless.includes(statusCodeOf(error) ?? 0)) return;
      throw new EnvironmentError(`cannot ${verb} server ${this.sid}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Lets only those senders be unheard; costs nothing when they already are. */
  async cutFrom(addresses: readonly string[]): Promise<void> {
    const wanted = addresses.join(' ');
    if (this.#cuts === wanted) return;
    this.#cuts = null;
    const result = await this.executeInNetwork(cutCommand(addresses));
    if (result.exitCode !== 0) {
      throw new EnvironmentError(
        `iptables in the network container of server ${this.sid} ended with exit code ${result.exitCode}: ${result.stderr.trim()}`,
      );
    }
    this.#cuts = wanted;
  }

  /** Runs a tool of the nemesis image in this pod's network. */
  executeInNetwork(command: readonly string[], onOutput?: (stdout: string) => void): Promise<ExecResult> {
    return execute(this.#docker, this.#networkId, command, onOutput);
  }
}

function networkContainer({ runId, sid, network, labels, imageIds }: PodPlan): Docker.ContainerCreateOptions {
  const port = `${clientPort}/tcp`;
  return {
    name: nameInRun(runId, `network-${sid}`),
    Image: imageIds.get(nemesisImage) ?? nemesisImage,
    Labels: { ...labels },
    Hostname: `server${sid}`,
    ExposedPorts: { [port]: {} },
    HostConfig: {
      NetworkMode: network,
      CapAdd: ['NET_ADMIN'],
      // The loopback address only: an ensemble under test is nobody else's business. The engine picks a port.
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  };
}

function volumeName({ runId, sid }: PodPlan): string {
  return nameInRun(runId, `data-${sid}`);
}
