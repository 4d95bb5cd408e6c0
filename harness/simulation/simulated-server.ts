// A machine of the simulated world: host, disk and clocks outlive the server processes that run on it, one
// incarnation after the other. The server's code is the same as in a container; only its ports differ.

import type { LogSink, ServerPorts } from '../../docker/zab/src/server/ports.ts';
import type { TraceEvent } from '../history/trace-event.ts';
import type { Random } from '../random/random.ts';
import { SimulatedClock } from './clock.ts';
import { SimulatedDisk } from './disk.ts';
import type { Host, SimulatedNetwork } from './network.ts';
import type { Scheduler } from './scheduler.ts';
import { ServerProcess } from './server-process.ts';
import type { ProcessEnd } from './server-process.ts';

/** What runs in a process: the bundled server, or a mutant of it. */
export interface RunnableServer {
  /** Null while it serves nobody. */
  readonly mode: 'leader' | 'follower' | 'observer' | 'standalone' | null;
  readonly lastProcessedZxid: number;
  start(): void;
}

export type MakeServer = (ports: ServerPorts) => RunnableServer;

export interface SimulatedServerOptions {
  readonly sid: number;
  readonly hostName: string;
  readonly scheduler: Scheduler;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  readonly makeServer: MakeServer;
  /** Undefined: tracing is off. */
  readonly trace: ((event: TraceEvent) => void) | undefined;
}

export class SimulatedServer {
  readonly sid: number;
  readonly host: Host;
  readonly disk: SimulatedDisk;
  readonly clock: SimulatedClock;
  /** What the server wrote to its log, one JSON text per line. */
  readonly logLines: string[] = [];
  readonly #options: SimulatedServerOptions;
  #process: ServerProcess | null = null;
  #server: RunnableServer | null = null;
  #incarnation = 0;

  constructor(options: SimulatedServerOptions) {
    const { sid, scheduler, network, random } = options;
    this.sid = sid;
    this.#options = options;
    this.host = network.addHost(options.hostName, sid);
    this.disk = new SimulatedDisk({ scheduler, random: random.fork('disk') });
    const clockRandom = random.fork('clock');
    this.clock = new SimulatedClock(scheduler, {
      driftPpm: clockRandom.between(-200, 200),
      uptimeMs: clockRandom.between(1_000, 1_000_000),
    });
  }

  get isRunning(): boolean {
    return this.#process !== null && this.#process.state !== 'dead';
  }

  get isPaused(): boolean {
    return this.#process?.state === 'paused';
  }

  /** The present incarnation's server, for a look inside; null when no process runs. */
  get server(): RunnableServer | null {
    return this.isRunning ? this.#server : null;
  }

  start(): void {
    if (this.isRunning) return;
    this.#incarnation++;
    const { scheduler, random } = this.#options;
    const incarnationRandom = random.fork(`incarnation ${this.#incarnation}`);
    const process = new ServerProcess({
      scheduler,
      random: incarnationRandom.fork('work'),
      ended: (end) => this.#tidyUp(end),
    });
    this.#process = process;
    const ports = this.#portsFor(process, incarnationRandom.fork('server'));
    process.run(() => {
      this.#server = this.#options.makeServer(ports);
      this.#server.start();
    });
  }

  /** kill -9: the kernel closes the connections and keeps what the disk was told. */
  kill(): void {
    if (!this.isRunning) return;
    this.#process?.die();
    this.#tidyUp({ exitCode: 137, reason: 'killed' });
  }

  losePower(): void {
    this.#process?.die();
    this.#options.network.vanishAll(this.host);
    this.disk.losePower();
    this.#log('info', 'power loss', {});
  }

  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  #tidyUp(end: ProcessEnd): void {
    this.#options.network.closeAll(this.host);
    this.disk.dropRequests();
    this.#log('info', 'process ended', { ...end });
  }

  #portsFor(process: ServerProcess, random: Random): ServerPorts {
    const { network, scheduler, trace } = this.#options;
    const incarnation = this.#incarnation;
    return {
      clock: this.clock.portFor(process),
      network: network.portFor(this.host, process),
      disk: this.disk.portFor(process),
      random: () => random.float(),
      log: (level, message, fields = {}) => {
        if (level !== 'debug') this.#log(level, message, fields);
      },
      // What a server reports has the form of a trace event once it has incarnation and time.
      trace: trace as ServerPorts['trace'],
      incarnation,
      sharedNowNs: () => scheduler.nowNs,
      exit: (exitCode, reason) => process.exit(exitCode, reason),
    };
  }

  #log(level: Parameters<LogSink>[0], message: string, fields: Readonly<Record<string, unknown>>): void {
    const { scheduler, network, sid } = this.#options;
    const line = JSON.stringify({
      timeNs: scheduler.nowNs,
      sid,
      incarnation: this.#incarnation,
      level,
      message,
      ...fields,
    });
    network.hash.mixText(message);
    this.logLines.push(line);
  }
}
