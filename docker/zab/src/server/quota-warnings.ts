// Says that a quota is exceeded, each of them now and then: a client that goes on writing would fill the log.

import type { QuotaExcess } from '../state/quota-guard.ts';
import type { Clock, LogSink } from './ports.ts';

const pauseMs = 60_000;
/** Beyond it, quotas that were told of long ago are forgotten, and with them that they were. */
const maxRemembered = 1_000;

export class QuotaWarnings {
  readonly #clock: Clock;
  readonly #log: LogSink;
  /** Quotas that are not to be told of before that time, in the order of these times. */
  readonly #quietUntilMs = new Map<string, number>();

  constructor(clock: Clock, log: LogSink) {
    this.#clock = clock;
    this.#log = log;
  }

  tell({ path, of, used, limit, isHard }: QuotaExcess): void {
    const nowMs = this.#clock.nowMs();
    const key = `${of} ${path}`;
    if ((this.#quietUntilMs.get(key) ?? 0) > nowMs) return;
    this.#quietUntilMs.delete(key);
    this.#quietUntilMs.set(key, nowMs + pauseMs);
    const [oldest] = this.#quietUntilMs.keys();
    if (this.#quietUntilMs.size > maxRemembered && oldest !== undefined) this.#quietUntilMs.delete(oldest);
    this.#log('warn', `quota of ${path} exceeded: ${of} ${used}, ${isHard ? 'hard' : 'soft'} limit ${limit}`);
  }
}
