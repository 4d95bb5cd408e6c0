// The Disk port on Node's file system: batches of a lane one after the other, each in order, stopped by its
// first failure. Files that are appended to stay open between batches; a sync is an fdatasync, and names become
// durable by an fsync of their directory.

import { close, fdatasync, fsync, ftruncate, open, readdirSync, readFileSync, write } from 'node:fs';
import { mkdir, rename, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Disk, DiskError, DiskLane, DiskOperation } from '../server/ports.ts';

/** A log, its successor and a temporary file: more are not in use at any time. */
const maxOpenFiles = 4;

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

class BatchWriter {
  readonly #batches: { operations: readonly DiskOperation[]; done: Done }[] = [];
  /** Least recently opened first. */
  readonly #files = new Map<string, number>();
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
        await this.#perform(operation);
      } catch (error) {
        return Object.assign(error instanceof Error ? error : new Error(String(error)), { operationIndex });
      }
    }
    return null;
  }

  async #perform(operation: DiskOperation): Promise<void> {
    switch (operation.type) {
      case 'append': {
        const file = await this.#open(operation.path, 'a');
        for (const chunk of operation.chunks) await writeAll(file, chunk);
        return;
      }
      case 'write': {
        await this.#close(operation.path);
        return writeAll(await this.#open(operation.path, 'w'), operation.bytes);
      }
      case 'sync':
        return syncData(await this.#open(operation.path, 'a'));
      case 'syncDirectory':
        return syncDirectory(operation.path);
      case 'truncate':
        return truncateFile(await this.#open(operation.path, 'a'), operation.size);
      case 'rename':
        await this.#close(operation.from);
        await this.#close(operation.to);
        return rename(operation.from, operation.to);
      case 'remove':
        await this.#close(operation.path);
        return removeFile(operation.path);
      case 'makeDirectory':
        await mkdir(operation.path, { recursive: true });
    }
  }

  async #open(path: string, flags: 'a' | 'w'): Promise<number> {
    const present = this.#files.get(path);
    if (present !== undefined) return present;
    const [oldest] = this.#files.keys();
    if (oldest !== undefined && this.#files.size >= maxOpenFiles) await this.#close(oldest);
    const file = await openFile(path, flags);
    this.#files.set(path, file);
    return file;
  }

  async #close(path: string): Promise<void> {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    await closeFile(file);
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
