// Ctrl-C: the first lets what is under way come to an orderly end; who cannot wait presses it again.

import { exitCodes } from '../run/exit-code.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** `notice` is said at the first. */
export function listenForInterruption(
  say: (text: string) => void,
  notice: string,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    say(notice);
    controller.abort();
  };
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
