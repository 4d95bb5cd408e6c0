// Writes one snapshot while the server goes on: a slice, then, when the disk has it, the next. It has a lane of
// the disk of its own, and syncs now and then, so that the log's sync never finds many bytes of it in its way.
// The file gets its name last, when it is whole and durable. It is not needed for anything yet, so whatever
// fails only ends it: the log is still there.

import type { ByteSource } from '../core/events.ts';
import type { Disk, DiskError, DiskOperation } from './ports.ts';

const bytesBetweenSyncs = 4 * 1024 * 1024;

export interface SnapshotWriterOptions {
  readonly disk: Disk;
  readonly source: ByteSource;
  /** The file's name when it is done. */
  readonly path: string;
  readonly directory: string;
  /** What is stored of a slice, where it is compressed. */
  readonly encode: (slice: Buffer) => Buffer;
  /** It is in place; null unless something failed. */
  readonly done: (error: DiskError | null) => void;
}

export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions;
  readonly #temporaryPath: string;
  #position = 0;
  #unsyncedBytes = 0;
  #isAborted = false;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
    this.#temporaryPath = `${options.path}.tmp`;
  }

  /** Written so far. */
  get byteCount(): number {
    return this.#position;
  }

  start(): void {
    this.#writeSlice();
  }

  /** Nothing of it is wanted any more. `done` is not called. */
  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#options.source.close();
    // In order behind what is under way. One that has its name already is whole, and older than what replaces it.
    this.#options.disk.submit([{ type: 'remove', path: this.#temporaryPath }], () => {}, 'background');
  }

  #writeSlice(): void {
    const { source, encode } = this.#options;
    const slice = source.next();
    if (slice === null) return this.#publish();
    const bytes = encode(slice);
    const path = this.#temporaryPath;
    const position = this.#position;
    // What an earlier attempt may have left goes.
    const operations: DiskOperation[] =
      position === 0
        ? [{ type: 'write', path, bytes }]
        : [{ type: 'append', path, chunks: [bytes], position }];
    this.#position += bytes.length;
    this.#unsyncedBytes += bytes.length;
    if (this.#unsyncedBytes >= bytesBetweenSyncs) {
      this.#unsyncedBytes = 0;
      operations.push({ type: 'sync', path });
    }
    this.#submit(operations, () => this.#writeSlice());
  }

  #publish(): void {
    const { path, directory, done } = this.#options;
    const from = this.#temporaryPath;
    const operations: DiskOperation[] = [
      { type: 'sync', path: from },
      { type: 'rename', from, to: path },
      { type: 'syncDirectory', path: directory },
    ];
    this.#submit(operations, () => done(null));
  }

  #submit(operations: readonly DiskOperation[], next: () => void): void {
    const submitted = (error: DiskError | null): void => {
      if (this.#isAborted) return;
      if (error === null) return next();
      this.abort();
      this.#options.done(error);
    };
    this.#options.disk.submit(operations, submitted, 'background');
  }
}
