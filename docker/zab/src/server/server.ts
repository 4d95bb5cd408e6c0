// One server as a whole: reads its data through its ports, says what is wrong with it, and hands it to the
// loop that serves. It knows nothing of sockets, files or timers: `io/` gives it Node's, the simulated world its
// own.

import { formatZxid } from '../../../../harness/wire/zxid.ts';
import type { TraceSink } from '../core/trace.ts';
import { StateDatabase } from '../state/database.ts';
import { ConfigError, withServerId, type ZooConfig } from './config.ts';
import { judgeEmptyDatabase } from './empty-database.ts';
import { ConfigurationFiles, nextPath } from './configuration-files.ts';
import { readAgain, readPending, shownConfig } from './membership-view.ts';
import { loadEpochs } from './epoch-files.ts';
import { ExitCode } from './exit-code.ts';
import { dataDirectoriesOf } from './file-names.ts';
import type { ServerView, ServingMode } from './server-view.ts';
import type { ServerPorts } from './ports.ts';
import { recover } from './recovery.ts';
import { ServerLoop } from './server-loop.ts';
import { SnapshotFormat } from './snapshot-format.ts';
import { standaloneSid } from './standalone.ts';
import { StorageError } from './storage-error.ts';
import { Tracer } from './tracer.ts';

export class ZabServer {
  readonly #ports: ServerPorts;
  readonly #database: StateDatabase;
  readonly #trace: TraceSink = undefined;
  #config: ZooConfig;
  #loop: ServerLoop | null = null;
  #isStopped = false;

  constructor(config: ZooConfig, ports: ServerPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#database = new StateDatabase({ extendedTypes: config.extendedTypes });
    if (ports.trace !== undefined) {
      const tracer = new Tracer(ports, ports.trace, () => this.#config.serverId ?? standaloneSid);
      this.#trace = tracer.report;
    }
  }

  /** Loads what is on the disk and takes part from then on. What is wrong there ends the process. */
  start(): void {
    const { log, exit } = this.#ports;
    for (const warning of this.#config.warnings) log('warn', warning);
    try {
      this.#load();
    } catch (error) {
      if (error instanceof ConfigError || error instanceof StorageError) {
        log('error', error.message);
        exit(error instanceof ConfigError ? ExitCode.BAD_CONFIGURATION : ExitCode.UNEXPECTED, error.message);
        return;
      }
      throw error;
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#loop?.stop();
  }

  get config(): ZooConfig {
    return this.#config;
  }

  get isServing(): boolean {
    return this.#loop?.isServing ?? false;
  }

  /** Null while no quorum serves through this server. */
  get mode(): ServingMode | null {
    return this.#loop?.isServing === true ? this.#loop.mode : null;
  }

  get lastProcessedZxid(): number {
    return this.#database.lastProcessedZxid;
  }

  /** What operators are shown; null before the data is loaded. */
  get view(): ServerView | null {
    return this.#loop?.view ?? null;
  }

  /** The client port in use, for configurations that ask for any. */
  get clientPort(): number | null {
    return this.#loop?.clientPort ?? null;
  }

  #load(): void {
    const { disk, log } = this.#ports;
    this.#config = readAgain(this.#config, disk);
    if (this.#config.mode === 'ensemble' && this.#config.serverId === null) {
      const path = `${this.#config.dataDir}/myid`;
      this.#config = withServerId(this.#config, path, disk.read(path)?.toString('utf8') ?? null);
    }
    const directories = dataDirectoriesOf(this.#config);
    const startedMs = this.#ports.clock.nowMs();
    const { snapshotCompression, isEmptySnapshotTrusted } = this.#config.storage;
    const snapshotFormat = new SnapshotFormat(snapshotCompression, this.#ports.compression);
    const recovery = recover({
      disk,
      directories,
      log,
      snapshotFormat,
      isEmptySnapshotTrusted,
      loadSnapshot: (file, zxid) => this.#database.loadSnapshotFile(file, zxid),
    });
    const isAlone = this.#config.mode === 'standalone';
    const epochs = isAlone ? null : loadEpochs(disk, directories.snapshots, recovery);
    if (!isAlone) this.#showMembership();
    log('info', `loaded ${formatZxid(recovery.lastZxid)}`, {
      snapshot: recovery.snapshotZxid === null ? null : formatZxid(recovery.snapshotZxid),
      acceptedEpoch: epochs?.acceptedEpoch,
      currentEpoch: epochs?.currentEpoch,
    });
    this.#trace?.({
      event: 'LOAD',
      snapZxid: recovery.snapshotZxid ?? 0,
      lastZxid: recovery.lastZxid,
      acceptedEpoch: epochs?.acceptedEpoch ?? 0,
      currentEpoch: epochs?.currentEpoch ?? 0,
      digest: this.#database.digest(),
    });
    const { lastZxid } = recovery;
    const empty = judgeEmptyDatabase({ config: this.#config, disk, log, lastZxid, epochs });
    const loop = new ServerLoop({
      config: this.#config,
      ports: this.#ports,
      database: this.#database,
      trace: this.#trace,
      recovery: { ...recovery, repairs: [...recovery.repairs, ...empty.repairs] },
      snapshotFormat,
      blank: empty.blank,
      loadMs: this.#ports.clock.nowMs() - startedMs,
      epochs,
      configurationFiles: this.#configurationFiles(),
      pendingMembership: isAlone ? null : readPending(this.#config, disk),
    });
    this.#loop = loop;
    const emptySnapshot = recovery.snapshotZxid === null ? this.#database.encodeSnapshotFile() : null;
    loop.storage.repair(epochs, emptySnapshot, () => loop.start());
  }

  #showMembership(): void {
    const { membership, reconfigEnabled } = this.#config;
    const shown = shownConfig(membership, this.#ports.clock.wallMs());
    this.#database.setConfig({ ...shown, keepsNewer: reconfigEnabled });
  }

  #configurationFiles(): ConfigurationFiles | null {
    const { file, serverId, reconfigEnabled } = this.#config;
    const { disk, log } = this.#ports;
    if (!reconfigEnabled || serverId === null) return null;
    const text = disk.read(file);
    const hasNext = disk.read(nextPath(file)) !== null;
    if (text !== null) {
      return new ConfigurationFiles({ path: file, text: text.toString(), sid: serverId, hasNext });
    }
    log('warn', `${file} cannot be read: a changed membership will be kept in log and snapshots only`);
    return null;
  }
}
