// How snapshot files are stored: as they are, or compressed as Apache ZooKeeper does it, the whole of the file
// and named at its end. All forms are read, whatever the configuration says. Written are plain files and gzip:
// each slice as a member of its own, which together are a gzip file like any other.
// Facts: storage format, "Snapshot file".

import { JuteError } from '../../../../harness/wire/jute.ts';
import type { Compression } from './ports.ts';
import { decodeSnappyStream } from './snappy.ts';

export type SnapshotCompression = 'none' | 'gz';

export class SnapshotFormat {
  readonly #compression: Compression | undefined;
  readonly #isCompressed: boolean;

  constructor(method: SnapshotCompression, compression: Compression | undefined) {
    this.#compression = compression;
    this.#isCompressed = method === 'gz' && compression !== undefined;
  }

  /** Behind the name of a file that is written. */
  get suffix(): string {
    return this.#isCompressed ? '.gz' : '';
  }

  encode(bytes: Buffer): Buffer {
    return this.#isCompressed && this.#compression !== undefined ? this.#compression.gzip(bytes) : bytes;
  }

  /** Throws JuteError when the file is not what its name says. */
  decode(path: string, bytes: Buffer): Buffer {
    if (path.endsWith('.snappy')) return decodeSnappyStream(bytes);
    if (!path.endsWith('.gz')) return bytes;
    if (this.#compression === undefined) throw new JuteError('nothing here can read gzip', 0);
    try {
      return this.#compression.gunzip(bytes);
    } catch (error) {
      throw new JuteError(`no gzip file: ${error instanceof Error ? error.message : String(error)}`, 0);
    }
  }
}
