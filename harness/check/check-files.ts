// Judges files on threads of their own, so that the command stays responsive and can end any search at once: several
// files side by side, or several threads for the keys of one large file. Whatever was found before the end counts.

import { statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { concludeKeys } from '../../checkers/linearizability/check-history.ts';
import type { KeyVerdict } from '../../checkers/linearizability/check-history.ts';
import type { HistoryFormat } from '../history/formats/read-history.ts';
import type { CheckMessage, FileTask, Findings, SharedTask } from './check-messages.ts';
import { mostKeysShown } from './check-messages.ts';

/** A file below this is judged sooner than a second thread starts. */
const largeBytes = 256 * 1024;

/** A search ends itself when its time is over; one that does not (a model that never returns) is ended. */
const graceMs = 100;

const mebibyte = 1024 * 1024;
const usualHistoryMebibytes = 4096;

export interface JudgedFile extends Findings {
  readonly file: string;
  readonly format: HistoryFormat | null;
  readonly model: string | null;
  readonly elapsedMs: number;
  /** What the file was refused for, or how the checker failed. */
  readonly problem?: 'refused' | 'crashed';
}

export interface CheckOptions {
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** In the order of the files. */
  readonly done?: (judged: JudgedFile) => void;
}

export async function checkFiles(tasks: readonly FileTask[], options: CheckOptions): Promise<JudgedFile[]> {
  const results: (JudgedFile | undefined)[] = tasks.map(() => undefined);
  let told = 0;
  let next = 0;
  const threadsOf = ({ file }: FileTask): number =>
    isLarge(file) ? Math.max(1, Math.floor(options.jobs / Math.min(tasks.length, options.jobs))) : 1;
  const work = async (): Promise<void> => {
    const pool = new Pool();
    try {
      for (let index = next++; index < tasks.length; index = next++) {
        const task = tasks[index] as FileTask;
        results[index] = await new FileCheck(task, pool, options.signal).run(threadsOf(task));
        for (; told < tasks.length && results[told] !== undefined; told++) {
          options.done?.(results[told] as JudgedFile);
        }
      }
    } finally {
      await pool.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, tasks.length) }, work));
  return results.map((result) => result as JudgedFile);
}

/** Threads that wait for the next file: starting one takes longer than many a file. */
class Pool {
  readonly #idle: Worker[] = [];

  take(task: FileTask): Worker {
    return this.#idle.pop() ?? startWorker(task);
  }

  giveBack(worker: Worker): void {
    this.#idle.push(worker);
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.map((worker) => worker.terminate()));
  }
}

/** Past the limit the thread fails, and not the process. */
function startWorker({ budget, historyMebibytes }: FileTask): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./check-worker.${extension}`, import.meta.url), {
    resourceLimits: {
      maxOldGenerationSizeMb:
        Math.ceil(budget.memoryBytes / mebibyte) + (historyMebibytes ?? usualHistoryMebibytes),
    },
  });
}

type Cut = 'time' | 'memory' | 'interrupted';

class FileCheck {
  readonly #task: FileTask;
  readonly #pool: Pool;
  readonly #signal: AbortSignal;
  readonly #started = performance.now();
  readonly #ordered = new SharedArrayBuffer(4 * mostKeysShown);
  readonly #keys = new Map<number, KeyVerdict>();

  #format: HistoryFormat | null = null;
  #model: string | null;
  #subjects: readonly string[] | null = null;
  #findings: Findings | null = null;
  #problem: { readonly type: 'refused' | 'crashed'; readonly message: string } | null = null;
  /** Why threads were ended before they were done. */
  #cut: Cut | null = null;

  constructor(task: FileTask, pool: Pool, signal: AbortSignal) {
    this.#task = task;
    this.#pool = pool;
    this.#signal = signal;
    this.#model = task.model;
  }

  async run(threads: number): Promise<JudgedFile> {
    const share = new SharedArrayBuffer(8);
    new Int32Array(share)[1] = threads;
    const shared: SharedTask = { ...this.#task, share, ordered: this.#ordered };
    await Promise.all(Array.from({ length: threads }, () => this.#runThread(shared)));
    const { file } = this.#task;
    const known = { file, format: this.#format, model: this.#model };
    const findings = this.#conclude();
    const problem = this.#problem === null ? {} : { problem: this.#problem.type };
    return { ...known, elapsedMs: performance.now() - this.#started, ...findings, ...problem };
  }

  /** Resolves when the thread is done, or ended. */
  #runThread(task: SharedTask): Promise<void> {
    if (this.#signal.aborted) {
      this.#cut = 'interrupted';
      return Promise.resolve();
    }
    const worker = this.#pool.take(task);
    let timer: NodeJS.Timeout | undefined;
    return new Promise((resolve) => {
      const leave = (): void => {
        clearTimeout(timer);
        worker.off('message', heard);
        worker.off('error', failed);
        this.#signal.removeEventListener('abort', interrupted);
        resolve();
      };
      const end = (cut: Cut): void => {
        this.#cut ??= cut;
        leave();
        // What it was doing ends where it stands; nobody need wait for that.
        void worker.terminate();
      };
      const interrupted = (): void => end('interrupted');
      const heard = (message: CheckMessage): void => {
        // What is judged as a whole, as a stream, has no search that could fail to end.
        if (message.type === 'begun' && message.subjects !== null)
          timer ??= setTimeout(() => end('time'), task.budget.timeMs + graceMs);
        if (message.type === 'done') {
          leave();
          this.#pool.giveBack(worker);
        } else {
          this.#note(message);
        }
      };
      const failed = (error: Error & { code?: string }): void => {
        if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY')
          this.#problem = { type: 'crashed', message: error.message };
        end('memory');
      };
      worker.on('message', heard);
      worker.on('error', failed);
      this.#signal.addEventListener('abort', interrupted);
      worker.postMessage(task, []);
    });
  }

  #note(message: Exclude<CheckMessage, { type: 'done' }>): void {
    switch (message.type) {
      case 'begun':
        this.#format = message.format;
        this.#model = message.model;
        this.#subjects = message.subjects;
        break;
      case 'key':
        this.#keys.set(message.index, message.verdict);
        break;
      case 'judged':
        this.#findings = message.findings;
        break;
      case 'refused':
      case 'crashed':
        this.#problem ??= message;
    }
  }

  #conclude(): Findings {
    if (this.#findings !== null) return this.#findings;
    if (this.#problem !== null) return nothingFound(this.#problem.message);
    if (this.#subjects === null) return nothingFound(`${describeCut(this.#cut)} before the search began`);
    const verdicts = this.#subjects.map(
      (subject, index) => this.#keys.get(index) ?? this.#unfinished(subject, index),
    );
    const { verdict, operations, evidence, reason } = concludeKeys(verdicts);
    const why = reason !== undefined && this.#cut === 'interrupted' ? `interrupted: ${reason}` : reason;
    return { verdict, operations, evidence, ...(why === undefined ? {} : { reason: why }) };
  }

  #unfinished(subject: string, index: number): KeyVerdict {
    const ordered = index < mostKeysShown ? Atomics.load(new Int32Array(this.#ordered), index) : 0;
    const ranOut = this.#cut === 'memory' ? 'memory' : 'time';
    return { verdict: 'inconclusive', subject, operations: ordered, evidence: null, ranOut, ordered };
  }
}

function describeCut(cut: Cut | null): string {
  return cut === 'interrupted' ? 'interrupted' : `out of ${cut ?? 'time'}`;
}

function nothingFound(reason: string): Findings {
  return { verdict: 'inconclusive', operations: 0, evidence: [], reason };
}

function isLarge(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size >= largeBytes;
}
