// The Docker Engine that this machine talks to: reaching it, with a sentence where that fails, and running a
// command inside a container. Everything else about containers is dockerode and testcontainers as they are.

import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import { EnvironmentError } from '../ensemble.ts';

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to get an engine, for every message that says there is none. */
export const engineRemedy = 'start one (on a bare Debian machine: bash docker/engine.sh)';

const pingDeadlineMs = 5000;

/** The engine of DOCKER_HOST, or the local socket; throws EnvironmentError when it does not answer. */
export async function connectEngine(): Promise<Docker> {
  const docker = new Docker();
  try {
    await withDeadline(docker.ping(), pingDeadlineMs, 'the Docker Engine to answer a ping');
  } catch (error) {
    throw new EnvironmentError(`no Docker Engine answers (${messageOf(error)}): ${engineRemedy}`, {
      cause: error,
    });
  }
  return docker;
}

/**
 * Runs a command in a container and waits for its end. `onOutput` sees standard output while it grows, for
 * commands that say when they are ready.
 */
export async function execute(
  docker: Docker,
  containerId: string,
  command: readonly string[],
  onOutput: (stdout: string) => void = () => {},
): Promise<ExecResult> {
  const exec = await docker
    .getContainer(containerId)
    .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true });
  const output = { stdout: '', stderr: '' };
  const stdout = new PassThrough().on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
    onOutput(output.stdout);
  });
  const stderr = new PassThrough().on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  docker.modem.demuxStream(stream, stdout, stderr);
  await new Promise((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
    stream.on('error', reject);
  });
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, ...output };
}

/** The engine's HTTP status of a failed call: 404 no such thing, 409 conflict, 304 already so. */
export function statusCodeOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** Rejects with what was waited for when `work` takes longer; `work` itself goes on. */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits until all are settled, then fails with the first failure: a failure must not leave others at work
 * behind the back of whoever cleans up.
 */
export async function settleAll<const T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  const results = await Promise.allSettled(work);
  const values = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return values as { -readonly [Index in keyof T]: Awaited<T[Index]> };
}
