// The Disk port on Node's file system: batches of a lane one after the other, each in order, stopped by its
// first failure. Files that are appended to stay open between batches; a sync is an fdatasync, and names become
// durable by an fsync of their directory. An append that is synced at once is one write that returns when it is
// durable (O_DSYNC): each way to a thread and back costs a busy machine more than the system call.

import {
  close,
  constants,
  fdatasync,
  fsync,
  ftruncate,
  open,
  readdirSync,
  readFileSync,
  write,
} from 'node:fs';
import { mkdir, rename, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Disk, DiskError, DiskLane, DiskOperation } from '../server/ports.ts';

/** A log, its successor and a temporary file: more are not in use at any time. */
const maxOpenFiles = 4;
/** Chunks are gathered up to this, and written together. */
const gatherBytes = 1024 * 1024;
const { O_WRONLY, O_CREAT, O_APPEND, O_DSYNC } = constants;

export function createNodeDisk(): Disk {
  const lanes: Readonly<Record<DiskLane, BatchWriter>> = {
    log: new BatchWriter(),
    background: new BatchWriter(),
  };
  return {
    list: listDirectory,
    read: readWhole,
    submit: (operations, done, lane = 'log') => lanes[lane].submit(operations, done),
  };
}

function listDirectory(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function readWhole(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

// Plain descriptors, not FileHandles: these files stay open as long as the process lives.
const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);
const truncateFile = promisify(ftruncate);

type Done = (error: DiskError | null) => void;

const openFlags = {
  plain: O_WRONLY | O_CREAT | O_APPEND,
  synced: O_WRONLY | O_CREAT | O_APPEND | O_DSYNC,
  empty: 'w',
} as const;
type OpenMode = keyof typeof openFlags;

interface OpenFile {
  readonly descriptor: number;
  /** Every write is durable when it returns. */
  readonly isSynced: boolean;
}

class BatchWriter {
  readonly #batches: { operations: readonly DiskOperation[]; done: Done }[] = [];
  /** Least recently opened first. */
  readonly #files = new Map<string, OpenFile>();
  /** Files that hold what an fdatasync must make durable. */
  readonly #unsynced = new Set<string>();
  /** Used again for every append: batches are carried out one after the other. */
  #gathered: Buffer | null = null;
  #isRunning = false;

  submit(operations: readonly DiskOperation[], done: Done): void {
    this.#batches.push({ operations, done });
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      const error = await this.#carryOut(batch.operations);
      const { done } = batch;
      // Outside of this promise, so that what the server throws is not swallowed by it.
      setImmediate(() => done(error));
    }
    this.#isRunning = false;
  }

  async #carryOut(operations: readonly DiskOperation[]): Promise<DiskError | null> {
    for (const [operationIndex, operation] of operations.entries()) {
      try {
        await this.#perform(operation, operations[operationIndex + 1]);
      } catch (error) {
        return Object.assign(error instanceof Error ? error : new Error(String(error)), { operationIndex });
      }
    }
    return null;
  }

  async #perform(operation: DiskOperation, next: DiskOperation | undefined): Promise<void> {
    switch (operation.type) {
      case 'append': {
        const isSynced = next?.type === 'sync' && next.path === operation.path;
        const file = await this.#open(operation.path, isSynced ? 'synced' : 'plain');
        if (!file.isSynced) this.#unsynced.add(operation.path);
        return this.#writeGathered(file.descriptor, operation.chunks);
      }
      case 'write': {
        await this.#close(operation.path);
        this.#unsynced.add(operation.path);
        return writeAll((await this.#open(operation.path, 'empty')).descriptor, operation.bytes);
      }
      case 'sync':
        return this.#sync(operation.path);
      case 'syncDirectory':
        return syncDirectory(operation.path);
      case 'truncate':
        return this.#truncate(operation.path, operation.size);
      case 'rename':
        await this.#close(operation.from);
        await this.#close(operation.to);
        if (this.#unsynced.delete(operation.from)) this.#unsynced.add(operation.to);
        return rename(operation.from, operation.to);
      case 'remove':
        await this.#close(operation.path);
        this.#unsynced.delete(operation.path);
        return removeFile(operation.path);
      case 'makeDirectory':
        await mkdir(operation.path, { recursive: true });
    }
  }

  async #writeGathered(descriptor: number, chunks: readonly Buffer[]): Promise<void> {
    this.#gathered ??= Buffer.allocUnsafeSlow(gatherBytes);
    let length = 0;
    for (const chunk of chunks) {
      if (chunk.length > gatherBytes - length) {
        await writeAll(descriptor, this.#gathered.subarray(0, length));
        length = 0;
      }
      if (chunk.length > gatherBytes) await writeAll(descriptor, chunk);
      else {
        this.#gathered.set(chunk, length);
        length += chunk.length;
      }
    }
    await writeAll(descriptor, this.#gathered.subarray(0, length));
  }

  async #sync(path: string): Promise<void> {
    const { descriptor, isSynced } = await this.#open(path, 'plain');
    if (isSynced && !this.#unsynced.has(path)) return;
    await syncData(descriptor);
    this.#unsynced.delete(path);
  }

  /** A synced descriptor makes writes durable, and no truncation. */
  async #truncate(path: string, size: number): Promise<void> {
    await this.#close(path);
    this.#unsynced.add(path);
    return truncateFile((await this.#open(path, 'plain')).descriptor, size);
  }

  async #open(path: string, mode: OpenMode): Promise<OpenFile> {
    const present = this.#files.get(path);
    if (present !== undefined) return present;
    const [oldest] = this.#files.keys();
    if (oldest !== undefined && this.#files.size >= maxOpenFiles) await this.#close(oldest);
    const file = { descriptor: await openFile(path, openFlags[mode]), isSynced: mode === 'synced' };
    this.#files.set(path, file);
    return file;
  }

  async #close(path: string): Promise<void> {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    await closeFile(file.descriptor);
  }
}

async function writeAll(file: number, bytes: Buffer): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await writeFile(file, bytes, at, bytes.length - at, null);
    at += bytesWritten;
  }
}

/** A file that is gone already, purged by somebody else, is as good as removed. */
async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await openFile(path, 'r');
  try {
    await syncAll(directory);
  } finally {
    await closeFile(directory);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
