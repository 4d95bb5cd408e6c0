// What operators ask of process and machine, from Node and from Linux's /proc.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { arch, homedir, hostname, release, tmpdir, type as systemName, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import type { Host } from '../server/host.ts';

const bytesPerMiB = 1024 * 1024;

export function createNodeHost(): Host {
  return {
    hostName: hostname(),
    environment,
    openFileCount: () => listOrNothing('/proc/self/fd').length || unknown,
    maxFileCount,
    directoryBytes,
    processMetrics,
  };
}

const unknown = -1;

/** Java's names, for the scripts that look for them. */
function environment(): readonly (readonly [string, string])[] {
  const heap = getHeapStatistics();
  return [
    ['java.version', `none, Node.js ${process.versions.node}`],
    ['java.vendor', 'none'],
    ['java.home', dirname(process.execPath)],
    ['java.class.path', process.argv[1] ?? ''],
    ['java.library.path', ''],
    ['java.io.tmpdir', tmpdir()],
    ['java.compiler', '<NA>'],
    ['os.name', systemName()],
    ['os.arch', arch() === 'x64' ? 'amd64' : arch()],
    ['os.version', release()],
    ['user.name', userName()],
    ['user.home', homedir()],
    ['user.dir', process.cwd()],
    ['os.memory.free', inMiB(heap.total_heap_size - heap.used_heap_size)],
    ['os.memory.max', inMiB(heap.heap_size_limit)],
    ['os.memory.total', inMiB(heap.total_heap_size)],
  ];
}

/** A container may run under a user id without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '?';
  }
}

function inMiB(bytes: number): string {
  return `${Math.floor(bytes / bytesPerMiB)}MB`;
}

function maxFileCount(): number {
  const limits = readOrNothing('/proc/self/limits');
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? unknown : Number(soft);
}

function directoryBytes(path: string): number {
  let total = 0;
  for (const name of listOrNothing(path)) total += sizeOrNothing(`${path}/${name}`);
  return total;
}

function processMetrics(): ReturnType<Host['processMetrics']> {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    ['process_cpu_seconds_total', 'counter', (user + system) / 1e6],
    ['process_start_time_seconds', 'gauge', Math.floor(Date.now() / 1000 - process.uptime())],
    ['process_open_fds', 'gauge', listOrNothing('/proc/self/fd').length],
    ['process_max_fds', 'gauge', maxFileCount()],
    ['process_resident_memory_bytes', 'gauge', rss],
    ['nodejs_heap_size_used_bytes', 'gauge', heapUsed],
  ];
}

// What is gone or cannot be read counts as nothing: files come and go while they are counted.

function listOrNothing(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function sizeOrNothing(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
