// The simulated network as a client's transport. Clients live on hosts of their own, which no nemesis cuts
// off and which are never too busy.

import type { Address } from '../../docker/zab/src/server/ports.ts';
import type {
  ClientTransport,
  TransportHandlers,
  TransportLink,
  TransportTimer,
  WaitingRoom,
} from '../client/transport.ts';
import { atOnce } from './executor.ts';
import type { Host, SimulatedNetwork } from './network.ts';
import { nsPerMs } from './scheduler.ts';

/** Clients have their own limit, far below this. */
const dialTimeoutMs = 60_000;

export class SimulatedTransport implements ClientTransport {
  readonly waiting: WaitingRoom;
  readonly #network: SimulatedNetwork;
  readonly #host: Host;
  readonly #addressOf: (sid: number) => Address;

  constructor(options: {
    network: SimulatedNetwork;
    host: Host;
    addressOf: (sid: number) => Address;
    waiting: WaitingRoom;
  }) {
    this.#network = options.network;
    this.#host = options.host;
    this.#addressOf = options.addressOf;
    this.waiting = options.waiting;
  }

  dial(server: number, handlers: TransportHandlers): TransportLink {
    return this.#network.dial(this.#host, {
      executor: atOnce,
      address: this.#addressOf(server),
      timeoutMs: dialTimeoutMs,
      handlers: {
        opened: () => handlers.opened(),
        data: (_link, bytes) => handlers.data(bytes),
        closed: (_link, reason) => handlers.closed(reason),
      },
    });
  }

  nowMs(): number {
    return this.#network.scheduler.nowNs / nsPerMs;
  }

  after(delayMs: number, run: () => void): TransportTimer {
    const { scheduler } = this.#network;
    const event = scheduler.after(delayMs * nsPerMs, run);
    return { cancel: () => scheduler.cancel(event) };
  }
}
