// What the client side of a server needs from the rest of it: the replicated state, and a way to hand writes
// and barriers to the ensemble. `server.ts` implements it for every role.

import type { ForwardedRequest } from '../../../../harness/wire/quorum-packet.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { TraceSink } from '../core/trace.ts';
import type { StateDatabase } from '../state/database.ts';
import type { ZooConfig } from './config.ts';
import type { LocalSessions } from './local-sessions.ts';
import type { Clock, LogSink } from './ports.ts';

export interface EnsembleGate {
  readonly config: ZooConfig;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly trace: TraceSink;
  readonly database: StateDatabase;
  /** Clients may be served: this server leads or follows an active leader, or stands alone. */
  readonly isServing: boolean;
  /** Without a quorum, clients may be served that need no more than reads; `database` is what they see. */
  readonly isReadOnly: boolean;
  /** Null: every session is the ensemble's. */
  readonly localSessions: LocalSessions | null;
  /**
   * Hands a write to the leader, in order. Its transaction is committed sooner or later, or serving ends.
   * `ephemeralErr`: how a leader fails an ephemeral that is known not to be allowed.
   */
  submit(request: ForwardedRequest, ephemeralErr?: number): void;
  /** `RequestPipeline.syncDone` is called when everything committed before this moment is applied here. */
  sync(token: number, request: ForwardedRequest): void;
  /** `ClientSessions.revalidated` is called when it is known whether the session lives. */
  revalidate(sessionId: SessionId, timeoutMs: number): void;
  /** The session's client was heard of. */
  touch(sessionId: SessionId, timeoutMs: number): void;
}
