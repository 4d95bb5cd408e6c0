// Ids and passwords of sessions, against those that Apache ZooKeeper gave.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeConnectResponse } from '../../../../harness/wire/connect-codec.ts';
import { SessionIdSource } from '../../../../docker/zab/src/state/session-id-source.ts';
import { isSessionPassword, sessionPassword } from '../../../../docker/zab/src/state/session-password.ts';
import { loadConnections } from '../../../harness/wire/vectors.ts';

const files = ['client-java-main', 'client-java-watch', 'client-kazoo', 'client-raw', 'client-standalone'];

describe('session password', () => {
  it('is the one that Apache ZooKeeper gives to the same id', () => {
    const responses = loadConnections(...files.map((file) => `${file}.json`))
      .flatMap(({ frames }) => frames.filter(({ name }) => name === 'ConnectResponse'))
      .map(({ bytes }) => decodeConnectResponse(bytes.subarray(4)))
      .filter(({ timeoutMs }) => timeoutMs > 0);

    assert(responses.length >= 20, `${responses.length} passwords were compared`);
    for (const { sessionId, password } of responses) {
      assert.equal(sessionPassword(sessionId).toString('hex'), password.toString('hex'), sessionId);
    }
  });

  it('opens its own session and no other', () => {
    const password = sessionPassword('0100001681870000');

    assert(isSessionPassword('0100001681870000', password));
    assert(!isSessionPassword('0100001681870001', password));
    assert(!isSessionPassword('0100001681870000', password.subarray(1)));
    assert(!isSessionPassword('0100001681870000', null));
  });
});

describe('session ids', () => {
  it('begin with the server id and forty bits of the clock', () => {
    const source = new SessionIdSource({ sid: 3, nowMs: 0x12_3456_789a + 0.75 });

    assert.deepEqual([source.next(), source.next()], ['03123456789a0000', '03123456789a0001']);
  });

  it('carry into the clock after 65,536 of them', () => {
    const source = new SessionIdSource({ sid: 1, nowMs: 0xffff });
    for (let count = 0; count < 0x1_0000; count++) source.next();

    assert.equal(source.next(), '0100000100000000');
  });

  it('are never those that mean something else in the owner field', () => {
    assert.equal(new SessionIdSource({ sid: 128, nowMs: 0 }).next(), '8000000000000001');
    assert.equal(new SessionIdSource({ sid: 0, nowMs: 0 }).next(), '0000000000000001');
  });
});
