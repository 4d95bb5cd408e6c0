// Progress on standard error: one live line on a terminal, elsewhere (a CI log) a plain line every few seconds.

import type { RunProgress } from '../run/run-progress.ts';

const liveEveryMs = 100;
const plainEveryMs = 5000;
const eraseLine = '\r\u001b[2K';

export interface ProgressLine {
  show(progress: RunProgress): void;
  /** A line that stays. */
  say(line: string): void;
  /** Removes the live line, before anything else is printed. */
  end(): void;
}

export const noProgress: ProgressLine = { show: () => {}, say: () => {}, end: () => {} };

export function createProgressLine(options: {
  readonly stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly nowMs: () => number;
}): ProgressLine {
  const { stream, nowMs } = options;
  let lastMs = -Infinity;
  let lastPhase = '';
  let isLineOpen = false;
  const erase = (): void => {
    if (isLineOpen) stream.write(eraseLine);
    isLineOpen = false;
  };
  return {
    show(progress) {
      const isNewPhase = progress.phase !== lastPhase;
      if (!isNewPhase && nowMs() - lastMs < (stream.isTTY ? liveEveryMs : plainEveryMs)) return;
      lastMs = nowMs();
      lastPhase = progress.phase;
      const text = describeProgress(progress);
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
