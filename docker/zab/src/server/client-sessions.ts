// Sessions and the connections that hold them: the handshake, step by step as Apache ZooKeeper does it, and
// what ends an attachment. A session is held by one connection of this server at most; whether it lives at
// all is for the leader to say.
// Facts: client protocol of ZooKeeper 3.8, "Connect handshake".

import { ErrorCode, OpCode } from '../../../../harness/wire/constants.ts';
import {
  decodeConnectRequest,
  encodeConnectResponseFrame,
  encodeCreateSessionBody,
  encodeReplyFrame,
} from '../../../../harness/wire/client-codec.ts';
import { JuteError } from '../../../../harness/wire/jute.ts';
import type { ConnectRequest } from '../../../../harness/wire/records.ts';
import { noSession, type SessionId } from '../../../../harness/wire/session-id.ts';
import { formatZxid } from '../../../../harness/wire/zxid.ts';
import { isSessionPassword, sessionPassword } from '../state/session-password.ts';
import type { SessionIdSource } from '../state/session-id-source.ts';
import type { ClientConnection } from './client-connection.ts';
import { ConnectionThrottle } from './connection-throttle.ts';
import type { EnsembleGate } from './ensemble-gate.ts';

/** A connection whose ConnectRequest waits for the leader's word. */
interface Handshake {
  readonly connection: ClientConnection;
  readonly request: ConnectRequest;
  readonly receivedMs: number;
  /** The session's closeSession was applied meanwhile: whatever the leader said before, it is over. */
  hasEnded: boolean;
}

export interface ClientSessionsOptions {
  readonly gate: EnsembleGate;
  readonly ids: SessionIdSource;
  /** The handshake succeeded; frames that came early can be looked at now. */
  readonly attached: (connection: ClientConnection) => void;
  /** The connection's session is new; it was asked for at `receivedMs`. */
  readonly created: (connection: ClientConnection, receivedMs: number) => void;
}

const noPassword = Buffer.alloc(16);

export class ClientSessions {
  readonly #options: ClientSessionsOptions;
  readonly #gate: EnsembleGate;
  readonly #throttle: ConnectionThrottle;
  readonly #attached = new Map<SessionId, ClientConnection>();
  readonly #creating = new Map<SessionId, Handshake>();
  /** Per session in the order of the questions, which is the order of the answers. */
  readonly #revalidating = new Map<SessionId, Handshake[]>();

  constructor(options: ClientSessionsOptions) {
    this.#options = options;
    this.#gate = options.gate;
    const { config, clock } = options.gate;
    this.#throttle = new ConnectionThrottle(config.connectionThrottle, clock.nowMs());
  }

  get attachedCount(): number {
    return this.#attached.size;
  }

  /** The first frame of a connection. */
  connect(connection: ClientConnection, body: Buffer): void {
    const request = this.#understand(connection, body);
    if (request === null || !this.#isAcceptable(connection, request)) return connection.destroy();
    connection.state = 'connecting';
    connection.sessionTimeoutMs = this.#negotiateTimeout(request.timeoutMs);
    const handshake = { connection, request, receivedMs: this.#gate.clock.nowMs(), hasEnded: false };
    if (request.sessionId === noSession) return this.#create(handshake);
    this.#reattach(handshake);
  }

  /** A createSession was applied. */
  created(sessionId: SessionId): void {
    const handshake = this.#creating.get(sessionId);
    if (handshake === undefined) return;
    this.#creating.delete(sessionId);
    this.#attachNew(handshake, sessionId);
  }

  /** The leader knows whether the session lives. */
  revalidated(sessionId: SessionId, isValid: boolean): void {
    const handshakes = this.#revalidating.get(sessionId);
    const handshake = handshakes?.shift();
    if (handshakes?.length === 0) this.#revalidating.delete(sessionId);
    if (handshake === undefined) return;
    if (isValid && !handshake.hasEnded) this.#attach(handshake, sessionId);
    else this.#refuse(handshake);
  }

  /**
   * A closeSession was applied: whoever still holds the session is cut off, without a message. Handshakes keep
   * their places, for their answers are still to come, and may have been given before the session was closed.
   */
  ended(sessionId: SessionId): void {
    this.#attached.get(sessionId)?.end();
    for (const handshake of this.#revalidating.get(sessionId) ?? []) handshake.hasEnded = true;
  }

  connectionClosed(connection: ClientConnection): void {
    if (this.#attached.get(connection.sessionId) === connection) this.#attached.delete(connection.sessionId);
  }

  /** Serving ended: no answer will come for the handshakes that wait. */
  reset(): void {
    this.#creating.clear();
    this.#revalidating.clear();
  }

  #understand(connection: ClientConnection, body: Buffer): ConnectRequest | null {
    try {
      return decodeConnectRequest(body);
    } catch (error) {
      if (!(error instanceof JuteError)) throw error;
      this.#gate.log(
        'warn',
        `connection of ${connection.address} dropped: no ConnectRequest: ${error.message}`,
      );
      return null;
    }
  }

  #isAcceptable(connection: ClientConnection, request: ConnectRequest): boolean {
    const { clock, database, isServing, isReadOnly, log } = this.#gate;
    if (!isServing && !isReadOnly) return false;
    if (isReadOnly && request.readOnly !== true) return false;
    if (!this.#throttle.take(clock.nowMs())) {
      log(
        'warn',
        `connection of ${connection.address} refused: too many at once (connection_throttle_tokens)`,
      );
      return false;
    }
    if (request.lastZxidSeen <= database.lastProcessedZxid) return true;
    // A session must not go back in time, so its client has to find a server that is as far.
    log(
      'info',
      `connection of ${connection.address} refused: its client has seen ${formatZxid(request.lastZxidSeen)}, this server is at ${formatZxid(database.lastProcessedZxid)}`,
    );
    return false;
  }

  #negotiateTimeout(requestedMs: number): number {
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#gate.config;
    return Math.min(Math.max(requestedMs, minSessionTimeoutMs), maxSessionTimeoutMs);
  }

  #create(handshake: Handshake): void {
    const { localSessions, isReadOnly, clock } = this.#gate;
    if (isReadOnly && localSessions === null) return this.#refuseGlobal(handshake);
    const sessionId = this.#options.ids.next();
    if (localSessions !== null) {
      localSessions.create(sessionId, handshake.connection.sessionTimeoutMs, clock.nowMs());
      return this.#attachNew(handshake, sessionId);
    }
    this.#creating.set(sessionId, handshake);
    this.#gate.submit({
      sessionId,
      cxid: 0,
      opcode: OpCode.CREATE_SESSION,
      body: encodeCreateSessionBody(handshake.connection.sessionTimeoutMs),
      authinfo: null,
    });
  }

  /** Apache ZooKeeper 3.8 answers the inner request, and no ConnectResponse ever comes. */
  #refuseGlobal({ connection }: Handshake): void {
    const header = { xid: 0, zxid: this.#gate.database.lastProcessedZxid, err: ErrorCode.NOT_READ_ONLY };
    connection.send(encodeReplyFrame(header, { type: 'none' }));
  }

  #reattach(handshake: Handshake): void {
    const { connection, request } = handshake;
    const { sessionId } = request;
    const { localSessions, isReadOnly, database, clock } = this.#gate;
    // Whether it lives only a quorum can say.
    if (isReadOnly && database.sessions.has(sessionId)) return connection.destroy();
    // Before the password is looked at, as in Apache ZooKeeper: one session, one connection.
    this.#attached.get(sessionId)?.destroy();
    if (!isSessionPassword(sessionId, request.password)) return this.#refuse(handshake);
    const isLocal = localSessions?.touch(sessionId, connection.sessionTimeoutMs, clock.nowMs()) ?? false;
    // As in Apache ZooKeeper: without local sessions nobody here knows better than the client.
    if (isLocal || (isReadOnly && localSessions === null)) return this.#attach(handshake, sessionId);
    if (isReadOnly) return this.#refuse(handshake);
    const waiting = this.#revalidating.get(sessionId);
    if (waiting === undefined) this.#revalidating.set(sessionId, [handshake]);
    else waiting.push(handshake);
    this.#gate.revalidate(sessionId, connection.sessionTimeoutMs);
  }

  #attachNew(handshake: Handshake, sessionId: SessionId): void {
    this.#attach(handshake, sessionId);
    this.#options.created(handshake.connection, handshake.receivedMs);
  }

  #attach({ connection, request }: Handshake, sessionId: SessionId): void {
    if (!connection.isOpen) return;
    this.#attached.get(sessionId)?.destroy();
    this.#attached.set(sessionId, connection);
    connection.sessionId = sessionId;
    connection.state = 'attached';
    connection.send(
      encodeConnectResponseFrame({
        protocolVersion: 0,
        timeoutMs: connection.sessionTimeoutMs,
        sessionId,
        password: sessionPassword(sessionId),
        ...(request.readOnly === undefined ? {} : { readOnly: this.#gate.isReadOnly }),
      }),
    );
    this.#gate.trace?.({ event: 'CONNECT', session: sessionId, lastZxidSeen: request.lastZxidSeen });
    this.#options.attached(connection);
  }

  #refuse({ connection, request }: Handshake): void {
    if (!connection.isOpen) return;
    connection.send(
      encodeConnectResponseFrame({
        protocolVersion: 0,
        timeoutMs: 0,
        sessionId: noSession,
        password: noPassword,
        ...(request.readOnly === undefined ? {} : { readOnly: this.#gate.isReadOnly }),
      }),
    );
    connection.end();
  }
}
