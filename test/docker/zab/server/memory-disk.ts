// A disk in memory for tests of the storage. Operations take effect when a batch is carried out, one call of
// `step` per batch; what a crash leaves can be asked for at any byte of the unsynced rest.

import type { Disk, DiskError, DiskOperation } from '../../../../docker/zab/src/server/ports.ts';

type Done = (error: DiskError | null) => void;

interface Content {
  bytes: Buffer;
  syncedLength: number;
}

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Content>();
  readonly performed: DiskOperation[] = [];
  readonly #batches: { operations: readonly DiskOperation[]; done: Done }[] = [];
  /** While set, ENOSPC fails writes, appends half-way, and EIO fails syncs. */
  fault: 'ENOSPC' | 'EIO' | null = null;

  static of(contents: Readonly<Record<string, Buffer | string>>): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [path, content] of Object.entries(contents)) {
      const bytes = Buffer.from(content);
      disk.files.set(path, { bytes, syncedLength: bytes.length });
    }
    return disk;
  }

  list(directory: string): readonly string[] {
    const prefix = `${directory}/`;
    return [...this.files.keys()]
      .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map((path) => path.slice(prefix.length))
      .sort();
  }

  read(path: string): Buffer | null {
    const content = this.files.get(path);
    return content === undefined ? null : Buffer.from(content.bytes);
  }

  submit(operations: readonly DiskOperation[], done: Done): void {
    this.#batches.push({ operations, done });
  }

  get waitingCount(): number {
    return this.#batches.length;
  }

  /** Carries out the oldest batch; false when there is none. */
  step(): boolean {
    const batch = this.#batches.shift();
    if (batch === undefined) return false;
    for (const [operationIndex, operation] of batch.operations.entries()) {
      if (!this.#isFailing(operation)) {
        this.perform(operation);
        continue;
      }
      if (operation.type === 'append') this.perform({ ...operation, chunks: [halfOf(operation.chunks)] });
      batch.done(
        Object.assign(new Error(`${this.fault}: made up`), { code: String(this.fault), operationIndex }),
      );
      return true;
    }
    batch.done(null);
    return true;
  }

  #isFailing({ type }: DiskOperation): boolean {
    if (this.fault === 'ENOSPC') return type === 'append' || type === 'write';
    return this.fault === 'EIO' && (type === 'sync' || type === 'syncDirectory');
  }

  runAll(): void {
    while (this.step());
  }

  /** Carries out the first `count` operations of the oldest batch, as if the machine stopped then. */
  stepPartly(count: number): void {
    const [batch] = this.#batches;
    for (const operation of batch?.operations.slice(0, count) ?? []) this.perform(operation);
  }

  get nextBatch(): readonly DiskOperation[] {
    return this.#batches[0]?.operations ?? [];
  }

  /** The disk after a power loss that kept `keptBytes` of what was not synced of each file. */
  afterPowerLoss(keptBytes: number): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [path, { bytes, syncedLength }] of this.files) {
      const length = Math.min(bytes.length, syncedLength + keptBytes);
      disk.files.set(path, { bytes: Buffer.from(bytes.subarray(0, length)), syncedLength: length });
    }
    return disk;
  }

  /** The disk after its process was killed: what was written is there, and what was not synced still is not. */
  afterKill(): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [path, { bytes, syncedLength }] of this.files) {
      disk.files.set(path, { bytes: Buffer.from(bytes), syncedLength });
    }
    return disk;
  }

  perform(operation: DiskOperation): void {
    this.performed.push(operation);
    switch (operation.type) {
      case 'append': {
        const content = this.files.get(operation.path) ?? { bytes: Buffer.alloc(0), syncedLength: 0 };
        content.bytes = Buffer.concat([content.bytes, ...operation.chunks]);
        this.files.set(operation.path, content);
        return;
      }
      case 'write':
        this.files.set(operation.path, { bytes: Buffer.from(operation.bytes), syncedLength: 0 });
        return;
      case 'sync': {
        const content = this.#existing(operation.path);
        content.syncedLength = content.bytes.length;
        return;
      }
      case 'truncate': {
        const content = this.#existing(operation.path);
        content.bytes = content.bytes.subarray(0, operation.size);
        content.syncedLength = Math.min(content.syncedLength, operation.size);
        return;
      }
      case 'rename':
        this.files.set(operation.to, this.#existing(operation.from));
        this.files.delete(operation.from);
        return;
      case 'remove':
        this.#existing(operation.path);
        this.files.delete(operation.path);
        return;
      case 'makeDirectory':
      case 'syncDirectory':
    }
  }

  #existing(path: string): Content {
    const content = this.files.get(path);
    if (content === undefined) throw new Error(`no file ${path}`);
    return content;
  }
}

function halfOf(chunks: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(chunks);
  return bytes.subarray(0, bytes.length / 2);
}
