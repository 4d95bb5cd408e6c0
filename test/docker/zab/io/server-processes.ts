// Real `zab-server` processes on loopback, in a temporary directory, for the time of one test.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const mainFile = fileURLToPath(new URL('../../../../docker/zab/src/main.ts', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ServerProcesses implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'zab-server-test-'));
  readonly #running = new Map<string, ChildProcess>();
  /** What each server has logged, for the message of a failed test. */
  readonly logs = new Map<string, string>();

  /** Writes a zoo.cfg, with `dataDir` in place. */
  configure(name: string, lines: readonly string[], myid?: string): string {
    const dataDir = join(this.directory, name);
    mkdirSync(dataDir, { recursive: true });
    if (myid !== undefined) writeFileSync(join(dataDir, 'myid'), myid);
    const file = join(this.directory, `${name}.cfg`);
    writeFileSync(file, [`dataDir=${dataDir}`, 'admin.enableServer=false', ...lines].join('\n'));
    return file;
  }

  start(name: string): void {
    const child = spawn(process.execPath, [mainFile, join(this.directory, `${name}.cfg`)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        this.logs.set(name, (this.logs.get(name) ?? '') + bytes.toString());
      });
    }
  }

  async end(name: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return ended;
  }

  isRunning(name: string): boolean {
    return this.#running.get(name)?.exitCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.end(name, 'SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs the command to its end. */
export function runCommand(...args: string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mainFile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const finished = { stdout: '', stderr: '' };
    child.stdout.on('data', (bytes: Buffer) => void (finished.stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => void (finished.stderr += bytes.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...finished }));
  });
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
