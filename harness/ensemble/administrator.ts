// Changing the membership, as an administrator does it: who he is, how servers stand in a request, and one request
// through one server. The worlds whose servers can be told share it.

import type { Administration, ServerRole } from '../client/administration.ts';
import { ClientError } from '../client/client.ts';
import type { Client, ClientOptions } from '../client/client.ts';
import type { MembershipChange } from './deeper-faults.ts';

const administrator = 'super:ordeal';
const superDigest = 'super:nrvU8soW/Vd5aR0Mv3Y5lytjTyA=';
const sessionTimeoutTicks = 20;

/** Keys of zoo.cfg without which servers refuse every change. */
export const reconfigurableKeys: Readonly<Record<string, string>> = {
  reconfigEnabled: 'true',
  'DigestAuthenticationProvider.superDigest': superDigest,
};

export function administrationOf(
  servers: readonly ServerRole[],
  lineOf: Administration['lineOf'],
): Administration {
  return { credentials: administrator, members: servers.map(({ sid, role }) => ({ sid, role })), lineOf };
}

/** One administrator with a session at each server. */
export class Administrator {
  readonly #administration: Administration;
  readonly #open: (options: ClientOptions) => Client;
  readonly #tickMs: number;
  readonly #clients = new Map<number, Client>();

  constructor(options: {
    readonly administration: Administration;
    readonly open: (options: ClientOptions) => Client;
    readonly tickMs: number;
  }) {
    this.#administration = options.administration;
    this.#open = options.open;
    this.#tickMs = options.tickMs;
  }

  /** Null when it was done, otherwise why not. An empty change only makes sure that he is connected. */
  async reconfigure(at: number, change: MembershipChange, withinMs: number): Promise<string | null> {
    const { leave = [], join = [] } = change;
    const { lineOf } = this.#administration;
    const client = this.#clientAt(at, withinMs);
    try {
      if (leave.length + join.length === 0) return await client.exists('/').then(() => null);
      const { err } = await client.ask({
        type: 'reconfig',
        joiningServers: join.length > 0 ? join.map(lineOf).join(',') : null,
        leavingServers: leave.length > 0 ? leave.join(',') : null,
        newMembers: null,
        curConfigId: -1,
      });
      return err === 0 ? null : `server ${at} answered with error ${err}`;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return error.message;
    }
  }

  /** Kept, so that his session is there when a server that is cut off could not make one. */
  #clientAt(sid: number, requestTimeoutMs: number): Client {
    const known = this.#clients.get(sid);
    if (known !== undefined && known.state !== 'expired') return known;
    const sessionTimeoutMs = sessionTimeoutTicks * this.#tickMs;
    const client = this.#open({ servers: [sid], sessionTimeoutMs, requestTimeoutMs });
    client.addAuth('digest', Buffer.from(this.#administration.credentials));
    this.#clients.set(sid, client);
    return client;
  }
}
