// Processes that carry out runs, as many as there are cores. A process that dies takes only its run with it: the
// run is reported with what is known, and a new process takes the next.

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunOptions } from '../run/run-result.ts';
import type { RunOutcome } from './outcome.ts';

/** One run to carry out. */
export interface PoolTask {
  readonly options: RunOptions;
  /** Where the server that the options name as a mutant was made already. */
  readonly mutantRoot?: string;
}

export interface PoolOptions {
  readonly jobs: number;
  /** The next run; null when there is no more. */
  readonly next: () => PoolTask | null;
  readonly done: (outcome: RunOutcome, task: PoolTask) => void;
  /** The process of this run died, or took longer than the deadline. */
  readonly lost: (task: PoolTask, reason: string) => void;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export async function runInPool(options: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.jobs }, () => work(options)));
}

async function work(options: PoolOptions): Promise<void> {
  let child: ChildProcess | null = null;
  try {
    for (;;) {
      const task = options.signal?.aborted === true ? null : options.next();
      if (task === null) return;
      child ??= fork(workerFile(), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      const result = await carryOut(child, task, options);
      if (typeof result === 'string') {
        child.kill('SIGKILL');
        child = null;
        if (options.signal?.aborted !== true) options.lost(task, result);
      } else {
        options.done(result, task);
      }
    }
  } finally {
    child?.kill('SIGKILL');
  }
}

/** A text says why there is no outcome. */
function carryOut(
  child: ChildProcess,
  task: PoolTask,
  { deadlineMs, signal }: PoolOptions,
): Promise<RunOutcome | string> {
  return new Promise((resolve) => {
    let errors = '';
    const gather = (chunk: Buffer): void => {
      errors = (errors + chunk.toString()).slice(-2_000);
    };
    const finish = (result: RunOutcome | string): void => {
      clearTimeout(timer);
      child.off('message', answered);
      child.off('exit', ended);
      child.stderr?.off('data', gather);
      signal?.removeEventListener('abort', aborted);
      resolve(result);
    };
    const answered = (outcome: unknown): void => finish(outcome as RunOutcome);
    const ended = (code: number | null, name: string | null): void =>
      finish(
        `its process ended with ${name ?? `exit code ${code}`}: ${errors.trim().split('\n').at(-1) ?? ''}`,
      );
    const aborted = (): void => finish('interrupted');
    const timer = setTimeout(() => finish(`no outcome within ${deadlineMs / 1000} s`), deadlineMs);
    child.stderr?.on('data', gather);
    child.once('message', answered);
    child.once('exit', ended);
    signal?.addEventListener('abort', aborted, { once: true });
    child.send(task);
  });
}

/** TypeScript in a checkout, what became of it in the published package. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./worker.${extension}`, import.meta.url));
}
