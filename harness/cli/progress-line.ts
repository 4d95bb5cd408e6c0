// Progress on standard error: one live line on a terminal, elsewhere (a CI log) a plain line every few seconds.

import { performance } from 'node:perf_hooks';
import type { RunProgress } from '../run/run-progress.ts';

const liveEveryMs = 100;
const plainEveryMs = 5000;
const eraseLine = '\r\u001b[2K';

/** A line about what is going on, and lines that stay. */
export interface Ticker {
  /** Whether `show` would show anything now. */
  isDue(isUrgent?: boolean): boolean;
  /** `isUrgent`: at once, however short the last one was ago. */
  show(text: string, isUrgent?: boolean): void;
  /** A line that stays. */
  say(line: string): void;
  /** Removes the live line, before anything else is printed. */
  end(): void;
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

export function createTicker(options: {
  readonly stream: Stream;
  readonly nowMs?: () => number;
  readonly isQuiet?: boolean;
}): Ticker {
  const { stream, nowMs = () => performance.now(), isQuiet = false } = options;
  if (isQuiet) return { isDue: () => false, show: () => {}, say: () => {}, end: () => {} };
  let lastMs = -Infinity;
  let isLineOpen = false;
  const erase = (): void => {
    if (isLineOpen) stream.write(eraseLine);
    isLineOpen = false;
  };
  const isDue = (isUrgent = false): boolean =>
    isUrgent || nowMs() - lastMs >= (stream.isTTY ? liveEveryMs : plainEveryMs);
  return {
    isDue,
    show(text, isUrgent = false) {
      if (!isDue(isUrgent)) return;
      lastMs = nowMs();
      if (stream.isTTY) stream.write(eraseLine + text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      else stream.write(`${text}\n`);
      isLineOpen = stream.isTTY;
    },
    say(line) {
      erase();
      stream.write(`${line}\n`);
    },
    end: erase,
  };
}

export interface ProgressLine {
  show(progress: RunProgress): void;
  say(line: string): void;
  end(): void;
}

export const noProgress: ProgressLine = { show: () => {}, say: () => {}, end: () => {} };

export function createProgressLine(options: {
  readonly stream: Stream;
  readonly nowMs: () => number;
}): ProgressLine {
  const ticker = createTicker(options);
  let lastPhase = '';
  return {
    show(progress) {
      const isNewPhase = progress.phase !== lastPhase;
      lastPhase = progress.phase;
      // A simulated run tells of its progress a thousand times a second.
      if (ticker.isDue(isNewPhase)) ticker.show(describeProgress(progress), isNewPhase);
    },
    say: (line) => ticker.say(line),
    end: () => ticker.end(),
  };
}

export function describeProgress(progress: RunProgress): string {
  const { phase, elapsedMs, timeLimitMs, ok, fail, info, fault } = progress;
  if (phase === 'provisioning') return 'provisioning the ensemble';
  if (phase === 'checking') return `checking ${ok + fail + info} operations`;
  if (phase === 'reporting') return 'writing the report';
  const time = `${(elapsedMs / 1000).toFixed(1)} s`;
  const clock = phase === 'running' ? `${time} of ${timeLimitMs / 1000} s` : time;
  const counts = `${ok} ok, ${fail} failed, ${info} in doubt`;
  return [phase, clock, counts, ...(fault === null ? [] : [fault])].join(' · ');
}
