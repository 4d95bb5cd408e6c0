// What a pod leaves behind for the run folder: the server's output, its trace events and its data directory.

import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { statusCodeOf } from './engine.ts';
import { dataDirectory } from './zoo-config.ts';

/** A data directory that is larger than this when compressed is left out, and the run folder says so. */
const archiveByteLimit = 64 * 1024 * 1024;

export async function readLogs(server: Docker.Container): Promise<string> {
  return demultiplex(await server.logs({ stdout: true, stderr: true, follow: false })).toString();
}

/** Null when there is no such file. */
export async function readFile(server: Docker.Container, path: string): Promise<Buffer | null> {
  const archive = await openArchive(server, path);
  if (archive === null) return null;
  const tar = extract();
  const chunks: Buffer[] = [];
  tar.on('entry', (_header, content, next) => {
    content.on('data', (chunk) => chunks.push(chunk as Buffer));
    content.on('end', next);
  });
  await new Promise<void>((resolve, reject) => {
    tar.on('finish', () => resolve());
    tar.on('error', reject);
    archive.on('error', reject);
    archive.pipe(tar);
  });
  return Buffer.concat(chunks);
}

/** The data directory as a compressed TAR, or a sentence why not. */
export async function readDataDirectory(server: Docker.Container): Promise<Buffer | string> {
  const archive = await openArchive(server, dataDirectory);
  if (archive === null) return `${dataDirectory} does not exist in the container\n`;
  const chunks: Buffer[] = [];
  let byteCount = 0;
  // Level 1: logs are preallocated with zeros, which any level makes small.
  for await (const chunk of archive.pipe(createGzip({ level: 1 })) as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > archiveByteLimit) {
      return `${dataDirectory} is larger than ${archiveByteLimit} bytes when compressed and was left out\n`;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Lines of several traces, in the order of their times. `time` is added, in nanoseconds of the run's clock;
 * servers write `timeMs` of this machine's monotonic clock. Lines cut by a kill are left out.
 */
export function mergeTraces(traces: readonly string[], runStartNs: bigint): string[] {
  const startNs = Number(runStartNs);
  const events: { time: number; line: string }[] = [];
  for (const line of traces.flatMap((trace) => trace.split('\n'))) {
    const event = parseEvent(line);
    if (event === null) continue;
    const time = Math.round(event.timeMs * 1e6 - startNs);
    events.push({ time, line: JSON.stringify({ ...event, time }) });
  }
  // The sort is stable: events of one server at one time stay in their order.
  return events.sort((a, b) => a.time - b.time).map(({ line }) => line);
}

/**
 * The engine sends standard output and error in one stream of frames: kind, three zeros, length, bytes.
 * Exported for its test.
 */
export function demultiplex(frames: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let position = 0;
  while (position + 8 <= frames.length) {
    const end = position + 8 + frames.readUInt32BE(position + 4);
    chunks.push(frames.subarray(position + 8, end));
    position = end;
  }
  return Buffer.concat(chunks);
}

function parseEvent(line: string): { readonly timeMs: number } | null {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== 'object' || event === null || !('timeMs' in event)) return null;
    const { timeMs } = event;
    return typeof timeMs === 'number' ? { ...event, timeMs } : null;
  } catch {
    return null;
  }
}

async function openArchive(server: Docker.Container, path: string): Promise<Readable | null> {
  try {
    const archive = await server.getArchive({ path });
    return archive.pipe(new PassThrough());
  } catch (error) {
    if (statusCodeOf(error) === 404) return null;
    throw error;
  }
}
