// The disk of one host. It outlives the processes that use it: kill -9 leaves it as it is (the page cache
// belongs to the kernel), power loss takes what was not synced. Names are durable only after a sync of their
// directory; until then creations, renames and removals may come undone, the latest first.

import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import type { Disk, DiskError, DiskLane, DiskOperation } from '../../docker/zab/src/server/ports.ts';
import type { Random } from '../random/random.ts';
import { DiskFile } from './disk-file.ts';
import type { Executor } from './executor.ts';
import { Queue } from './queue.ts';
import { nsPerMs, ScheduledEvent } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';

const shortestBatchNs = 20_000;
/** A file whose very header is damaged is plainly none; the interesting damage is behind it. */
const fileHeaderBytes = 16;

/**
 * ENOSPC: writes fail, the first of them half-way. EIO: writes go to the page cache as ever, and only the sync
 * finds out that they cannot reach the medium.
 */
export type DiskFault = 'ENOSPC' | 'EIO';

type Done = (error: DiskError | null) => void;

interface Batch {
  readonly operations: readonly DiskOperation[];
  readonly executor: Executor;
  readonly done: Done;
}

/** Batches that are carried out one after the other. */
class Lane {
  /** The first is being carried out. */
  readonly batches = new Queue<Batch>();
  /** A sync of the first batch is over, or all of it. */
  readonly event: ScheduledEvent;
  /** Which operation of the first batch is waited for; null when only its answer is. */
  syncIndex: number | null = null;
  /** That answer. */
  error: DiskError | null = null;

  constructor(goOn: (lane: Lane) => void) {
    this.event = new ScheduledEvent(() => goOn(this));
  }
}

/** How to take back a change of names that did not reach the disk. */
type Undo = () => void;

export class SimulatedDisk {
  /** Factor on the time of every sync; above 1 for a slow disk. */
  slowness = 1;
  /** While set, operations fail with this code. */
  fault: DiskFault | null = null;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #files = new Map<string, DiskFile>();
  readonly #directories = new Set<string>();
  /** By directory, in the order of the changes. */
  readonly #unsyncedNames = new Map<string, Undo[]>();
  readonly #lanes: Readonly<Record<DiskLane, Lane>> = {
    log: new Lane((lane) => this.#goOn(lane)),
    background: new Lane((lane) => this.#goOn(lane)),
  };

  constructor(options: { scheduler: Scheduler; random: Random }) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
  }

  /** The disk as one process incarnation sees it. */
  portFor(executor: Executor): Disk {
    return {
      list: (directory) => this.list(directory),
      read: (path) => this.read(path),
      submit: (operations, done, laneName = 'log') => {
        const lane = this.#lanes[laneName];
        lane.batches.push({ operations, executor, done });
        if (lane.batches.length === 1) this.#startBatch(lane);
      },
    };
  }

  list(directory: string): readonly string[] {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    const names = new Set<string>();
    for (const path of [...this.#files.keys(), ...this.#directories])
      if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/', 1)[0] as string);
    return [...names].sort();
  }

  read(path: string): Buffer | null {
    return this.#files.get(path)?.read() ?? null;
  }

  /** Every file with its content, by path. */
  *contents(): Iterable<[path: string, content: Buffer]> {
    for (const path of [...this.#files.keys()].sort()) yield [path, this.read(path) as Buffer];
  }

  /** Places a durable file before the run, as an administrator does. */
  install(path: string, content: Buffer): void {
    this.#makeDirectory(dirname(path));
    const file = new DiskFile();
    file.append(content);
    file.sync();
    this.#files.set(path, file);
  }

  /** The process is gone: what it had asked for and was not begun will not happen. */
  dropRequests(): void {
    for (const lane of Object.values(this.#lanes)) {
      this.#scheduler.cancel(lane.event);
      lane.batches.clear();
    }
  }

  losePower(): void {
    this.dropRequests();
    for (const undos of this.#unsyncedNames.values()) {
      const keptCount = this.#random.between(0, undos.length);
      for (const undo of undos.slice(keptCount).reverse()) undo();
    }
    this.#unsyncedNames.clear();
    for (const file of this.#files.values()) file.losePower(this.#random);
  }

  /** Removes every file below a directory but those kept, durably: another medium was put in. */
  wipe(directory: string, { keep }: { readonly keep: readonly string[] }): void {
    this.#unsyncedNames.clear();
    for (const path of this.#files.keys())
      if (path.startsWith(directory) && !keep.includes(path)) this.#files.delete(path);
  }

  /**
   * Flips bits of one byte in one of the newest two files that match: which and where, null without any.
   * `endOf` says how much of the very newest one may be hit.
   */
  rot(
    isMeant: (path: string) => boolean,
    random: Random,
    endOf: (content: Buffer) => number = (content) => content.length,
  ): string | null {
    const meant = [...this.#files]
      .filter(([path]) => isMeant(path))
      .sort(([one], [other]) => (one < other ? 1 : -1))
      .slice(0, 2)
      .map(([path, file], index) => {
        const end = index === 0 ? endOf(file.read()) : file.length;
        return { path, file, end: Math.min(end, file.durableLength) };
      })
      .filter(({ end }) => end > fileHeaderBytes);
    if (meant.length === 0) return null;
    const { path, file, end } = random.pick(meant);
    const offset = random.between(fileHeaderBytes, end - 1);
    file.damage(offset, random.between(1, 255));
    return `byte ${offset} of ${path} (${file.length} bytes)`;
  }

  #startBatch(lane: Lane): void {
    const batch = lane.batches.at(0);
    if (batch !== undefined) this.#carryOut(lane, batch, 0);
  }

  /** Carries out a batch from one of its steps on; only syncs take time. */
  #carryOut(lane: Lane, batch: Batch, from: number): void {
    const { operations } = batch;
    for (let index = from; index < operations.length; index++) {
      const operation = operations[index] as DiskOperation;
      if (isSync(operation)) {
        lane.syncIndex = index;
        return this.#scheduler.scheduleAfter(lane.event, this.#drawSyncNs());
      }
      const error = this.#attempt(operation);
      if (error !== null) return this.#finish(lane, from, failedAt(index, error));
    }
    this.#finish(lane, from, null);
  }

  /** What the first batch of a lane waited for is over. */
  #goOn(lane: Lane): void {
    const batch = lane.batches.at(0);
    const { syncIndex } = lane;
    if (syncIndex === null || batch === undefined) return this.#answer(lane, lane.error);
    const error = this.#attempt(batch.operations[syncIndex] as DiskOperation);
    if (error === null) this.#carryOut(lane, batch, syncIndex + 1);
    else this.#answer(lane, failedAt(syncIndex, error));
  }

  /** Even a batch without a sync answers later, never from inside `submit`. */
  #finish(lane: Lane, from: number, error: DiskError | null): void {
    if (from > 0) return this.#answer(lane, error);
    lane.syncIndex = null;
    lane.error = error;
    this.#scheduler.scheduleAfter(lane.event, shortestBatchNs);
  }

  #answer(lane: Lane, error: DiskError | null): void {
    const batch = lane.batches.shift();
    this.#startBatch(lane);
    if (batch !== undefined) batch.executor.run(() => batch.done(error));
  }

  /** 0.2 to 1 ms mostly, up to 5 ms for one sync in ten. */
  #drawSyncNs(): number {
    const draw = this.#random.float();
    const ms = draw < 0.9 ? 0.2 + draw * 0.9 : 1 + (draw - 0.9) * 40;
    return ms * nsPerMs * this.slowness;
  }

  #attempt(operation: DiskOperation): NodeJS.ErrnoException | null {
    const { fault } = this;
    if (fault === null || !isHitBy(fault, operation)) return this.#apply(operation);
    if (operation.type === 'append') this.#appendPart(operation);
    return faultError(fault, operation);
  }

  /** What fits of an append on a full disk. */
  #appendPart({ path, chunks }: Extract<DiskOperation, { type: 'append' }>): void {
    const bytes = Buffer.concat(chunks);
    this.#append(path, [bytes.subarray(0, this.#random.between(0, bytes.length - 1))]);
  }

  #apply(operation: DiskOperation): NodeJS.ErrnoException | null {
    switch (operation.type) {
      case 'append':
        return this.#append(operation.path, operation.chunks);
      case 'write':
        return this.#write(operation.path, operation.bytes);
      case 'sync':
        return this.#withFile(operation.path, (file) => file.sync());
      case 'truncate':
        return this.#withFile(operation.path, (file) => file.truncate(operation.size));
      case 'rename':
        return this.#rename(operation.from, operation.to);
      case 'remove':
        return this.#withFile(operation.path, () => this.#setName(operation.path, null));
      case 'makeDirectory':
        this.#makeDirectory(operation.path);
        return null;
      case 'syncDirectory':
        this.#unsyncedNames.delete(operation.path);
        return null;
    }
  }

  #append(path: string, chunks: readonly Buffer[]): NodeJS.ErrnoException | null {
    const file = this.#openOrCreate(path);
    if (file === null) return noEntry(dirname(path));
    for (const chunk of chunks) file.append(chunk);
    return null;
  }

  #write(path: string, bytes: Buffer): NodeJS.ErrnoException | null {
    const file = this.#openOrCreate(path);
    if (file === null) return noEntry(dirname(path));
    file.truncate(0);
    file.append(bytes);
    return null;
  }

  #withFile(path: string, use: (file: DiskFile) => void): NodeJS.ErrnoException | null {
    const file = this.#files.get(path);
    if (file === undefined) return noEntry(path);
    use(file);
    return null;
  }

  #openOrCreate(path: string): DiskFile | null {
    const present = this.#files.get(path);
    if (present !== undefined) return present;
    if (!this.#directories.has(dirname(path))) return null;
    const created = new DiskFile();
    this.#setName(path, created);
    return created;
  }

  #rename(from: string, to: string): NodeJS.ErrnoException | null {
    const file = this.#files.get(from);
    if (file === undefined) return noEntry(from);
    assert.equal(dirname(from), dirname(to), 'renames stay inside one directory, where they are atomic');
    const replaced = this.#files.get(to);
    this.#files.delete(from);
    this.#files.set(to, file);
    this.#noteUndo(dirname(to), () => {
      this.#files.set(from, file);
      if (replaced === undefined) this.#files.delete(to);
      else this.#files.set(to, replaced);
    });
    return null;
  }

  #setName(path: string, file: DiskFile | null): void {
    const before = this.#files.get(path);
    if (file === null) this.#files.delete(path);
    else this.#files.set(path, file);
    this.#noteUndo(dirname(path), () => {
      if (before === undefined) this.#files.delete(path);
      else this.#files.set(path, before);
    });
  }

  #noteUndo(directory: string, undo: Undo): void {
    const undos = this.#unsyncedNames.get(directory);
    if (undos === undefined) this.#unsyncedNames.set(directory, [undo]);
    else undos.push(undo);
  }

  /** Directories are taken as durable at once: they are made at the first start, before anything matters. */
  #makeDirectory(path: string): void {
    for (let at = path; !this.#directories.has(at); at = dirname(at)) {
      this.#directories.add(at);
      if (at === dirname(at)) return;
    }
  }
}

function isHitBy(fault: DiskFault, operation: DiskOperation): boolean {
  const { type } = operation;
  return fault === 'ENOSPC' ? type === 'append' || type === 'write' : isSync(operation);
}

function isSync({ type }: DiskOperation): boolean {
  return type === 'sync' || type === 'syncDirectory';
}

function failedAt(operationIndex: number, error: NodeJS.ErrnoException): DiskError {
  return Object.assign(error, { operationIndex });
}

function noEntry(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' });
}

function faultError(code: DiskFault, operation: DiskOperation): NodeJS.ErrnoException {
  const what = code === 'ENOSPC' ? 'no space left on device' : 'input/output error';
  return Object.assign(new Error(`${code}: ${what}, ${operation.type}`), { code });
}
