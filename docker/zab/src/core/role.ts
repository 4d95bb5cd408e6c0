// What a peer's present role looks like to the peer: something that takes events until it ends. A role that
// has ended gets no more events, so nothing that it still waits for can happen.

import type { ForwardedRequest, QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { LinkId } from './events.ts';

export interface Timing {
  readonly tickMs: number;
  /** Ticks a learner may take to connect and synchronize. */
  readonly initLimit: number;
  /** Ticks of silence after which leader and learner give each other up. */
  readonly syncLimit: number;
}

export interface Role {
  /** Why this role ended, null while it lasts. */
  readonly endReason: string | null;
  /** Who leads after it, where that is known without an election; null: nobody knows. */
  readonly successor: number | null;
  readonly isServing: boolean;
  /** When the next `tick` is due. */
  readonly deadlineMs: number;
  tick(nowMs: number): void;
  receive(link: LinkId, packet: QuorumPacket, nowMs: number): void;
  receiveSnapshot(link: LinkId, stream: Buffer): void;
  linkClosed(link: LinkId, reason: string, nowMs: number): void;
  /** More persist operations have become durable. */
  persisted(): void;
  sync(token: number, request: ForwardedRequest): void;
  forward(request: ForwardedRequest): void;
  revalidate(sessionId: SessionId, timeoutMs: number): void;
  /** Closes what the role holds. */
  end(): void;
}
