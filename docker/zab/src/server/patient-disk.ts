// The log's lane of the disk, with patience: what could not be written because there is no room is written
// again until there is. Nothing that waits is reported as durable meanwhile.
//
// A failed write and a failed sync are different things. A write that fails has told us so before anything was
// promised: what it left behind is cut off and it is done again, and the sync behind it then covers all of it.
// After a failed sync the kernel may have dropped the pages that it could not write, or mark them clean, so that
// the next sync succeeds without them: nothing that this process believes to have written can be trusted. Only
// what is read back from the disk can, so the process ends and its next start reads it.

import type { Clock, Disk, DiskError, DiskOperation, Timer } from './ports.ts';

const firstDelayMs = 100;
const longestDelayMs = 5_000;

/** No room, no quota, a file system that a write error has made read-only for now, a write that failed. */
const passingCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

export interface PatientDiskOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Writes fail; they are tried again until `relieved`. */
  readonly stuck: (error: DiskError) => void;
  readonly relieved: () => void;
  /** Not to be mended; nothing more is written. */
  readonly failed: (error: DiskError) => void;
}

export class PatientDisk {
  readonly #options: PatientDiskOptions;
  #delayMs = firstDelayMs;
  #timer: Timer | null = null;
  #isStuck = false;
  #isStopped = false;

  constructor(options: PatientDiskOptions) {
    this.#options = options;
  }

  /** Why nothing is written at present; null while it is. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  submit(operations: readonly DiskOperation[], done: () => void): void {
    this.#options.disk.submit(operations, (error) => {
      if (this.#isStopped) return;
      if (error === null) {
        this.#relieve();
        return done();
      }
      const rest = remainderOf(operations, error);
      if (rest === null) {
        this.stop();
        return this.#options.failed(error);
      }
      this.#tryLater(rest, done);
      if (this.#isStuck) return;
      this.#isStuck = true;
      this.#options.stuck(error);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #tryLater(operations: readonly DiskOperation[], done: () => void): void {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(2 * delayMs, longestDelayMs);
    this.#timer = this.#options.clock.after(delayMs, () => this.submit(operations, done));
  }

  #relieve(): void {
    if (!this.#isStuck) return;
    this.#isStuck = false;
    this.#delayMs = firstDelayMs;
    this.#options.relieved();
  }
}

/** What is left to do, beginning with the removal of what the failed operation did; null: it cannot be done. */
function remainderOf(operations: readonly DiskOperation[], error: DiskError): DiskOperation[] | null {
  const failed = operations[error.operationIndex ?? -1];
  if (failed === undefined || !passingCodes.has(error.code ?? '')) return null;
  const rest = operations.slice(error.operationIndex);
  switch (failed.type) {
    case 'sync':
    case 'syncDirectory':
      return null;
    case 'append':
      return [emptied(failed), ...rest];
    case 'write':
    case 'rename':
    case 'truncate':
    case 'remove':
    case 'makeDirectory':
      return rest;
  }
}

/** As the file was before; one that was to be made by the append may not be there yet. */
function emptied({ path, position }: Extract<DiskOperation, { type: 'append' }>): DiskOperation {
  if (position === 0) return { type: 'write', path, bytes: Buffer.alloc(0) };
  return { type: 'truncate', path, size: position };
}
