import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ClientConnection } from '../../../../docker/zab/src/server/client-connection.ts';
import { ClientSessions } from '../../../../docker/zab/src/server/client-sessions.ts';
import { parseZooConfig } from '../../../../docker/zab/src/server/config.ts';
import type { EnsembleGate } from '../../../../docker/zab/src/server/ensemble-gate.ts';
import type { Link } from '../../../../docker/zab/src/server/ports.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import { SessionIdSource } from '../../../../docker/zab/src/state/session-id-source.ts';
import { sessionPassword } from '../../../../docker/zab/src/state/session-password.ts';
import { decodeConnectResponse, encodeConnectRequestFrame } from '../../../../harness/wire/client-codec.ts';
import { MemoryWorld } from './memory-world.ts';

const sessionId = '0100000000000007';

class Desk {
  readonly questions: string[] = [];
  readonly attached: ClientConnection[] = [];
  readonly sessions: ClientSessions;

  constructor() {
    const gate: EnsembleGate = {
      config: parseZooConfig('dataDir=/data\nclientPort=2181\ntickTime=200', 'zoo.cfg'),
      clock: new MemoryWorld().clock(),
      log: () => {},
      trace: undefined,
      database: new StateDatabase(),
      isServing: true,
      isReadOnly: false,
      localSessions: null,
      submit: () => assert.fail('nothing is written'),
      sync: () => assert.fail('nothing is read'),
      revalidate: (session) => void this.questions.push(session),
      touch: () => {},
    };
    this.sessions = new ClientSessions({
      gate,
      ids: new SessionIdSource({ sid: 1, nowMs: 0 }),
      attached: (connection) => void this.attached.push(connection),
      created: () => assert.fail('no session is made'),
    });
  }

  /** A connection that wants the session back, and what is sent to it. */
  reattach(): { connection: ClientConnection; sent: Buffer[] } {
    const sent: Buffer[] = [];
    const link: Link = {
      remote: { host: '127.0.0.1', port: 1 },
      bufferedBytes: 0,
      write: (bytes) => void sent.push(bytes),
      writeAll: (chunks) => void sent.push(...chunks),
      pause: () => {},
      resume: () => {},
      end: () => {},
      destroy: () => {},
    };
    const connection = new ClientConnection(link, {
      maxFrameBytes: 1_000,
      nowMs: 0,
      becameDirty: () => {},
      closed: (gone) => this.sessions.connectionClosed(gone),
    });
    const frame = encodeConnectRequestFrame({
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeoutMs: 2_000,
      sessionId,
      password: sessionPassword(sessionId),
      readOnly: false,
    });
    this.sessions.connect(connection, frame.subarray(4));
    return { connection, sent };
  }
}

describe('a session that is closed while its handshake waits', () => {
  it('is refused, whatever the leader said before', () => {
    const desk = new Desk();
    const { connection, sent } = desk.reattach();
    assert.deepEqual(desk.questions, [sessionId]);

    desk.sessions.ended(sessionId);
    desk.sessions.revalidated(sessionId, true);

    assert.deepEqual(desk.attached, []);
    assert.equal(desk.sessions.attachedCount, 0);
    assert(!connection.isOpen);
    assert.equal(decodeConnectResponse((sent[0] as Buffer).subarray(4)).timeoutMs, 0);
  });

  it('keeps its place among the answers', () => {
    const desk = new Desk();
    const [first, second] = [desk.reattach(), desk.reattach()];

    desk.sessions.ended(sessionId);
    desk.sessions.revalidated(sessionId, true);
    assert(!first.connection.isOpen);
    assert(second.connection.isOpen, 'its answer is still to come');
    desk.sessions.revalidated(sessionId, false);

    assert(!second.connection.isOpen);
    assert.deepEqual(desk.attached, []);
  });

  it('is attached when nothing closed it', () => {
    const desk = new Desk();
    const { connection } = desk.reattach();

    desk.sessions.revalidated(sessionId, true);

    assert.deepEqual(desk.attached, [connection]);
    assert.equal(connection.sessionId, sessionId);
  });
});
