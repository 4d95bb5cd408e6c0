// The Compression port on Node's zlib.

import { gunzipSync, gzipSync } from 'node:zlib';
import type { Compression } from '../server/ports.ts';

export function createNodeCompression(): Compression {
  return {
    // The fastest level: a slice of a snapshot is compressed within a turn.
    gzip: (bytes) => gzipSync(bytes, { level: 1 }),
    gunzip: (bytes) => gunzipSync(bytes),
  };
}
