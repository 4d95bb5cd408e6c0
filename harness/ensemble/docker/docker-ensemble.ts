// The Docker world: an ensemble of pods in a network of its own. Everything carries the run's label, so that
// whatever happens to this process, its containers can be found and removed.

import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import type { Administration } from '../../client/administration.ts';
import type { Client, ClientOptions } from '../../client/client.ts';
import { TcpTransport } from '../../client/tcp-transport.ts';
import type { SocketAddress } from '../../client/tcp-transport.ts';
import { ZooKeeperClient } from '../../client/zookeeper-client.ts';
import { Administrator, administrationOf, reconfigurableKeys } from '../administrator.ts';
import { WithoutDeeperFaults } from '../deeper-faults.ts';
import type { MembershipChange } from '../deeper-faults.ts';
import { EnvironmentError } from '../ensemble.ts';
import type {
  Capability,
  Cut,
  Ensemble,
  EnsembleFiles,
  ServerDescription,
  ServerStatus,
} from '../ensemble.ts';
import { withQuorumSync } from '../quorum-sync.ts';
import { askStatus } from '../server-status.ts';
import { WallClock } from '../wall-clock.ts';
import { cleanEngine, removeLeftovers } from './clean.ts';
import { mergeTraces, readDataDirectory, readFile, readLogs } from './collect.ts';
import { sendersByReceiver } from './cuts.ts';
import { connectEngine, messageOf, settleAll } from './engine.ts';
import { imageOfSystem, nemesisImage, requireImages } from './images.ts';
import { labelsOfRun, nameInRun } from './labels.ts';
import { Pod, traceFile } from './pod.ts';
import { packetsPass } from './probe.ts';
import { clientPort, javaFlags, renderAdministered, renderZooConfig } from './zoo-config.ts';
import type { Timing } from './zoo-config.ts';

export interface DockerEnsembleOptions {
  readonly runId: string;
  /** `zab`, `apache` or an image; one for all servers, or one for each, participants before observers. */
  readonly systems: readonly string[];
  readonly servers: number;
  readonly observers?: number;
  /** Images to use in place of a system's own, for mutants: system, then image. */
  readonly images?: Readonly<Record<string, string>>;
  readonly tickMs?: number;
  readonly initLimit?: number;
  readonly syncLimit?: number;
  /** More of zoo.cfg, for all servers: key, then value; these come last, and so outrank the others. */
  readonly zooConfig?: Readonly<Record<string, string>>;
  /** More files for all servers, such as certificates: path, then content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment variables of a system's servers: system, then variables. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether the membership may change while it runs; off by default. */
  readonly reconfig?: boolean;
  /** Whether bundled servers write their trace events; on by default. */
  readonly traces?: boolean;
  /** Whether `collect` brings the data directories; on by default. */
  readonly dataDirectories?: boolean;
  readonly progress?: (line: string) => void;
  /** Ends provisioning early; what exists by then is removed. */
  readonly signal?: AbortSignal;
}

interface Server extends ServerDescription {
  readonly image: string;
}

const defaultTiming: Timing = { tickMs: 500, initLimit: 10, syncLimit: 5 };

/** A server that serves answers in a few milliseconds, also on a busy machine. */
const statusDeadlineMs = 700;

/** Network and pods, with no server started yet. Throws EnvironmentError, and then leaves nothing behind. */
export async function createDockerEnsemble(options: DockerEnsembleOptions): Promise<DockerEnsemble> {
  const servers = describeServers(options);
  const docker = await connectEngine();
  try {
    return await provision(docker, servers, options);
  } catch (error) {
    await cleanEngine(docker, { runId: options.runId });
    throw error;
  }
}

async function provision(
  docker: Docker,
  servers: readonly Server[],
  options: DockerEnsembleOptions,
): Promise<DockerEnsemble> {
  const { runId, signal, progress = () => {} } = options;
  const images = [nemesisImage, ...servers.map(({ image }) => image)];
  signal?.throwIfAborted();
  const [network, imageIds] = await settleAll([
    createNetwork(docker, runId),
    requireImages(docker, images, progress),
    removeLeftovers(docker),
  ]);
  signal?.throwIfAborted();
  const plan = { runId, network, imageIds, labels: labelsOfRun(runId) };
  const [pods, versions] = await settleAll([
    settleAll(servers.map(({ sid, image }) => Pod.open(docker, { ...plan, sid, image }))),
    describeVersions(docker, imageIds),
    loadServerContainer(),
  ]);
  signal?.throwIfAborted();
  return new DockerEnsemble({ docker, options, servers, pods, versions });
}

/**
 * Loading testcontainers keeps this process busy for half a second, so it begins when the engine has been
 * given its work. Nothing depends on the delay.
 */
async function loadServerContainer(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  await import('./server-container.ts');
}

interface Provisioned {
  readonly docker: Docker;
  readonly options: DockerEnsembleOptions;
  servers: readonly Server[];
  readonly pods: readonly Pod[];
  readonly versions: Readonly<Record<string, string>>;
}

export class DockerEnsemble extends WithoutDeeperFaults implements Ensemble {
  readonly reportCount = 0;
  readonly world = 'docker';
  readonly clock = new WallClock();
  readonly capabilities: ReadonlySet<Capability>;
  servers: readonly Server[];
  readonly versions: Readonly<Record<string, string>>;
  readonly tickMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly #docker: Docker;
  readonly #options: DockerEnsembleOptions;
  readonly #pods: ReadonlyMap<number, Pod>;
  readonly #paused = new Set<number>();
  readonly administration?: Administration;
  readonly #clients = new Set<ZooKeeperClient>();
  readonly #administrator: Administrator | null = null;

  constructor({ docker, options, servers, pods, versions }: Provisioned) {
    const timing = { ...defaultTiming, ...timingOf(options) };
    super();
    this.#docker = docker;
    this.#options = options;
    this.#pods = new Map(pods.map((pod) => [pod.sid, pod]));
    this.servers = servers;
    this.versions = versions;
    this.tickMs = timing.tickMs;
    this.initLimit = timing.initLimit;
    this.syncLimit = timing.syncLimit;
    const isBundled = servers.every(({ system }) => system === 'zab');
    this.capabilities = new Set<Capability>([
      'kill',
      'pause',
      'partition',
      ...(isBundled && options.traces !== false ? (['traces'] as const) : []),
      ...(isBundled ? (['mutants'] as const) : []),
      ...(options.reconfig === true ? (['reconfig'] as const) : []),
    ]);
    if (options.reconfig !== true) return;
    this.administration = administrationOf(servers, ({ sid, role }) =>
      renderAdministered({ sid, role, address: this.#pod(sid).address }),
    );
    const { administration, tickMs } = this;
    this.#administrator = new Administrator({ administration, tickMs, open: (each) => this.client(each) });
  }

  async start(): Promise<void> {
    const members = this.servers.map(({ sid, role }) => ({ sid, role, address: this.#pod(sid).address }));
    await settleAll(
      this.servers.map(({ sid, system }) => {
        const isTraced = system === 'zab' && this.#options.traces !== false;
        const given = this.#options.environments?.[system];
        const environment = {
          ...given,
          // Of no use to the bundled server, but another system may take its place.
          JVMFLAGS: [javaFlags, given?.['JVMFLAGS'] ?? ''].join(' ').trim(),
          ...(isTraced ? { ZAB_TRACE_FILE: traceFile } : {}),
        };
        const { zooConfig = {}, files = {}, reconfig = false } = this.#options;
        const more = { ...(reconfig ? reconfigurableKeys : {}), ...zooConfig };
        const text = renderZooConfig(sid, members, this, more);
        return this.#pod(sid).createServer({ zooConfig: text, environment, files });
      }),
    );
  }

  /** Where clients on this machine reach a server. */
  addressOf(sid: number): SocketAddress {
    return this.#pod(sid).published;
  }

  /** Where containers in the run's network reach it. */
  addressInside(sid: number): SocketAddress {
    return { host: this.#pod(sid).address, port: clientPort };
  }

  /**
   * Puts another system in the place of a server, on its data directory and with its configuration, as when a
   * certifier moves from one build to another.
   */
  async replaceSystem(sid: number, system: string): Promise<void> {
    const image = this.#options.images?.[system] ?? imageOfSystem(system);
    const ids = await requireImages(this.#docker, [image], this.#options.progress ?? (() => {}));
    await this.#pod(sid).replaceServer({ image, imageId: ids.get(image) ?? image });
    this.#paused.delete(sid);
    this.servers = withQuorumSync(
      this.servers.map((server) => (server.sid === sid ? { ...server, system, image } : server)),
    );
  }

  client(options: ClientOptions): Client {
    const client = new ZooKeeperClient(new TcpTransport((sid) => this.#pod(sid).published), options);
    this.#clients.add(client);
    return client;
  }

  /** For what looks deeper than a run does: benchmarks. */
  pod(sid: number): Pod {
    return this.#pod(sid);
  }

  async status(sid: number): Promise<ServerStatus> {
    const pod = this.#pod(sid);
    // A frozen server would only be waited for.
    const answer = this.#paused.has(sid) ? null : await askStatus(pod.published, statusDeadlineMs);
    if (answer !== null) return { sid, ...answer };
    const state = await pod.state();
    return { sid, mode: state === 'running' ? 'none' : (state ?? 'dead'), zxid: null };
  }

  async kill(sid: number): Promise<void> {
    await this.#pod(sid).kill();
    this.#paused.delete(sid);
  }

  powerLoss(sid: number): Promise<void> {
    return Promise.reject(
      new EnvironmentError(
        `the Docker world cannot cut the power of server ${sid}: its disk is this machine's`,
      ),
    );
  }

  async startServer(sid: number): Promise<void> {
    await this.#pod(sid).start();
  }

  async pause(sid: number): Promise<void> {
    await this.#pod(sid).pause();
    this.#paused.add(sid);
  }

  async resume(sid: number): Promise<void> {
    await this.#pod(sid).resume();
    this.#paused.delete(sid);
  }

  override reconfigure(at: number, change: MembershipChange, withinMs: number): Promise<string | null> {
    if (this.#administrator === null) return super.reconfigure(at, change, withinMs);
    return this.#administrator.reconfigure(at, change, withinMs);
  }

  async setCuts(cuts: readonly Cut[]): Promise<void> {
    const senders = sendersByReceiver(cuts);
    await settleAll(
      [...this.#pods.values()].map((pod) => {
        const froms = senders.get(pod.sid) ?? [];
        return pod.cutFrom(froms.map((from) => this.#pod(from).address));
      }),
    );
  }

  async isRunning(sid: number): Promise<boolean> {
    const state = await this.#pod(sid).state();
    return state === 'running' || state === 'paused';
  }

  async isPaused(sid: number): Promise<boolean> {
    return (await this.#pod(sid).state()) === 'paused';
  }

  async canReach(from: number, to: number): Promise<boolean> {
    assert.notEqual(from, to, 'a probe goes from one server to another');
    return packetsPass(this.#pod(from), this.#pod(to));
  }

  async collect(): Promise<EnsembleFiles> {
    const files = new Map<string, Buffer | string>();
    const traces: string[] = [];
    await settleAll(this.servers.map((server) => this.#collectServer(server, files, traces)));
    return {
      files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
      trace: mergeTraces(traces, this.clock.startNs),
    };
  }

  /** Every machine has its own clock and its own order. */
  watchTrace(): null {
    return null;
  }

  traceHash(): null {
    return null;
  }

  /** Removes everything of the run; doing so twice is no harm. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.abandon();
    this.#clients.clear();
    await cleanEngine(this.#docker, { runId: this.#options.runId });
  }

  async #collectServer(
    { sid, system }: Server,
    files: Map<string, Buffer | string>,
    traces: string[],
  ): Promise<void> {
    const pod = this.#pod(sid);
    if ((await pod.state()) === null) return;
    files.set(`logs/server-${sid}.log`, await readLogs(pod.server));
    if (system === 'zab') traces.push((await readFile(pod.server, traceFile))?.toString() ?? '');
    if (this.#options.dataDirectories === false) return;
    const data = await readDataDirectory(pod.server);
    files.set(`data/server-${sid}.${typeof data === 'string' ? 'txt' : 'tar.gz'}`, data);
  }

  #pod(sid: number): Pod {
    const pod = this.#pods.get(sid);
    assert.ok(pod !== undefined, `server ${sid} is not in this ensemble of ${this.servers.length}`);
    return pod;
  }
}

function describeServers({ systems, servers, observers = 0, images = {} }: DockerEnsembleOptions): Server[] {
  const count = servers + observers;
  if (systems.length !== 1 && systems.length !== count) {
    throw new EnvironmentError(
      `${systems.length} systems for ${count} servers: name one for all of them, or one for each`,
    );
  }
  const members = Array.from({ length: count }, (_, index) => {
    const system = systems[index] ?? systems[0] ?? '';
    const role = index < servers ? ('participant' as const) : ('observer' as const);
    return { sid: index + 1, role, system, image: images[system] ?? imageOfSystem(system) };
  });
  return withQuorumSync(members);
}

async function createNetwork(docker: Docker, runId: string): Promise<string> {
  const name = nameInRun(runId, 'network');
  try {
    await docker.createNetwork({ Name: name, Driver: 'bridge', Labels: { ...labelsOfRun(runId) } });
  } catch (error) {
    throw new EnvironmentError(`cannot create the network ${name}: ${messageOf(error)}`, { cause: error });
  }
  return name;
}

async function describeVersions(
  docker: Docker,
  imageIds: ReadonlyMap<string, string>,
): Promise<Record<string, string>> {
  const engine = await docker.version();
  return {
    ...Object.fromEntries(imageIds),
    'docker engine': engine.Version,
    kernel: engine.KernelVersion ?? 'unknown',
  };
}

function timingOf({ tickMs, initLimit, syncLimit }: DockerEnsembleOptions): Partial<Timing> {
  return {
    ...(tickMs === undefined ? {} : { tickMs }),
    ...(initLimit === undefined ? {} : { initLimit }),
    ...(syncLimit === undefined ? {} : { syncLimit }),
  };
}
