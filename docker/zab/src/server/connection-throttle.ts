// `connection_throttle_tokens`: every new session or re-attachment takes a token, tokens come back as time
// passes, and who finds none is turned away and may try another server. It keeps a server that has just come
// back from drowning in the clients of those that went. Off by default.

export interface ConnectionThrottleConfig {
  /** 0: off. */
  readonly tokens: number;
  readonly fillMs: number;
  /** Tokens that come back in each `fillMs`. */
  readonly fillCount: number;
}

export class ConnectionThrottle {
  readonly #config: ConnectionThrottleConfig;
  #tokens: number;
  #filledMs: number;

  constructor(config: ConnectionThrottleConfig, nowMs: number) {
    this.#config = config;
    this.#tokens = config.tokens;
    this.#filledMs = nowMs;
  }

  /** Takes a token; false when there is none. */
  take(nowMs: number): boolean {
    const { tokens, fillMs, fillCount } = this.#config;
    if (tokens === 0) return true;
    const fillings = Math.floor((nowMs - this.#filledMs) / fillMs);
    if (fillings > 0) {
      this.#tokens = Math.min(tokens, this.#tokens + fillings * fillCount);
      this.#filledMs += fillings * fillMs;
    }
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
